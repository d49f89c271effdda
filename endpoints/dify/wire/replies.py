"""The reply to a request that calls an app, as its `response_mode` asks for it."""

from collections.abc import Iterator
from typing import Any

from werkzeug import Response

from endpoints.dify.wire.blocking import message_reply, run_reply
from endpoints.dify.wire.event_stream import event_stream
from endpoints.http.framing import whole
from endpoints.http.json_bytes import json_bytes
from switchboard.apps.events import AppKind


def app_reply(kind: AppKind, events: Iterator[dict[str, Any]], *, streams: bool) -> Response:
    """The events as they come, or one JSON object made of them. Raises what goes wrong before either begins."""
    if streams:
        return event_stream(events)
    reply = run_reply(events) if kind is AppKind.WORKFLOW else message_reply(kind, events)
    return whole(json_bytes(reply), "application/json")
