"""Reads a DSL file, as Dify exports it: one app with its graph.

It is read as Dify imports it (Dify, `services/app_dsl_service.py`): a missing `version` is "0.1.0", `kind` does not
matter, and notes of the editor are no nodes.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from workspace.dify.apps.form import Input, InputType
from workspace.plugin.yaml_file import Loader

NEWEST = (0, 7, 0)
"""The version that Dify 1.16 writes. Dify asks before it imports a newer one."""
LARGEST = 10 * 1024 * 1024
"""Bytes; Dify imports no larger file."""

DEEPEST = 100
"""Collections in one another; files of Dify have a dozen."""

type WorkflowMode = Literal["workflow", "advanced-chat"]

_OTHER_MODES = {
    "chat": "a chatbot",
    "agent-chat": "an agent",
    "agent": "an agent",
    "completion": "a completion app",
    "rag-pipeline": "a knowledge pipeline",
}


class DslError(Exception):
    """One sentence for people: what is wrong with a DSL file, and where."""


@dataclass(frozen=True)
class GraphNode:
    """One node of a graph; `data` is what the editor keeps of it, `type` Dify's name: "llm", "tool", "if-else", ..."""

    id: str
    type: str
    data: dict[str, Any]

    @property
    def title(self) -> str:
        return str(self.data.get("title") or self.id)


@dataclass(frozen=True)
class Workflow:
    """A workflow or chatflow as its file tells of it; `graph` has `nodes` and `edges`."""

    app_id: str
    name: str
    description: str
    mode: WorkflowMode
    graph: dict[str, Any]
    nodes: tuple[GraphNode, ...]
    features: dict[str, Any]
    environment_variables: tuple[dict[str, Any], ...]
    conversation_variables: tuple[dict[str, Any], ...]

    @property
    def start(self) -> GraphNode:
        return next(node for node in self.nodes if node.type == "start")

    @property
    def form(self) -> tuple[Input, ...]:
        """What the start node asks for."""
        return tuple(_input(variable) for variable in self.start_variables)

    @property
    def takes_files(self) -> bool:
        """Whether there are files beside the inputs. A chatflow has to allow them; older editors did so for images."""
        upload = self.features.get("file_upload")
        places = (upload, upload.get("image")) if isinstance(upload, dict) else ()
        allowed = any(isinstance(place, dict) and place.get("enabled") for place in places)
        return allowed or self.mode == "workflow"

    @property
    def start_variables(self) -> list[dict[str, Any]]:
        """The same as it stands in the file."""
        return [variable for variable in self.start.data.get("variables") or [] if isinstance(variable, dict)]


def read_workflow(path: Path) -> Workflow:
    """The app in a DSL file; its id is the stem of the file's name. Raises DslError."""
    content = _content(path)
    _check_version(path.name, content.get("version") or "0.1.0")
    app = content.get("app")
    if not isinstance(app, dict) or not app:
        kind = content.get("kind")
        told = f": its kind is {kind!r}" if kind and kind != "app" else ""
        if isinstance(content.get("data"), str):
            raise DslError(f"{path.name} is an answer of Dify's API: the DSL file is the text in its `data`.")
        raise DslError(f"{path.name} holds no app{told}. It takes what Dify's Export DSL writes of an app.")
    mode: Any = app.get("mode")
    if mode not in get_args(WorkflowMode.__value__):
        what = _OTHER_MODES.get(str(mode), f"an app of the mode {mode!r}")
        raise DslError(f"{path.name} is {what}, which has no graph: only workflows and chatflows can be run.")
    workflow = _mapping(path.name, content, "workflow")
    graph = _mapping(path.name, workflow, "graph")
    nodes = _nodes(path.name, graph)
    if not any(node.type == "start" for node in nodes):
        started = ", ".join(sorted({node.type for node in nodes if node.type.startswith(("trigger", "datasource"))}))
        instead = f" It is started by {started}, which nothing here does." if started else ""
        raise DslError(f"{path.name} has no start node.{instead}")
    return Workflow(
        app_id=path.stem,
        name=str(app.get("name") or path.stem),
        description=str(app.get("description") or "").strip(),
        mode=mode,
        graph={"nodes": [_without_nulls(node) for node in graph["nodes"]], "edges": _list(path.name, graph, "edges")},
        nodes=tuple(nodes),
        features=_mapping(path.name, {"features": workflow.get("features") or {}}, "features"),
        environment_variables=tuple(_list(path.name, workflow, "environment_variables")),
        conversation_variables=tuple(_list(path.name, workflow, "conversation_variables")),
    )


