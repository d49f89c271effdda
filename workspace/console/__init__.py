"""The console of `python -m workspace serve`: a page on this machine to try a plugin with, and what it is made of."""
