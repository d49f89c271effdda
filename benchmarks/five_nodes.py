"""A workflow of five nodes in Dify's engine, one of them a tool of the plugin, beside a call of the tool alone."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from benchmarks.served_chat import COMPILED, MODEL
from workspace.engines.offline import OfflineModels
from workspace.plugin.folder import read_plugin_folder
from workspace.plugin.parameters import tool_request
from workspace.plugin.process import PluginProcess
from workspace.wire import Payload
from workspace.workflows.app import DslApp
from workspace.workflows.dsl import read_workflow
from workspace.workflows.host import Host
from workspace.workflows.plugin_tools import PluginTools


class FiveNodes:
    """Close it. The tool asks a model that answers at once."""

    def __init__(self, plugin: Path) -> None:
        self._open = ExitStack()
        folder = read_plugin_folder(plugin)
        tool = folder.tool("moderation")
        tools = PluginTools(folder)
        self._process = self._open.enter_context(PluginProcess(folder, _answer, environment=COMPILED))
        tools.plugin = self._process
        self._request = tool_request(tool, {"model": MODEL | {"model_type": "moderation"}, "text": "a b"}, user_id="u")
        with tempfile.TemporaryDirectory() as made:
            file = Path(made, "five.yml")
            file.write_text(yaml.safe_dump(_dsl(f"{folder.author}/{folder.name}/{tool.provider}")))
            self._app = DslApp(read_workflow(file), Host(OfflineModels(), tools=tools))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def seconds_of_the_workflow(self) -> float:
        started = time.perf_counter()
        *_, finished = self._app.run({"inputs": {"text": "a"}})
        seconds = time.perf_counter() - started
        if not finished or finished["data"]["outputs"] != {"said": "flagged: False"}:
            raise RuntimeError(f"the workflow ended otherwise: {finished}")
        return seconds

    def seconds_of_the_tool(self) -> float:
        started = time.perf_counter()
        for _ in self._process.call(self._request):
            pass
        return time.perf_counter() - started


def _answer(_invoke_type: str, _payload: Payload) -> Iterator[Payload]:
    yield {"result": False}


def _dsl(provider_id: str) -> dict[str, Any]:
    tool = {
        "provider_id": provider_id,
        "provider_type": "builtin",
        "provider_name": provider_id,
        "tool_name": "moderation",
        "tool_label": "moderation",
        "tool_node_version": "2",
        "tool_configurations": {"model": {"type": "constant", "value": MODEL | {"model_type": "moderation"}}},
        "tool_parameters": {"text": {"type": "mixed", "value": "{{#before.output#}}"}},
    }
    text = {"variable": "text", "label": "Text", "type": "paragraph", "required": True}
    data = {
        "start": {"type": "start", "variables": [text]},
        "before": _template("{{ text }} b", text=["start", "text"]),
        "tool": {"type": "tool", **tool},
        "after": _template("flagged: {{ flagged }}", flagged=["tool", "flagged"]),
        "end": {"type": "end", "outputs": [{"variable": "said", "value_selector": ["after", "output"]}]},
    }
    nodes = [{"id": name, "type": "custom", "data": {"title": name, **each}} for name, each in data.items()]
    edges = [
        {"id": one + other, "source": one, "target": other, "sourceHandle": "source", "targetHandle": "target"}
        for one, other in zip(data, list(data)[1:], strict=False)
    ]
    return {
        "version": "0.3.0",
        "kind": "app",
        "app": {"name": "Five nodes", "mode": "workflow"},
        "workflow": {"graph": {"nodes": nodes, "edges": edges}},
    }


def _template(text: str, /, **variables: list[str]) -> dict[str, Any]:
    listed = [{"variable": name, "value_selector": selector} for name, selector in variables.items()]
    return {"type": "template-transform", "template": text, "variables": listed}
