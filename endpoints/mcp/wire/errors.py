"""Errors as the protocol writes them, in bodies of their own HTTP status (JSON-RPC 2.0, "Error object").

    {"jsonrpc": "2.0", "id": 7, "error": {"code": -32601, "message": "...", "data": {...}}}

What a tool fails with is no such error: it is a result that says so.
"""

from typing import Any

from werkzeug import Response

from endpoints.http.errors import reply_headers
from endpoints.http.json_bytes import json_bytes
from switchboard.errors import InvalidInput, SwitchboardError

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
HEADER_MISMATCH = -32020
UNSUPPORTED_VERSION = -32022

type RequestId = int | str | None
"""None where a request could not be read so far."""


class ProtocolError(InvalidInput):
    """The message is none that the protocol knows, or none that is served."""

    def __init__(self, message: str, *, number: int, status: int = 400, data: dict[str, Any] | None = None) -> None:
        super().__init__(message, status=status)
        self.number = number
        self.data = data


def mcp_error(error: SwitchboardError, request_id: RequestId = None) -> Response:
    """The whole reply to a request that failed."""
    body = json_bytes({"jsonrpc": "2.0", "id": request_id, "error": error_object(error)})
    return Response(body, status=error.status, headers=reply_headers(error), content_type="application/json")


def error_object(error: SwitchboardError) -> dict[str, Any]:
    """`{code, message}`, with `data` where the protocol says what belongs there."""
    if not isinstance(error, ProtocolError):
        return {"code": INVALID_REQUEST if error.status < 500 else INTERNAL_ERROR, "message": str(error)}
    told: dict[str, Any] = {"code": error.number, "message": str(error)}
    return told if error.data is None else {**told, "data": error.data}
