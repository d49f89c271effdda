"""The wire forms of Anthropic's API."""
