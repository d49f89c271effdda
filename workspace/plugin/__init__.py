"""Runs a plugin folder as Dify's plugin daemon runs it, and makes of its messages what Dify makes of them."""
