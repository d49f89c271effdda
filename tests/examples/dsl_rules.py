"""What a DSL file has to be for Dify to import it and for its editor to show it as it is meant.

Sources: Dify, `services/app_dsl_service.py`, `web/app/components/workflow` and files that its editor exports.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from workspace.plugin.folder import Parameter, PluginFolder, Tool
from workspace.plugin.selectors import model_type_of

GAP = 20
"""Pixels that nodes keep between them."""

NEWEST = "0.7.0"
"""The version of DSL files that Dify 1.16 writes."""
VARIABLES = ("environment_variables", "conversation_variables", "rag_pipeline_variables")

_REFERENCE = re.compile(r"\{\{#(\w+)\.(\w+)(?:\.\w+)*#\}\}")
_OUTPUTS = {
    "llm": {"text", "usage"},
    "template-transform": {"output"},
    "variable-aggregator": {"output"},
    "tool": {"text", "files", "json"},
}
_SYSTEM = {"workflow": {"files"}, "advanced-chat": {"query", "files", "conversation_id", "dialogue_count"}}
_SELECTOR = {"provider", "model", "model_type"}
_MORE = {"llm": {"mode", "completion_params"}, "tts": {"language", "voice"}}


def problems(content: Mapping[str, Any], folder: PluginFolder) -> list[str]:
    """One line for each rule that is broken; `folder` is the plugin whose tools may be called."""
    graph = content["workflow"]["graph"]
    nodes = {node["id"]: node for node in graph["nodes"]}
    return [
        *_file(content),
        *_layout(nodes),
        *_edges(nodes, graph["edges"]),
        *(problem for node in nodes.values() if node["data"]["type"] == "tool" for problem in _tool(node, folder)),
        *_references(content["app"]["mode"], nodes, graph["edges"], folder),
    ]


def _file(content: Mapping[str, Any]) -> Iterator[str]:
    app, workflow = content["app"], content["workflow"]
    if content.get("version") != NEWEST or content.get("kind") != "app":
        yield f"its version is the text {NEWEST} and its kind is app"
    if content.get("dependencies") != []:  # Dify compares checksums, and tells of an error where another build is there
        yield "it has no dependencies but those that its nodes name"
    if app.get("mode") not in _SYSTEM or not all(app.get(key) for key in ("name", "description", "icon", "icon_type")):
        yield "its app has a mode, a name, a description and an icon"
    for key, kind in {"features": dict, **dict.fromkeys(VARIABLES, list)}.items():
        if not isinstance(workflow.get(key), kind):
            yield f"its workflow has {key}"


def _layout(nodes: Mapping[str, Any]) -> Iterator[str]:
    boxes = []
    for node_id, node in nodes.items():
        if not re.fullmatch(r"\w{1,50}", node_id) or node["type"] != "custom" or not node["data"]["title"]:
            yield f"{node_id} is a custom node with a title, and its id can stand in a template"
        if node["position"] != node["positionAbsolute"]:
            yield f"{node_id} stands in two places"
        boxes.append((node_id, node["position"]["x"], node["position"]["y"], node["width"], node["height"]))
    for at, (one, x, y, width, height) in enumerate(boxes):
        for other, its_x, its_y, its_width, its_height in boxes[at + 1 :]:
            beside = x + width + GAP <= its_x or its_x + its_width + GAP <= x
            if not (beside or y + height + GAP <= its_y or its_y + its_height + GAP <= y):
                yield f"{one} and {other} overlap"


def _edges(nodes: Mapping[str, Any], edges: list[dict[str, Any]]) -> Iterator[str]:
    if len({edge["id"] for edge in edges}) < len(edges):
        yield "two edges have one id"
    taken = set()
    for edge in edges:
        source, target = nodes.get(edge["source"]), nodes.get(edge["target"])
        if source is None or target is None:
            yield f"{edge['id']} connects nodes that exist"
            continue
        taken.add((edge["source"], edge["sourceHandle"]))
        if edge["sourceHandle"] not in _handles(source) or edge["targetHandle"] != "target" or edge["type"] != "custom":
            yield f"{edge['id']} connects handles that exist"
        kinds = {"sourceType": source["data"]["type"], "targetType": target["data"]["type"]}
        if edge["data"] != {**kinds, "isInIteration": False, "isInLoop": False}:
            yield f"{edge['id']} says what it connects"
        if source["position"]["x"] + source["width"] >= target["position"]["x"]:
            yield f"{edge['id']} leads from left to right"
    for node_id, node in nodes.items():
        for handle in _handles(node):
            if (node_id, handle) not in taken and node["data"]["type"] != "answer":
                yield f"{node_id} goes on from its handle {handle}"
        if node["data"]["type"] != "start" and node_id not in {edge["target"] for edge in edges}:
            yield f"{node_id} can be reached"


def _handles(node: Mapping[str, Any]) -> list[str]:
    match node["data"]["type"]:
        case "end":
            return []
        case "if-else":
            return [*(case["case_id"] for case in node["data"]["cases"]), "false"]
    return ["source"]


def _tool(node: Mapping[str, Any], folder: PluginFolder) -> Iterator[str]:
    node_id, data = node["id"], node["data"]
    tool = _find(data, folder)
    if tool is None or data["provider_name"] != data["provider_id"] or data["provider_type"] != "builtin":
        yield f"{node_id} calls a tool of this plugin"
        return
    plugin = f"{folder.author}/{folder.name}"
    if (data.get("plugin_id"), data.get("plugin_unique_identifier")) != (plugin, f"{plugin}:{folder.version}"):
        yield f"{node_id} names the plugin, so that Dify's editor says where it is not installed"
    if data["tool_node_version"] != "2":
        yield f"{node_id} is a node of today's editor"
    for place, is_llm in (("tool_parameters", True), ("tool_configurations", False)):
        declared = {one.name: one for one in tool.parameters if (one.form == "llm") is is_llm}
        for name, given in data[place].items():
            if name not in declared:
                yield f"{node_id} has {name} in {place}, which the tool has not"
            elif set(given) != {"type", "value"} or not _fits(declared[name], given["type"], given["value"]):
                yield f"{node_id} has a {name} that Dify's editor would not store"
        if missing := [name for name, one in declared.items() if one.required and name not in data[place]]:
            yield f"{node_id} lacks {', '.join(missing)}"
    if data["output_schema"] != tool.output_schema:
        yield f"{node_id} has the outputs of its tool"
    if (data["tool_label"], data["tool_description"]) != (tool.label, tool.description):
        yield f"{node_id} has the label and the description of its tool"


def _find(data: Mapping[str, Any], folder: PluginFolder) -> Tool | None:
    own = f"{folder.author}/{folder.name}"
    known = {(f"{own}/{tool.provider}", tool.name): tool for tool in folder.tools}
    return known.get((data["provider_id"], data["tool_name"]))


def _fits(parameter: Parameter, kind: str, value: Any) -> bool:
    match parameter.type:
        case "string":
            return kind == "mixed" and isinstance(value, str) and bool(value)
        case "number":
            return kind == "constant" and isinstance(value, int | float) and not isinstance(value, bool)
        case "select":
            return kind == "constant" and value in [option.value for option in parameter.options]
        case "app-selector":
            return kind == "constant" and set(value) == {"app_id", "inputs", "files"}
        case "model-selector":
            wanted = model_type_of(parameter.scope)
            keys = _SELECTOR | _MORE.get(wanted, set())
            return kind == "constant" and set(value) == keys and value["model_type"] == wanted
    return False


def _references(
    mode: str, nodes: Mapping[str, Any], edges: list[dict[str, Any]], folder: PluginFolder
) -> Iterator[str]:
    before: dict[str, set[str]] = {node_id: set() for node_id in nodes}
    for _ in nodes:
        for edge in edges:
            if edge["source"] in nodes and edge["target"] in nodes:
                before[edge["target"]] |= {edge["source"], *before[edge["source"]]}
    for node_id, node in nodes.items():
        for source, name in _referred(node["data"]):
            if source == "sys":
                known = name in _SYSTEM.get(mode, set())
            else:
                known = source in before[node_id] and name in _outputs(nodes[source]["data"], folder)
            if not known:
                yield f"{node_id} refers to {source}.{name}, which is not there before it"


def _referred(value: Any) -> Iterator[tuple[str, str]]:
    """The first two names of every selector and of every reference in a text."""
    match value:
        case str():
            yield from _REFERENCE.findall(value)
        case {"value_selector": [str(source), str(name), *_], **more} | {
            "variable_selector": [str(source), str(name), *_],
            **more,
        }:
            yield source, name
            yield from _referred(more)
        case {"output_type": _, "variables": list(selectors)}:
            yield from ((source, name) for source, name, *_ in selectors)
        case dict():
            for inner in value.values():
                yield from _referred(inner)
        case list():
            for inner in value:
                yield from _referred(inner)


def _outputs(data: Mapping[str, Any], folder: PluginFolder) -> set[str]:
    names = set(_OUTPUTS.get(data["type"], set()))
    if data["type"] == "start":
        names |= {variable["variable"] for variable in data["variables"]}
    if data["type"] == "tool" and (tool := _find(data, folder)):
        names |= set(tool.output_schema["properties"])
    return names
