"""The page that says how to connect: what it is made of."""
