"""DSL files for tests, as Dify exports them: nodes, edges, and the app around them."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from workspace.dify.apps.app import App

MODEL = {"provider": "langgenius/openai/openai", "name": "gpt-4o", "mode": "chat", "completion_params": {}}


def node(node_id: str, kind: str, *, parent: str | None = None, **data: Any) -> dict[str, Any]:
    """A node whose title is its id with a capital; `parent` is the container it is in."""
    made = {"id": node_id, "type": "custom", "position": {"x": 0, "y": 0}}
    return {**made, "data": {"type": kind, "title": node_id.title(), **data}} | ({"parentId": parent} if parent else {})


def start(*variables: dict[str, Any]) -> dict[str, Any]:
    return node("start", "start", variables=list(variables))


def variable(name: str, kind: str = "text-input", **more: Any) -> dict[str, Any]:
    """A field of the start form."""
    return {"variable": name, "label": name, "type": kind, "required": False, **more}


def end(**outputs: list[str]) -> dict[str, Any]:
    """An end node with the selector of each output."""
    listed = [{"variable": name, "value_selector": selector} for name, selector in outputs.items()]
    return node("end", "end", outputs=listed)


def llm(node_id: str = "llm", *, prompt: str = "{{#start.text#}}", **data: Any) -> dict[str, Any]:
    template = [{"role": "user", "text": prompt}]
    context = {"enabled": False, "variable_selector": []}
    return node(node_id, "llm", **{"model": MODEL, "prompt_template": template, "context": context, **data})


def template(node_id: str, text: str, /, **variables: list[str]) -> dict[str, Any]:
    listed = [{"variable": name, "value_selector": selector} for name, selector in variables.items()]
    return node(node_id, "template-transform", template=text, variables=listed)


def code(node_id: str, source: str, *, language: str = "python3", **types: str) -> dict[str, Any]:
    outputs = {name: {"type": kind, "children": None} for name, kind in types.items()}
    return node(node_id, "code", code=source, code_language=language, variables=[], outputs=outputs)


def tool(
    tool_name: str,
    /,
    *,
    provider: str = "tests/greeter/greeter",
    node_id: str = "",
    settings: dict[str, Any] | None = None,
    **parameters: Any,
) -> dict[str, Any]:
    """A tool node; `parameters` are what a model could fill in as well, a list of names is a selector."""
    data = {
        "provider_id": provider,
        "provider_type": "builtin",
        "provider_name": provider,
        "tool_name": tool_name,
        "tool_label": tool_name,
        "tool_node_version": "2",
        "tool_configurations": {key: constant(value) for key, value in (settings or {}).items()},
        "tool_parameters": {key: given(value) for key, value in parameters.items()},
    }
    return node(node_id or tool_name, "tool", **data)


def constant(value: Any) -> Any:
    return value if isinstance(value, dict) and "type" in value else {"type": "constant", "value": value}


def given(value: Any) -> dict[str, Any]:
    if isinstance(value, list):
        return {"type": "variable", "value": value}
    return {"type": "mixed" if isinstance(value, str) else "constant", "value": value}


def chain(*nodes: dict[str, Any]) -> list[dict[str, Any]]:
    """Edges from each node to the next."""
    return [edge(one["id"], other["id"]) for one, other in itertools.pairwise(nodes)]


def edge(source: str, target: str, handle: str = "source") -> dict[str, Any]:
    ends = {"source": source, "sourceHandle": handle, "target": target, "targetHandle": "target"}
    return {"id": f"{source}-{handle}-{target}", "type": "custom", **ends}


def app(
    nodes: list[dict[str, Any]],
    edges: list[dict[str, Any]] | None = None,
    *,
    mode: str = "workflow",
    **workflow: Any,
) -> dict[str, Any]:
    """The whole file; without `edges` the nodes run one after the other."""
    return {
        "version": "0.3.0",
        "kind": "app",
        "app": {"name": "Tried", "description": "", "mode": mode},
        "dependencies": [],
        "workflow": {
            "features": {},
            "environment_variables": [],
            "conversation_variables": [],
            "graph": {"nodes": nodes, "edges": chain(*nodes) if edges is None else edges},
            **workflow,
        },
    }


def write(folder: Path, content: Any, name: str = "tried.yml") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True))
    return path


def events_of(
    tried: App, inputs: dict[str, Any] | None = None, *, query: str = "", conversation_id: str = "", **more: Any
) -> list[dict[str, Any]]:
    return list(seconds_left_out(tried, inputs, query=query, conversation_id=conversation_id, **more))


def seconds_left_out(tried: App, inputs: dict[str, Any] | None = None, **more: Any) -> Iterator[dict[str, Any]]:
    """The events as they come, without the seconds in which none did."""
    payload = {"inputs": inputs or {}, "query": "", "conversation_id": "", **more}
    return (event for event in tried.run(payload) if event is not None)


def finished(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The data of workflow_finished, of which there is one."""
    [event] = [event for event in events if event["event"] == "workflow_finished"]
    data: dict[str, Any] = event["data"]
    return data


def of_node(events: list[dict[str, Any]], node_id: str, event: str = "node_finished") -> dict[str, Any]:
    """The data of a node's last event of a kind."""
    data: dict[str, Any] = [one for one in events if one["event"] == event and one["data"]["node_id"] == node_id][-1][
        "data"
    ]
    return data


def answer_of(events: list[dict[str, Any]]) -> str:
    return "".join(event["answer"] for event in events if event["event"] == "message")
