"""Streaming replies as Dify's Service API writes them: server-sent events, and `event: ping` in silence."""

from collections.abc import Iterator
from typing import Any

from werkzeug import Response

from endpoints.dify.wire.errors import error_body
from endpoints.http.framing import stream
from endpoints.http.json_bytes import json_bytes


def event_stream(events: Iterator[dict[str, Any]]) -> Response:
    """The events as they come. Raises what goes wrong before the first; what does later is an `error` event."""
    return stream(
        map(_sse, events),
        "text/event-stream; charset=utf-8",
        keep_alive=b"event: ping\n\n",
        error_piece=lambda error: _sse({"event": "error", **error_body(error)}),
    )


def _sse(event: dict[str, Any]) -> bytes:
    return b"data: " + json_bytes(event) + b"\n\n"
