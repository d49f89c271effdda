import json
from pathlib import Path
from typing import Any

import pytest

from tests.workspace.workflows.dsl_files import app, end, node, start, tool, variable, write
from workspace.workflows.dsl import DslError, Workflow, read_workflow

NOTE = {"id": "note", "type": "custom-note", "data": {"text": "<p>Remember</p>"}}


def read(tmp_path: Path, content: Any) -> Workflow:
    return read_workflow(write(tmp_path, content))


def test_an_app_is_known_by_its_file(tmp_path: Path) -> None:
    content = app([start(variable("text", "paragraph", required=True)), end()])
    content["app"] |= {"name": "Sum up", "description": "Says it in fewer words.\n"}
    workflow = read_workflow(write(tmp_path, content, "sum-up.yml"))

    assert (workflow.app_id, workflow.name, workflow.mode) == ("sum-up", "Sum up", "workflow")
    assert workflow.description == "Says it in fewer words."
    assert [(one.id, one.type, one.title) for one in workflow.nodes] == [
        ("start", "start", "Start"),
        ("end", "end", "End"),
    ]
    assert [(field.variable, field.type, field.required) for field in workflow.form] == [("text", "paragraph", True)]


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.pop("kind"),
        lambda content: content.update(kind="something else"),
        lambda content: content.pop("version"),
        lambda content: content.update(version="0.7.0"),
        lambda content: content["workflow"].update(features=None, environment_variables=None),
        lambda content: content["workflow"]["graph"]["nodes"].append(NOTE),
    ],
)
def test_what_dify_imports_is_read(tmp_path: Path, change: Any) -> None:
    content = app([start(), end()])
    change(content)

    assert [one.type for one in read(tmp_path, content).nodes] == ["start", "end"]


def test_settings_that_dify_exports_as_null_are_not_there(tmp_path: Path) -> None:
    greet = tool("greet", name="Ada")
    greet["data"]["tool_configurations"] = {"style": None, "shout": {"type": "constant", "value": True}}
    [_, exported] = read(tmp_path, app([start(), greet])).graph["nodes"]

    assert exported["data"]["tool_configurations"] == {"shout": {"type": "constant", "value": True}}


def changed(**changes: Any) -> dict[str, Any]:
    """A file with changes at its top; None leaves a key out."""
    content = {**app([start(), end()]), **changes}
    return {key: value for key, value in content.items() if value is not None}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("app: [", "is not YAML in line 2: did not find expected node content."),
        ("\x00", "is not YAML: control characters are not allowed."),
        ("a" * 3, "is no DSL file: it holds no mapping."),
        ("[" * 10_000 + "]" * 10_000, "is nested too deeply to be a DSL file."),
        (changed(version=0.3), 'its version must be text: version: "0.3", in quotes.'),
        (changed(version="new"), "its version is 'new', which is none."),
        (changed(version="0.8.0"), "has the DSL version 0.8.0; 0.7.0 is the newest that is known here."),
        (changed(version="1.0"), "has the DSL version 1.0; 0.7.0 is the newest that is known here."),
        (changed(app=None), "holds no app. It takes what Dify's Export DSL writes of an app."),
        (
            changed(app=None, kind="rag_pipeline"),
            "holds no app: its kind is 'rag_pipeline'. It takes what Dify's Export DSL writes of an app.",
        ),
        (
            '{"data": "app:\\n  icon: \\ud83e\\udd16\\n"}',
            "is an answer of Dify's API: the DSL file is the text in its `data`.",
        ),
        (changed(app={"mode": "chat"}), "is a chatbot, which has no graph: only workflows and chatflows can be run."),
        (changed(app={"mode": "agent-chat"}), "is an agent, which has no graph"),
        (changed(app={"mode": "magic"}), "is an app of the mode 'magic', which has no graph"),
        (changed(workflow=None), "has no workflow, or it is no mapping."),
        (changed(workflow={}), "has no workflow.graph, or it is no mapping."),
        (changed(workflow={"graph": {"nodes": "none"}}), "nodes is no list of mappings."),
        (
            changed(workflow={"graph": {"nodes": [{"id": "a"}]}}),
            "the node in place 1 of workflow.graph.nodes has no id or no data.type.",
        ),
        (app([end()]), "has no start node."),
        (
            app([node("hook", "trigger-webhook"), end()]),
            "has no start node. It is started by trigger-webhook, which nothing here does.",
        ),
    ],
)
def test_what_is_no_workflow_is_told_in_one_sentence(tmp_path: Path, content: Any, problem: str) -> None:
    with pytest.raises(DslError) as caught:
        read(tmp_path, content)

    assert str(caught.value).startswith("tried.yml")
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


def test_json_is_read_with_the_characters_that_it_escapes_as_two_halves(tmp_path: Path) -> None:
    content = app([start(), end()])
    content["app"]["name"] = "Duck 🦆"

    assert read(tmp_path, json.dumps(content)).name == "Duck 🦆"


def test_a_file_that_is_not_there_is_told_as_well(tmp_path: Path) -> None:
    with pytest.raises(DslError, match=r"nothing.yml cannot be read: No such file or directory.$"):
        read_workflow(tmp_path / "nothing.yml")


def test_a_file_larger_than_dify_takes_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(DslError, match="tried.yml is larger than 10 MiB, which is what Dify takes."):
        read(tmp_path, "#" * (10 * 1024 * 1024 + 1))
