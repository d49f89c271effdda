"""Writing JSON for replies."""

import json
from typing import Any

from pydantic_core import to_json


def json_bytes(value: Any) -> bytes:
    """Any JSON value on one line, in UTF-8. What has no place there is left out: null for NaN, ? for half a letter."""
    try:
        return to_json(value, inf_nan_mode="null")
    except ValueError:  # half a surrogate pair, which nobody can send on, or nested deeper than to_json goes
        finite = json.loads(json.dumps(value), parse_constant=lambda _nan: None)
        return json.dumps(finite, ensure_ascii=False).encode(errors="replace")
