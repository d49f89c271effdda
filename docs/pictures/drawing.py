"""Draws the graph of a DSL file as Dify's editor lays it out: an SVG picture with a light ground of its own."""

from html import escape
from pathlib import Path
from typing import Any

import yaml

from workspace.plugin.yaml_file import Loader

IMAGES = Path(__file__).parent.parent / "images"
WORKFLOWS = Path(__file__).parent.parent.parent / "examples" / "workflows"

MARGIN = 24
HEADER = 54
"""Pixels from the top of a node to its first branch, in Dify's editor; a branch takes 36."""
BRANCH = 36
KINDS = {
    "start": ("Start", "#296dff"),
    "end": ("End", "#f79009"),
    "answer": ("Answer", "#f79009"),
    "llm": ("LLM", "#6172f3"),
    "if-else": ("IF/ELSE", "#06aed4"),
    "template-transform": ("Template", "#2e90fa"),
    "variable-aggregator": ("Variable aggregator", "#2e90fa"),
    "knowledge-retrieval": ("Knowledge Retrieval", "#16b364"),
    "tool": ("Tool", "#444ce7"),
}
"""What Dify calls the types of nodes that the examples have, and a colour for each."""


def draw(file: Path) -> str:
    """Raises KeyError for a node of a type that no example has."""
    content = yaml.load(file.read_bytes(), Loader)
    graph = content["workflow"]["graph"]
    nodes = {node["id"]: node for node in graph["nodes"]}
    left = min(node["position"]["x"] for node in nodes.values()) - MARGIN
    top = min(node["position"]["y"] for node in nodes.values()) - MARGIN
    width = max(node["position"]["x"] + node["width"] for node in nodes.values()) + MARGIN - left
    height = max(node["position"]["y"] + node["height"] for node in nodes.values()) + MARGIN - top
    lines = [
        '<svg xmlns="http://www.w3.org/2000/svg" font-family="system-ui, sans-serif"'
        f' viewBox="{left} {top} {width} {height}">',
        f"<title>{escape(content['app']['name'])}</title>",
        f'<rect x="{left}" y="{top}" width="{width}" height="{height}" rx="12" fill="#f2f4f7"/>',
    ]
    lines += [_edge(nodes[edge["source"]], edge["sourceHandle"], nodes[edge["target"]]) for edge in graph["edges"]]
    lines += [line for node in nodes.values() for line in _node(node)]
    return "\n".join([*lines, "</svg>", ""])


def _node(node: dict[str, Any]) -> list[str]:
    data, (x, y) = node["data"], _corner(node)
    kind, colour = KINDS[data["type"]]
    box = f'x="{x}" y="{y}" width="{node["width"]}" height="{node["height"]}"'
    lines = [
        f'<rect {box} rx="12" fill="#ffffff" stroke="#d0d5dd"/>',
        f'<rect x="{x + 12}" y="{y + 15}" width="24" height="24" rx="6" fill="{colour}"/>',
        _text(x + 46, y + 26, data["title"], "#101828", size=15),
        _text(x + 46, y + 43, f"{kind}: {data['tool_name']}" if kind == "Tool" else kind, "#667085", size=12),
    ]
    for place, told in enumerate(_branches(data).values()):
        lines.append(_text(x + 46, y + HEADER + BRANCH * (place + 0.5) + 4, told, "#475467", size=13))
    if node["height"] > HEADER:
        lines.append(_text(x + 46, y + HEADER + 18, _detail(data), "#475467", size=13))
    return [line for line in lines if line]


def _detail(data: dict[str, Any]) -> str:
    """What the node works with, in a few words."""
    match data["type"]:
        case "start":
            return ", ".join(variable["variable"] for variable in data["variables"])
        case "end":
            return ", ".join(output["variable"] for output in data["outputs"])
        case "llm":
            return str(data["model"]["name"])
        case "tool":
            model = data["tool_configurations"].get("model", {}).get("value", {})
            return str(model.get("model", ""))
        case "answer":
            return str(data["answer"])
        case "knowledge-retrieval":
            return f"top {data['multiple_retrieval_config']['top_k']}"
    return ""


def _branches(data: dict[str, Any]) -> dict[str, str]:
    """What each branch of a node is called, by its handle."""
    if data["type"] != "if-else":
        return {}
    return {str(case["case_id"]): _condition(case["conditions"][0]) for case in data["cases"]} | {"false": "else"}


def _condition(condition: dict[str, Any]) -> str:
    value = condition.get("value", "")
    value = str(value).lower() if isinstance(value, bool) else str(value)
    return f"{condition['variable_selector'][-1]} {condition['comparison_operator']} {value}".strip()


def _edge(source: dict[str, Any], handle: str, target: dict[str, Any]) -> str:
    (x, y), (to_x, to_y) = _corner(source), _corner(target)
    branches = list(_branches(source["data"]))
    x += source["width"]
    y += HEADER + BRANCH * (branches.index(handle) + 0.5) if handle in branches else HEADER / 2
    to_y += HEADER / 2
    middle = (x + to_x) / 2
    curve = f"M {x} {y} C {middle} {y} {middle} {to_y} {to_x} {to_y}"
    return f'<path d="{curve}" fill="none" stroke="#98a2b3" stroke-width="2"/>'


def _corner(node: dict[str, Any]) -> tuple[float, float]:
    return node["position"]["x"], node["position"]["y"]


def _text(x: float, y: float, text: str, colour: str, *, size: int) -> str:
    text = text if len(text) <= 26 else text[:25] + "…"
    return f'<text x="{x}" y="{y}" fill="{colour}" font-size="{size}">{escape(text)}</text>' if text else ""


def draw_examples(folder: Path) -> list[Path]:
    """The files that were written."""
    pictures = []
    for workflow in sorted(WORKFLOWS.glob("*.yml")):
        pictures.append(folder / f"{workflow.stem}.svg")
        pictures[-1].write_text(draw(workflow))
    return pictures
