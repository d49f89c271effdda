"""Errors as Anthropic's API writes them: `{"type": "error", "error": {"type", "message"}, "request_id"}`.

Source: Anthropic API reference, "Errors". The id of a request names it to nobody here; clients print it.
"""

import json
import random
from typing import Any

from werkzeug import Response

from endpoints.http.errors import reply_headers
from switchboard.errors import InvalidInput, SwitchboardError

_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
}
_STATUSES = {503: 529}
"""What this API calls otherwise."""


class NoThreads(InvalidInput):
    """The request leaves the conversation with the server; told so, Anthropic's clients send all of it instead."""


def anthropic_error(error: SwitchboardError) -> Response:
    """The whole reply to a request that failed."""
    body = error_body(error)
    headers = {**reply_headers(error), "request-id": body["request_id"]}
    status = _STATUSES.get(error.status, error.status)
    return Response(json.dumps(body), status=status, headers=headers, mimetype="application/json")


def error_body(error: SwitchboardError) -> dict[str, Any]:
    """What a failed request, or an event of a stream that broke off, says."""
    kind = _TYPES.get(error.status, "invalid_request_error" if error.status < 500 else "api_error")
    told: dict[str, Any] = {"type": kind, "message": str(error)}
    if isinstance(error, NoThreads):
        told["details"] = {"error_code": "thread_unsupported_request", "unsupported": ["thread"]}
    return {"type": "error", "error": told, "request_id": f"req_{random.randbytes(12).hex()}"}
