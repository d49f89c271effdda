"""Writing JSON replies."""

import json
from typing import Any

from werkzeug import Response

from switchboard.http.framing import whole


def json_reply(value: Any) -> Response:
    """Any JSON value as the reply; a large one leaves in several frames."""
    return whole(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), "application/json")
