"""The tables in the documents that repeat what the plugin declares: `make docs` writes them, between two markers.

What the tools, routes and settings are is in their YAML files, which call of the session they make is in their Python,
and where their tests are in the test tree; so none of it is written a second time by hand.
"""


class CannotMake(Exception):
    """A sentence that names the file in which something is missing or wrong."""
