"""The example workflows as files: Dify imports them, its editor shows them whole, and none needs what fails there."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.examples.conftest import EXAMPLES, ROOT
from tests.examples.dsl_rules import problems
from workspace.plugin.folder import PluginFolder, read_plugin_folder
from workspace.plugin.yaml_file import Loader

FILES = sorted((EXAMPLES / "workflows").iterdir())
FAILING_IN_DIFY = {"speech2text", "completion_app"}

every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def folder() -> PluginFolder:
    return read_plugin_folder(ROOT)


def content_of(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.load(path.read_bytes(), Loader)
    return content


def nodes_of(content: dict[str, Any]) -> dict[str, Any]:
    return {node["id"]: node for node in content["workflow"]["graph"]["nodes"]}


@every_file
def test_a_file_is_as_dify_exports_it(path: Path, folder: PluginFolder) -> None:
    assert path.suffix == ".yml"
    assert problems(content_of(path), folder) == []


@every_file
def test_it_runs_no_code_and_calls_no_tool_that_fails_in_dify_today(path: Path) -> None:
    nodes = nodes_of(content_of(path)).values()
    tools = {node["data"]["tool_name"] for node in nodes if node["data"]["type"] == "tool"}

    assert not {"code", "http-request"} & {node["data"]["type"] for node in nodes}
    assert tools
    assert not tools & FAILING_IN_DIFY


@every_file
def test_its_models_are_the_workspaces_own_and_its_description_says_so(path: Path) -> None:
    content = content_of(path)
    for node in nodes_of(content).values():
        models = [node["data"].get("model")]
        models += [one["value"] for name, one in node["data"].get("tool_configurations", {}).items() if name == "model"]
        assert {model["provider"] for model in models if model} <= {"local"}
    assert "choose your own in each node after the import" in content["app"]["description"]


def test_the_app_that_one_of_them_asks_is_another_of_them() -> None:
    ask = nodes_of(content_of(EXAMPLES / "workflows" / "ask-once.yml"))["ask"]["data"]
    app_id = ask["tool_configurations"]["app"]["value"]["app_id"]

    assert content_of(EXAMPLES / "workflows" / f"{app_id}.yml")["app"]["mode"] == "advanced-chat"
    assert ask["tool_name"] == "chat_app"


def drop(name: str) -> Callable[[Any], None]:
    def change(data: Any) -> None:
        del data[name]

    return change


def put(**values: Any) -> Callable[[Any], None]:
    def change(data: Any) -> None:
        data.update(values)

    return change


@pytest.mark.parametrize(
    ("at", "change", "problem"),
    [
        ("", put(version=0.7), "its version is the text 0.7.0 and its kind is app"),
        ("", put(dependencies=[{}]), "it has no dependencies but those that its nodes name"),
        ("app", put(mode="chat"), "its app has a mode, a name, a description and an icon"),
        ("workflow", drop("features"), "its workflow has features"),
        ("node speak", put(position={"x": 400, "y": 300}), "speak stands in two places"),
        ("node speak", put(position={"x": 400, "y": 300}), "shorten and speak overlap"),
        ("node speak", put(position={"x": 80, "y": 900}), "summarise-source-speak-target leads from left to right"),
        ("edge 0", put(sourceHandle="true"), "start-source-shorten-target connects handles that exist"),
        ("edge 0", put(target="nobody"), "start-source-shorten-target connects nodes that exist"),
        ("edge 0", put(target="nobody"), "shorten can be reached"),
        ("edge 0", put(data={}), "start-source-shorten-target says what it connects"),
        ("edge 0", put(id="speak-source-end-target"), "two edges have one id"),
        ("data speak", put(tool_name="whisper"), "speak calls a tool of this plugin"),
        (
            "data speak",
            put(plugin_unique_identifier="switchboard/switchboard:0.0.1"),
            "speak names the plugin, so that Dify's editor says where it is not installed",
        ),
        ("data speak", put(tool_node_version="1"), "speak is a node of today's editor"),
        ("data speak", put(tool_parameters={}), "speak lacks text"),
        ("data speak", put(tool_parameters={"loud": {}}), "speak has loud in tool_parameters, which the tool has not"),
        (
            "data speak",
            put(tool_configurations={"model": {"type": "constant", "value": "local/espeak"}}),
            "speak has a model that Dify's editor would not store",
        ),
        ("data speak", put(output_schema={"properties": {}}), "speak has the outputs of its tool"),
        ("data speak", put(tool_label="Speak"), "speak has the label and the description of its tool"),
        (
            "data summarise",
            put(prompt_template="{{#speak.text#}}"),
            "summarise refers to speak.text, which is not there before it",
        ),
        (
            "data end",
            put(outputs=[{"value_selector": ["speak", "audio"]}]),
            "end refers to speak.audio, which is not there before it",
        ),
    ],
)
def test_a_file_that_breaks_a_rule_is_found(
    folder: PluginFolder, at: str, change: Callable[[Any], None], problem: str
) -> None:
    content = deepcopy(content_of(EXAMPLES / "workflows" / "spoken-summary.yml"))
    match at.split():
        case ["node", node_id]:
            change(nodes_of(content)[node_id])
        case ["data", node_id]:
            change(nodes_of(content)[node_id]["data"])
        case ["edge", place]:
            change(content["workflow"]["graph"]["edges"][int(place)])
        case [key]:
            change(content[key])
        case _:
            change(content)

    assert problem in problems(content, folder)
