"""The tools of the workspace, as a plugin calls them: those of the plugin under work, and workflows as tools.

Source: Dify, `core/tools/tool_manager.py`, `core/tools/utils/message_transformer.py`, `services/tools/workflow`.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Protocol

from workspace.dify.api_requests import RequestInvokeTool
from workspace.dify.apps.app import App
from workspace.dify.refusals import Refused, internal_error, is_uuid
from workspace.plugin.errors import PluginCallError, PluginError, invoke_error
from workspace.plugin.file_server import FileServer
from workspace.plugin.files import FILE_IDENTITY, extension_of
from workspace.plugin.folder import Tool
from workspace.plugin.outputs import OutputFile, Outputs
from workspace.plugin.parameters import ParameterError
from workspace.plugin.tool_settings import call_values
from workspace.wire import DifyError, Payload

_PART = "[a-z0-9_-]+"
_FILES = ("image", "blob", "blob_chunk", "image_link", "binary_link")
"""The messages from which Dify makes files."""


class PluginTools(Protocol):
    """The tools of the plugin under work, which runs."""

    @property
    def tools(self) -> Collection[Tool]: ...

    @property
    def provider_ids(self) -> Collection[str]: ...

    def find(self, provider_id: str, tool_name: str) -> Tool | None: ...

    def call(self, tool: Tool, values: dict[str, Any]) -> Iterator[Payload]:
        """Raises PluginError, and ParameterError for a credential that is missing."""
        ...


class Tools:
    """`apps` that are workflows are tools by their id. `files` keeps what a tool puts out, None if nothing can be."""

    def __init__(self, plugin_tools: PluginTools | None, apps: Mapping[str, App], files: FileServer | None) -> None:
        self._plugin_tools = plugin_tools
        self._apps = apps
        self._files = files

    def invoke(self, request: RequestInvokeTool) -> Iterator[Payload | None]:
        """The tool's messages as a plugin gets them, its files as `image_link` or `binary_link`.

        Raises Refused before the first for a tool that is not there or lacks a setting, and DifyError where it fails.
        """
        match request.tool_type:
            case "builtin":
                tool = self._find(request.provider, request.tool)
                try:
                    values = call_values(tool, request.tool_parameters)
                except ParameterError as error:
                    raise Refused(str(error)) from error
                yield from self.messages(tool, values)
            case "workflow" if self._is_workflow(request.provider):
                yield from self._workflow_messages(self._apps[request.provider], request.tool_parameters)
            case "api" | "workflow" if not is_uuid(request.provider):
                raise internal_error()
            case kind:
                raise Refused(f"{kind} provider {request.provider} not found")

    def messages(self, tool: Tool, values: dict[str, Any]) -> Iterator[Payload]:
        """Those of a tool of the plugin. Raises DifyError with Dify's text for a plugin that fails."""
        assert self._plugin_tools is not None
        outputs = Outputs(tool_file=self._files.tool_file) if self._files else Outputs()
        try:
            for message in self._plugin_tools.call(tool, values):
                added, kind = outputs.add(message), message.get("type")
                if kind == "json":
                    yield {**message, "message": {"suppress_output": False, **message["message"]}}
                elif kind not in _FILES:
                    yield message
                elif added:  # an image that could not be fetched
                    yield _message("text", text=added)
                while outputs.files:
                    yield self._link(outputs.files.pop(0), message.get("meta") or {})
        except PluginCallError as error:
            raise DifyError(invoke_error(error)) from error
        except (PluginError, ParameterError) as error:
            raise DifyError(str(error)) from error

    def _find(self, provider: str, name: str) -> Tool:
        if re.fullmatch(_PART, provider):
            provider = f"langgenius/{provider}/{provider}"
        elif not re.fullmatch(f"{_PART}/{_PART}/{_PART}", provider):
            raise Refused(f"Invalid plugin id {provider}")
        if self._plugin_tools is None or provider not in self._plugin_tools.provider_ids:
            raise internal_error()
        tool = self._plugin_tools.find(provider, name)
        if tool is None:
            raise Refused(f"Tool with name {name} not found")
        return tool

    def _link(self, file: OutputFile, meta: dict[str, Any]) -> Payload:
        """A file that is kept, by an address that is neither whole nor signed, and its id."""
        if self._files is None:
            raise DifyError("the local workspace takes no files unless it serves HTTP")
        kept = self._files.keep(file.data, filename=file.filename, mime_type=file.mime_type)
        kind = "image_link" if "image" in file.mime_type else "binary_link"
        address = f"/files/tools/{kept.id}{extension_of(file.mime_type)}"
        return _message(kind, meta={**meta, "tool_file_id": kept.id}, text=address)

    def _is_workflow(self, app_id: str) -> bool:
        return app_id in self._apps and self._apps[app_id].mode == "workflow"

    def _workflow_messages(self, app: App, inputs: dict[str, Any]) -> Iterator[Payload | None]:
        """The outputs of a workflow: its files, each output as a variable, all of them as text and as json."""
        payload = {"inputs": inputs, "query": "", "conversation_id": "", "response_mode": "blocking"}
        finished: dict[str, Any] = {}
        try:
            for event in app.run(payload):
                if event is None:
                    yield None
                elif event["event"] == "workflow_finished":
                    finished = event["data"]
        except Refused as refusal:  # Dify says so only once it streams
            raise DifyError(refusal.message) from refusal
        if finished.get("error"):
            raise DifyError(str(finished["error"]))
        outputs = finished.get("outputs") or {}
        yield from map(_file_message, _files_in(outputs))
        for name, value in outputs.items():
            if name not in ("text", "json", "files"):
                yield _message("variable", variable_name=name, variable_value=value, stream=False)
        yield _message("text", text=json.dumps(outputs, ensure_ascii=False))
        yield _message("json", json_object=outputs, suppress_output=True)


def _message(kind: str, *, meta: dict[str, Any] | None = None, **content: Any) -> Payload:
    return {"type": kind, "message": content, "meta": meta}


def _files_in(outputs: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for value in outputs.values():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict) and item.get("dify_model_identity") == FILE_IDENTITY:
                yield item


def _file_message(file: dict[str, Any]) -> Payload:
    if file.get("transfer_method") != "tool_file":
        return _message("file", file_marker="file_marker")
    address = f"/files/tools/{file['related_id']}{file.get('extension') or '.bin'}"
    kind = "image_link" if file.get("type") == "image" else "link"
    return _message(kind, meta={"tool_file_id": file["related_id"]}, text=address)
