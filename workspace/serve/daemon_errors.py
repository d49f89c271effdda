"""What the plugin daemon writes when it cannot hand on a plugin's reply.

Source: dify-plugin-daemon, `internal/types/exception`, `pkg/entities/plugin_entities/event.go`.
"""

from typing import Any

from workspace.plugin.errors import PluginCallError
from workspace.plugin.json_lines import go_json

JSON = "application/json; charset=utf-8"
NO_ROUTE = b'{"code":"not_found","message":"route not found"}'
NOT_DECODED = frozenset({"invoke_dify_error", "unmarshal_error", "unknown_stream_message_type"})
"""Types of the daemon's own errors about what a plugin sent, which have no `args`."""


def error_body(message: str, *, code: int = -500, error_type: str = "PluginDaemonInternalServerError") -> bytes:
    """The daemon's error, with a second JSON object as its message."""
    inner = go_json({"message": message, "error_type": error_type, "args": None})
    return go_json({"code": code, "message": inner, "data": None}).encode()


def session_error(error: PluginCallError) -> str:
    """The text that stands for an error that ended the session, in a body of its own or at the end of another."""
    content: dict[str, Any] = {"error_type": error.error_type, "message": str(error)}
    if error.error_type not in NOT_DECODED:
        content = {"args": error.details or None, **content}
    return go_json(content)
