"""The wire forms of Dify's Service API."""
