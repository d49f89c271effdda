"""What Switchboard costs over the bare SDK, measured side by side in one run: `make bench`."""
