"""The wire forms of OpenAI's API."""
