"""The workflow or chatflow in a DSL file. Notes of the editor are no nodes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from workspace.dify.apps.form import Input, InputType
from workspace.workflows.dsl_file import DslError as DslError
from workspace.workflows.dsl_file import DslFile, read_dsl_file

type WorkflowMode = Literal["workflow", "advanced-chat"]

_OTHER_MODES = {
    "chat": "a chatbot",
    "agent-chat": "an agent",
    "agent": "an agent",
    "completion": "a completion app",
    "rag-pipeline": "a knowledge pipeline",
}


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
        return tuple(input_of(variable) for variable in self.start_variables)

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
    return workflow_of(read_dsl_file(path))


def workflow_of(file: DslFile) -> Workflow:
    """Raises DslError for an app that is no graph, too."""
    mode: Any = file.mode
    if mode not in get_args(WorkflowMode.__value__):
        what = _OTHER_MODES.get(mode, f"an app of the mode {file.app.get('mode')!r}")
        raise DslError(f"{file.name} is {what}, which has no graph: only workflows and chatflows can be run.")
    workflow = file.mapping(file.content, "workflow")
    graph = file.mapping(workflow, "graph", where="workflow.graph")
    nodes = _nodes(file, graph)
    if not any(node.type == "start" for node in nodes):
        started = ", ".join(sorted({node.type for node in nodes if node.type.startswith(("trigger", "datasource"))}))
        instead = f" It is started by {started}, which nothing here does." if started else ""
        raise DslError(f"{file.name} has no start node.{instead}")
    return Workflow(
        app_id=file.app_id,
        name=file.app_name,
        description=file.description,
        mode=mode,
        graph={"nodes": [_without_nulls(node) for node in graph["nodes"]], "edges": file.mappings(graph, "edges")},
        nodes=tuple(nodes),
        features=file.mapping({"features": workflow.get("features") or {}}, "features"),
        environment_variables=tuple(file.mappings(workflow, "environment_variables")),
        conversation_variables=tuple(file.mappings(workflow, "conversation_variables")),
    )


def _nodes(file: DslFile, graph: dict[str, Any]) -> list[GraphNode]:
    nodes: list[GraphNode] = []
    for at, node in enumerate(file.mappings(graph, "nodes")):
        if node.get("type") == "custom-note":
            continue
        data = node.get("data")
        if not isinstance(data, dict) or not isinstance(data.get("type"), str) or not isinstance(node.get("id"), str):
            raise DslError(
                f"{file.name}: the node in place {at + 1} of workflow.graph.nodes has no id or no data.type."
            )
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


def input_of(variable: Mapping[str, Any]) -> Input:
    """A field of a form, as the file tells of it."""
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
