"""What the endpoints share, whichever API they speak: keys, settings, bodies, CORS, errors and streams."""
