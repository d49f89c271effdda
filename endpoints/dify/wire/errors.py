"""Errors as Dify's Service API writes them: `{"code", "message", "status"}` (its guide "Errors and rate limits").

The codes are Dify's where it has one; what fails behind Dify is 502 or 504 here, where Dify itself says 400 or 500.
"""

import json
from typing import Any

from werkzeug import Response

from endpoints.http.errors import reply_headers
from switchboard.errors import NotConfigured, RefusedByProvider, SwitchboardError, UnknownConversation, WrongKindOfApp

_CODES = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "file_too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
    500: "internal_server_error",
    504: "gateway_timeout",
}

_DIFYS_OWN = frozenset(
    {
        "agent_not_published",
        "app_unavailable",
        "bad_request",
        "completion_request_error",
        "conversation_completed",
        "file_too_large",
        "filename_not_exists_error",
        "forbidden",
        "internal_server_error",
        "invalid_param",
        "model_currently_not_support",
        "no_file_uploaded",
        "not_found",
        "provider_not_initialize",
        "provider_quota_exceeded",
        "rate_limit_error",
        "too_many_files",
        "too_many_requests",
        "unsupported_file_type",
    }
)
"""Codes that the Service API documents and that say more than the status."""

_ROUTES = {"chat app": "/chat-messages", "workflow app": "/workflows/run", "completion app": "/completion-messages"}
_WRONG_KIND = {"chat app": "not_chat_app", "workflow app": "not_workflow_app", "completion app": "app_unavailable"}
"""By what the route is for."""


def dify_error(error: SwitchboardError) -> Response:
    """The whole reply to a request that failed."""
    body = json.dumps(error_body(error))
    return Response(body, status=error.status, headers=reply_headers(error), mimetype="application/json")


def error_body(error: SwitchboardError) -> dict[str, Any]:
    """What a failed request says, and with `"event": "error"` a stream that broke off."""
    message = str(error)
    if isinstance(error, WrongKindOfApp):
        route = _ROUTES[error.found]
        message = (
            f"The app is a {error.found}, and this route runs a {error.wanted}. Use POST {route} or /<app_id>{route}."
        )
    if isinstance(error, UnknownConversation):
        message = "Conversation Not Exists."  # as Dify's API has it, which clients may look for
    return {"code": _code(error), "message": message, "status": error.status}


def _code(error: SwitchboardError) -> str:
    match error:
        case WrongKindOfApp():
            return _WRONG_KIND[error.wanted]
        case SwitchboardError(status=429) if error.code != "rate_limit_error":
            return "too_many_requests"
        case RefusedByProvider():
            return "completion_request_error"
        case SwitchboardError(code=code) if code in _DIFYS_OWN:
            return code
        case NotConfigured():
            return "app_unavailable"
        case _:
            return _CODES.get(error.status, "invalid_param" if error.status < 500 else "completion_request_error")
