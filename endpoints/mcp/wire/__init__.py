"""The wire form of the Model Context Protocol."""
