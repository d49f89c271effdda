"""Errors as OpenAI's API writes them: `{"error": {"message", "type", "param", "code"}}` (API reference, "Errors")."""

import json
from typing import Any

from werkzeug import Response

from endpoints.http.errors import reply_headers
from switchboard.errors import RefusedByProvider, SwitchboardError

_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_CODES = {401: "invalid_api_key", 413: "request_too_large", 504: "timeout"}


def openai_error(error: SwitchboardError) -> Response:
    """The whole reply to a request that failed."""
    body = json.dumps(error_body(error))
    return Response(body, status=error.status, headers=reply_headers(error), mimetype="application/json")


def error_body(error: SwitchboardError) -> dict[str, Any]:
    """What a failed request, or an event of a stream that broke off, says."""
    kind = _TYPES.get(error.status, "invalid_request_error" if error.status < 500 else "api_error")
    code = _CODES.get(error.status)
    if error.status == 404 and error.field == "model":
        code = "model_not_found"
    if isinstance(error, RefusedByProvider):
        code = error.code or None
    return {"error": {"message": str(error), "type": kind, "param": error.field or None, "code": code}}
