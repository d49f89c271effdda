"""Keys of the plugin's storage. To Dify a key is a path of at most 256 bytes, below a folder of the plugin's own."""

from collections.abc import Mapping
from posixpath import normpath
from typing import Any

from switchboard.errors import InvalidInput
from switchboard.parameters import required_text

USER = "user/"
"""Where the keys that people choose live, away from those of the plugin itself."""

MAX_KEY = 256 - len(USER)
"""Bytes."""


def storage_key(parameters: Mapping[str, Any], name: str) -> str:
    """The key to ask Dify for; raises InvalidInput for one that it would refuse or read as another."""
    key = required_text(parameters, name).strip()
    if len(key.encode()) > MAX_KEY:
        raise InvalidInput(f"`{name}` takes at most {MAX_KEY} bytes, and this one has {len(key.encode()):,}.")
    if key == "." or ".." in key or "\\" in key or "\0" in key or key.startswith("/") or normpath(key) != key:
        raise InvalidInput(
            f"`{name}` is a path to Dify: it must not begin or end with a slash, nor hold a dot as a part, two dots, a "
            "backslash or an empty part."
        )
    return USER + key
