"""Serves a plugin over HTTP, as Dify's plugin daemon does."""
