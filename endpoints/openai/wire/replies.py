"""Writing JSON replies."""

from typing import Any

from werkzeug import Response

from endpoints.http.framing import whole
from endpoints.http.json_bytes import json_bytes


def json_reply(value: Any) -> Response:
    """Any JSON value as the reply; a large one leaves in several frames."""
    return whole(json_bytes(value), "application/json")
