"""Keys of the plugin's storage. To Dify a key is a path of at most 256 bytes, on many servers one of folders and files.

Any text is a key here: what would be read as a path is escaped, so that `a` and `a/b` do not get in each other's way.
"""

from collections.abc import Mapping
from typing import Any

from switchboard.errors import InvalidInput
from switchboard.parameters import required_text

USER = "user/"
"""Where the keys that people choose live, away from those of the plugin itself."""

MAX_KEY = 256 - len(USER)
"""Bytes, once escaped."""

_ESCAPED = {ord(character): f"%{ord(character):02X}" for character in "%/\\\0"}


def storage_key(parameters: Mapping[str, Any], name: str) -> str:
    """The key to ask Dify for; raises InvalidInput for one that is too long."""
    key = required_text(parameters, name).strip().translate(_ESCAPED).replace("..", "%2E%2E")
    if key.startswith("."):
        key = f"%2E{key[1:]}"
    if len(key.encode()) > MAX_KEY:
        raise InvalidInput(
            f"`{name}` takes at most {MAX_KEY} bytes, and this one has {len(key.encode()):,}. A slash, a backslash and "
            "a percent sign count as three."
        )
    return USER + key
