"""The commands of `python -m workspace`."""
