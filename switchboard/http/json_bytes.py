"""Writing JSON for replies."""

import json
from typing import Any

from pydantic_core import to_json


def json_bytes(value: Any) -> bytes:
    """Any JSON value on one line, in UTF-8. What JSON has no number for is null; half a surrogate pair is escaped."""
    try:
        return to_json(value, inf_nan_mode="null")
    except ValueError:  # half a surrogate pair, or nested deeper than it goes
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
