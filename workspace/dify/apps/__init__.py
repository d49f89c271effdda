"""The apps of the local workspace: one small app for each mode of Dify, and a few that end in other ways."""
