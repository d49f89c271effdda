"""A call of a plugin that is not over, and the messages that answer it."""

from dataclasses import dataclass
from typing import Any, Protocol

from workspace.plugin.errors import PluginCallError, PluginError
from workspace.wire import Payload

type Message = dict[str, Any] | PluginError
"""`{type: stream | error | end, data}`, or why there is no more."""


class Messages(Protocol):
    """A queue, or what decides like one which messages pass."""

    def put(self, message: Message, /) -> None: ...

    def get(self, *, timeout: float) -> Message:
        """Raises queue.Empty after so many seconds."""


@dataclass
class Call:
    """`envelope` is what every line to the plugin about it carries beside event and data."""

    request: Payload
    envelope: dict[str, Any]
    events: Messages


def call_error(data: object) -> PluginCallError:
    """From the `error` message of a plugin, `{error_type, message, args}`."""
    content = data if isinstance(data, dict) else {}
    details = content.get("args")
    return PluginCallError(
        str(content.get("error_type") or "Error"),
        str(content.get("message") or ""),
        details if isinstance(details, dict) else {},
    )
