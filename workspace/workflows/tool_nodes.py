"""Tool nodes of a workflow, bound to the tools of the plugin under work."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphon.file.enums import FileTransferMethod, FileType
from graphon.file.models import File
from graphon.model_runtime.entities.llm_entities import LLMUsage
from graphon.nodes.tool.entities import ToolNodeData
from graphon.nodes.tool.exc import ToolParameterError, ToolRuntimeInvocationError, ToolRuntimeResolutionError
from graphon.nodes.tool_runtime_entities import ToolRuntimeHandle, ToolRuntimeMessage, ToolRuntimeParameter
from graphon.runtime.variable_pool import VariablePool
from graphon.variables.template_resolution import convert_template
from pydantic import ValidationError

from workspace.plugin import parameters
from workspace.plugin.errors import OutputError, PluginError, node_error
from workspace.plugin.folder import Parameter, Tool
from workspace.plugin.outputs import Outputs
from workspace.wire import Payload
from workspace.workflows.files import Files
from workspace.workflows.plugin_tools import PluginTools
from workspace.workflows.stop import Stop

_MESSAGES: dict[str, type[Any]] = {
    "text": ToolRuntimeMessage.TextMessage,
    "link": ToolRuntimeMessage.TextMessage,
    "json": ToolRuntimeMessage.JsonMessage,
    "variable": ToolRuntimeMessage.VariableMessage,
}
"""What a tool node reads as it comes. Files are kept first; logs and retriever resources are for others."""


@dataclass(frozen=True)
class _Bound:
    """A tool with the values of its settings."""

    tool: Tool
    settings: dict[str, Any]


class ToolRuntime:
    """The engine's `ToolNodeRuntimeProtocol`. `context` goes with each call: conversation_id, app_id."""

    def __init__(self, tools: PluginTools, files: Files, *, context: Mapping[str, Any], stop: Stop) -> None:
        self._tools = tools
        self._files = files
        self._context = context
        self._stop = stop

    def get_runtime(
        self,
        *,
        node_id: str,
        node_data: ToolNodeData,
        variable_pool: VariablePool | None,
        node_execution_id: str | None = None,
    ) -> ToolRuntimeHandle:
        """`variable_pool` is None for nodes of older editors, which keep settings without their type."""
        tool = self._tools.find(node_data.provider_id, node_data.tool_name)
        if tool is None:
            raise ToolRuntimeResolutionError(f"there is no tool {node_data.tool_name} of {node_data.provider_id}")
        given = {
            **node_data.tool_configurations,
            **{name: value.model_dump() for name, value in node_data.tool_parameters.items()},
        }
        settings = {}
        for parameter in tool.parameters:
            if parameter.form == "form":
                config = given.get(parameter.name)
                value = _old_value(parameter, config) if variable_pool is None else _value(config, variable_pool)
                if value is not None:
                    settings[parameter.name] = value
        return ToolRuntimeHandle(_Bound(tool, settings))

    def get_runtime_parameters(self, *, tool_runtime: ToolRuntimeHandle) -> Sequence[ToolRuntimeParameter]:
        return [
            ToolRuntimeParameter(parameter.name, required=parameter.required)
            for parameter in _bound(tool_runtime).tool.parameters
        ]

    def invoke(
        self,
        *,
        tool_runtime: ToolRuntimeHandle,
        tool_parameters: Mapping[str, Any],
        workflow_call_depth: int,
        provider_name: str,
    ) -> Generator[ToolRuntimeMessage]:
        bound = _bound(tool_runtime)
        values = _cast(bound.tool, {**tool_parameters, **bound.settings})
        messages = self._tools.call(bound.tool, values, context=self._context, stop=self._stop)
        try:
            yield from self._node_messages(messages)
        except PluginError as error:
            raise ToolRuntimeInvocationError(node_error(error, provider_name)) from error

    def get_usage(self, *, tool_runtime: ToolRuntimeHandle) -> LLMUsage:
        """Dify counts nothing for a plugin's tool, whatever models it asks."""
        return LLMUsage.empty_usage()

    def build_file_reference(self, *, mapping: Mapping[str, Any]) -> File:
        return self._files.build_from_mapping(mapping=mapping)

    def _node_messages(self, messages: Iterator[Payload]) -> Iterator[ToolRuntimeMessage]:
        """`Outputs` checks each message as Dify does, puts chunks together and fetches images."""
        outputs = Outputs(tool_file=self._files.tool_file)
        for message in messages:
            added, kind = outputs.add(message), str(message.get("type"))
            if kind in _MESSAGES:
                content = _content(kind, message["message"])
                yield ToolRuntimeMessage(type=ToolRuntimeMessage.MessageType(kind), message=content)
            elif added:  # an image that could not be fetched
                yield ToolRuntimeMessage(message=ToolRuntimeMessage.TextMessage(text=added))
            while outputs.files:
                file = outputs.files.pop(0)
                yield self._file_message(self._files.keep(file.data, filename=file.filename, mime_type=file.mime_type))

    def _file_message(self, file: File) -> ToolRuntimeMessage:
        kinds = ToolRuntimeMessage.MessageType
        return ToolRuntimeMessage(
            type=kinds.IMAGE_LINK if file.type is FileType.IMAGE else kinds.BINARY_LINK,
            message=ToolRuntimeMessage.TextMessage(text=self._files.resolve_file_url(file=file) or ""),
            meta={"tool_file_id": file.related_id, "transfer_method": FileTransferMethod.TOOL_FILE},
        )


def _bound(handle: ToolRuntimeHandle) -> _Bound:
    assert isinstance(handle.raw, _Bound)
    return handle.raw


def _content(kind: str, content: object) -> Any:
    try:
        return _MESSAGES[kind].model_validate(content)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise OutputError(f"Dify fails on a {kind} message of the plugin: {where}: {problem['msg']}.") from None


def _value(config: object, pool: VariablePool) -> Any:
    """The value of a setting `{"type", "value"}`; None for one that is not set.

    Older editors wrote a selector without its type, or its keys beside "type" and "value".
    """
    if not isinstance(config, dict):
        return None
    value = config.get("value")
    if value is None:
        keys = {key: config[key] for key in config if key not in ("type", "value")}
        return keys or None
    match config.get("type"):
        case "mixed":
            return convert_template(pool, str(value)).text
        case "variable":
            variable = pool.get(value) if isinstance(value, list) else None
            if variable is None:
                raise ToolParameterError(f"Variable {value} does not exist")
            return variable.value
        case _:
            return value


def _old_value(parameter: Parameter, value: Any) -> Any:
    """The value of a setting that is kept as it is, with the default of the YAML."""
    if not value and value != 0:
        value = parameter.default
        if not value and parameter.required:
            raise ToolParameterError(f"tool parameter {parameter.name} not found in tool config")
    return value


def _cast(tool: Tool, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as the plugin gets them. What the YAML does not know goes nowhere. Raises ToolParameterError."""
    cast: dict[str, Any] = {}
    for parameter in tool.parameters:
        if parameter.name not in values:
            continue
        try:
            cast[parameter.name] = _to_plugin(parameters.cast_from_dify(parameter, values[parameter.name]))
        except parameters.ParameterError as error:
            raise ToolParameterError(f"{tool.name}: {error}") from error
    return cast


def _to_plugin(value: Any) -> Any:
    match value:
        case File():
            return value.to_plugin_parameter()
        case list():
            return [_to_plugin(item) for item in value]
        case dict():
            return {key: _to_plugin(item) for key, item in value.items()}
    return value