def _content(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LARGEST:
            raise DslError(f"{path.name} is larger than {LARGEST >> 20} MiB, which is what Dify takes.")
        written = path.read_bytes()
        content = _json_object(written)
        if content is None:
            if _depth(written) > DEEPEST:  # libyaml would not survive what is nested much deeper
                raise DslError(f"{path.name} is nested too deeply to be a DSL file.")
            content = yaml.load(written, Loader)
    except OSError as error:
        raise DslError(f"{path} cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" in line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be parsed"
        raise DslError(f"{path.name} is not YAML{line}: {problem}.") from None
    if not isinstance(content, dict):
        raise DslError(f"{path.name} is no DSL file: it holds no mapping.")
    return content


def _json_object(written: bytes) -> dict[str, Any] | None:
    """JSON is YAML too, but for characters that it escapes as two halves; None if it is none."""
    try:
        content = json.loads(written) if written.lstrip().startswith(b"{") else None
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _depth(written: bytes) -> int:
    depth = deepest = 0
    for event in yaml.parse(written, Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            deepest = max(deepest, depth)
            if depth > DEEPEST:
                break
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return deepest


def _check_version(name: str, version: object) -> None:
    if not isinstance(version, str):
        raise DslError(f'{name}: its version must be text: version: "{version}", in quotes.')
    numbers = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    if numbers is None:
        raise DslError(f"{name}: its version is {version!r}, which is none.")
    if tuple(int(number or 0) for number in numbers.groups()) > NEWEST:
        newest = ".".join(map(str, NEWEST))
        raise DslError(f"{name} has the DSL version {version}; {newest} is the newest that is known here.")


def _nodes(name: str, graph: dict[str, Any]) -> list[GraphNode]:
    nodes: list[GraphNode] = []
    for at, node in enumerate(_list(name, graph, "nodes")):
        if node.get("type") == "custom-note":
            continue
        data = node.get("data")
        if not isinstance(data, dict) or not isinstance(data.get("type"), str) or not isinstance(node.get("id"), str):
            raise DslError(f"{name}: the node in place {at + 1} of workflow.graph.nodes has no id or no data.type.")
        nodes.append(GraphNode(node["id"], data["type"], data))
    return nodes


def _without_nulls(node: dict[str, Any]) -> dict[str, Any]:
    """Dify exports settings that nobody touched as null, which its engine then refuses."""
    data = node.get("data")
    settings = data.get("tool_configurations") if isinstance(data, dict) else None
    if not isinstance(settings, dict):
        return node
    given = {key: value for key, value in settings.items() if value is not None}
    return {**node, "data": {**node["data"], "tool_configurations": given}}


def _input(variable: Mapping[str, Any]) -> Input:
    length = variable.get("max_length")
    return Input(
        variable=str(variable.get("variable")),
        label=str(variable.get("label") or variable.get("variable")),
        type=variable.get("type", "text-input"),
        required=bool(variable.get("required")),
        default=variable.get("default"),
        options=_texts(variable, "options"),
        max_length=length if isinstance(length, int) else None,
        allowed_file_types=_texts(variable, "allowed_file_types"),
        allowed_file_extensions=_texts(variable, "allowed_file_extensions"),
        allowed_file_upload_methods=_texts(variable, "allowed_file_upload_methods"),
    )


def unknown_inputs(workflow: Workflow) -> list[str]:
    """The inputs of the form that nobody here can fill in."""
    known = get_args(InputType.__value__)
    return [f"{field.variable} ({field.type})" for field in workflow.form if field.type not in known]


def _texts(variable: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = variable.get(key)
    return tuple(map(str, values)) if isinstance(values, list) else ()


def _mapping(name: str, content: dict[str, Any], key: str) -> dict[str, Any]:
    value = content.get(key)
    if not isinstance(value, dict):
        where = "workflow.graph" if key == "graph" else key
        raise DslError(f"{name} has no {where}, or it is no mapping.")
    return value


def _list(name: str, content: dict[str, Any], key: str) -> list[dict[str, Any]]:
    values = content.get(key) or []
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise DslError(f"{name}: {key} is no list of mappings.")
    return values
