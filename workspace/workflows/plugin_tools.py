"""The tools of the plugin under work, as the tool nodes of a workflow know and call them."""

import queue
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from workspace.plugin import parameters
from workspace.plugin.calls import Messages
from workspace.plugin.errors import PluginCallError, PluginGone
from workspace.plugin.folder import Parameter, PluginFolder, Tool
from workspace.wire import Payload
from workspace.workflows.dsl import GraphNode
from workspace.workflows.stop import CallStopped, Stop

_OTHER_PROVIDERS = {
    "api": "a custom tool, made of an OpenAPI schema",
    "workflow": "a workflow published as a tool",
    "mcp": "a tool of an MCP server",
    "app": "an app as a tool",
    "dataset-retrieval": "a knowledge base as a tool",
}


class Plugin(Protocol):
    """A running one: `PluginProcess`, or what starts it again when it has ended."""

    def call(self, request: Payload, /, *, context: Mapping[str, Any], through: Messages) -> Iterator[Payload]:
        """See `PluginProcess.call`."""


class PluginTools:
    """`plugin` is the running plugin, to be set once it has started: it needs a handler that may need these tools.

    `credentials` are for its providers, by name. `on_error` gets each error with which the plugin answers a call.
    """

    def __init__(
        self,
        folder: PluginFolder,
        *,
        credentials: Mapping[str, str] | None = None,
        on_error: Callable[[PluginCallError], None] = lambda _error: None,
    ) -> None:
        self.folder = folder
        self.plugin: Plugin | None = None
        self._credentials = dict(credentials or {})
        self._on_error = on_error
        self._user_id = str(uuid.uuid4())

    @property
    def tools(self) -> tuple[Tool, ...]:
        return self.folder.tools

    @property
    def provider_ids(self) -> tuple[str, ...]:
        return tuple(self._provider_id(provider.name) for provider in self.folder.providers)

    def find(self, provider_id: str, tool_name: str) -> Tool | None:
        """By the name of the tool and the id of its provider, `author/plugin/provider`."""
        for tool in self.folder.tools:
            if tool.name == tool_name and provider_id == self._provider_id(tool.provider):
                return tool
        return None

    def problem(self, node: GraphNode) -> str:
        """Why a tool node cannot run, "" if it can: what the editor would not publish, and tools that are not here."""
        if other := other_provider(node):
            return other
        provider_id, name = str(node.data.get("provider_id")), str(node.data.get("tool_name"))
        own = f"{self.folder.author}/{self.folder.name}"
        if not provider_id.startswith(f"{own}/"):
            return f"it calls {name} of {provider_id}; the plugin under work is {own}"
        tool = self.find(provider_id, name)
        if tool is None:
            known = ", ".join(sorted(tool.name for tool in self.folder.tools)) or "no tools"
            return f"it calls {name} of {provider_id}, which is not there; {own} has {known}"
        if missing := [one.name for one in tool.parameters if one.required and not _is_set(one, node)]:
            return f"{name} needs {', '.join(missing)}"
        try:
            self._credentials_of(tool)
        except parameters.ParameterError as error:
            return str(error)
        return ""

    def call(
        self,
        tool: Tool,
        values: dict[str, Any],
        *,
        context: Mapping[str, Any] | None = None,
        stop: Stop | None = None,
    ) -> Iterator[Payload]:
        """The messages of one call. Raises what `PluginProcess.call` raises, and CallStopped on `stop`.

        Dify has no way to cancel a call: the plugin goes on with it, and what is still to come is dropped.
        """
        if self.plugin is None:
            raise PluginGone("The plugin is not running.")
        request = parameters.tool_request(tool, values, user_id=self._user_id, credentials=self._credentials_of(tool))
        messages: Messages = queue.Queue()
        stop = stop or Stop()
        try:
            with stop.calling(lambda: messages.put(CallStopped(stop.reason))):
                yield from self.plugin.call(request, context=context or {}, through=messages)
        except PluginCallError as error:
            self._on_error(error)
            raise

    def _provider_id(self, name: str) -> str:
        return f"{self.folder.author}/{self.folder.name}/{name}"

    def _credentials_of(self, tool: Tool) -> dict[str, Any] | None:
        declared = self.folder.provider(tool.provider).credentials
        names = {credential.name for credential in declared}
        given = {name: value for name, value in self._credentials.items() if name in names}
        return parameters.credentials(declared, given) if declared else None


def other_provider(node: GraphNode) -> str:
    """What a tool node calls that is no tool of any plugin, "" if it is one."""
    kind = str(node.data.get("provider_type"))
    if kind in ("builtin", "plugin"):
        return ""
    return f"it calls {node.data.get('tool_name')}, {_OTHER_PROVIDERS.get(kind, f'a tool of the type {kind}')}"


def _is_set(parameter: Parameter, node: GraphNode) -> bool:
    """Whether the node has a value. Dify fills in the defaults of the YAML for nodes of its older editors alone."""
    given = node.data.get("tool_parameters")
    values = dict(given) if isinstance(given, dict) else {}
    if parameter.form != "llm":
        settings = node.data.get("tool_configurations")
        values = {**(settings if isinstance(settings, dict) else {}), **values}
    value = values.get(parameter.name)
    inner = value.get("value", value) if isinstance(value, dict) else value
    if inner is None or inner == "":
        return is_old(node.data) and parameter.form != "llm" and parameter.default is not None
    return True


def is_old(data: Mapping[str, Any]) -> bool:
    """Whether a tool node is of an editor that kept settings as they are, without their type."""
    return str(data.get("version", "1")) == "1" and data.get("tool_node_version") is None
