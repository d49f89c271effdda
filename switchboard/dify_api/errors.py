"""Errors as Dify's Service API writes them: `{"code", "message", "status"}`."""

import json
from typing import Any

from werkzeug import Response

from switchboard.errors import NotConfigured, NotPermitted, SwitchboardError
from switchboard.http.errors import MethodNotAllowed

_CODES = {
    401: "unauthorized",
    403: "access_denied",
    404: "not_found",
    405: "method_not_allowed",
    413: "file_too_large",
    415: "unsupported_media_type",
    500: "internal_server_error",
    504: "gateway_timeout",
}


def dify_error(error: SwitchboardError) -> Response:
    """The whole reply to a request that failed."""
    response = Response(json.dumps(error_body(error)), status=error.status, mimetype="application/json")
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(error.allowed)
    return response


def error_body(error: SwitchboardError) -> dict[str, Any]:
    """What a failed request says, and with `"event": "error"` a stream that broke off."""
    code = _CODES.get(error.status, "invalid_param" if error.status < 500 else "completion_request_error")
    if isinstance(error, NotConfigured) and not isinstance(error, NotPermitted):
        code = "app_unavailable"
    return {"code": code, "message": str(error), "status": error.status}
