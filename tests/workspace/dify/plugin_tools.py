"""The tools of a plugin that answers what a test says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workspace.plugin.folder import Tool, read_plugin_folder
from workspace.wire import Payload

GREETER = "tests/greeter/greeter"
_FOLDER = read_plugin_folder(Path(__file__).parent.parent / "plugin" / "plugins" / "greeter")


class ScriptedTools:
    """The tools of the greeter, each answering `messages`; an exception among them is raised. `called` is with what."""

    tools = _FOLDER.tools
    provider_ids = (GREETER,)

    def __init__(self, *messages: Payload | Exception) -> None:
        self.messages = messages
        self.called: list[tuple[str, dict[str, Any]]] = []

    def find(self, provider_id: str, tool_name: str) -> Tool | None:
        return next((tool for tool in self.tools if tool.name == tool_name and provider_id == GREETER), None)

    def call(self, tool: Tool, values: dict[str, Any]) -> Iterator[Payload]:
        self.called.append((tool.name, values))
        for message in self.messages:
            if isinstance(message, Exception):
                raise message
            yield message


def message(kind: str, *, meta: dict[str, Any] | None = None, **content: Any) -> Payload:
    return {"type": kind, "message": content, "meta": meta}
