"""Chatflows: what they answer, and what a conversation keeps."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.workspace.dify.fake_models import FakeModels
from tests.workspace.workflows.conftest import MakeApp
from tests.workspace.workflows.dsl_files import (
    answer_of,
    code,
    edge,
    events_of,
    finished,
    llm,
    node,
    of_node,
    start,
    template,
    variable,
)
from workspace.dify.refusals import Refused
from workspace.plugin.file_server import FileServer

pytestmark = pytest.mark.usefixtures("child_process")

CHAT = {"mode": "advanced-chat"}


def answer(text: str, node_id: str = "answer") -> dict[str, Any]:
    return node(node_id, "answer", answer=text, variables=[])


def assigner(name: str, operation: str, value: Any, *, by: str = "constant", node_id: str = "set") -> dict[str, Any]:
    item = {"variable_selector": ["conversation", name], "input_type": by, "operation": operation, "value": value}
    return node(node_id, "assigner", version="2", items=[item])


def kept(name: str, value_type: str, value: Any) -> dict[str, Any]:
    """A variable of the conversation, as a file declares it."""
    return {"id": name, "name": name, "value_type": value_type, "value": value, "description": ""}


def test_an_answer_streams_in_its_order_with_where_each_piece_is_from(make: MakeApp) -> None:
    nodes = [start(), llm(prompt="{{#sys.query#}}"), answer("Well: {{#llm.text#}} That is all.")]
    events = events_of(make(*nodes, **CHAT), query="Hello")
    messages = [event for event in events if event["event"] == "message"]

    assert [(one["answer"], one["from_variable_selector"]) for one in messages] == [
        ("Well: ", ["answer", "answer"]),
        ("Good ", ["llm", "text"]),
        ("day.", ["llm", "text"]),
        *[("", ["llm", "text"])] * 2,
        (" That is all.", ["answer", "answer"]),
    ]
    assert [event["event"] for event in events][-2:] == ["message_end", "workflow_finished"]
    assert finished(events)["outputs"]["answer"] == "Well: Good day. That is all."
    assert events[-2]["metadata"]["usage"]["total_tokens"] == 9
    ids = ("conversation_id", "message_id", "task_id", "created_at")
    assert len({tuple(event[name] for name in ids) for event in events}) == 1


def test_what_nobody_answers_with_is_no_message(make: MakeApp) -> None:
    nodes = [start(), llm("aside", prompt="{{#sys.query#}}"), answer("Done.")]

    assert answer_of(events_of(make(*nodes, **CHAT), query="Hello")) == "Done."


def test_a_chatflow_knows_difys_own_variables(make: MakeApp) -> None:
    told = "{{#sys.query#}} {{#sys.dialogue_count#}} {{#sys.conversation_id#}} {{#sys.app_id#}} {{#start.name#}}"
    tried = make(start(variable("name", default="nobody")), answer(told), **CHAT)
    first = events_of(tried, query="One")
    conversation_id = first[0]["conversation_id"]
    second = events_of(tried, {"name": "Ada"}, query="Two", conversation_id=conversation_id)

    assert answer_of(first) == f"One 1 {conversation_id} tried nobody"
    assert answer_of(second) == f"Two 2 {conversation_id} tried Ada"
    inputs = first[0]["data"]["inputs"]
    assert (inputs["name"], inputs["sys.query"], inputs["sys.files"]) == ("nobody", "One", [])
    assert "sys.conversation_id" not in inputs


def test_a_conversation_variable_keeps_its_value_to_the_next_turn_and_the_next_process(
    make: MakeApp, tmp_path: Path
) -> None:
    nodes = [start(), assigner("count", "+=", 1), answer("{{#conversation.count#}}")]
    options = {**CHAT, "conversation_variables": [kept("count", "number", 0)], "memory": tmp_path / "memory"}
    tried = make(*nodes, **options)
    conversation_id = events_of(tried, query="a")[0]["conversation_id"]
    again = events_of(tried, query="b", conversation_id=conversation_id)
    later = events_of(make(*nodes, **options), query="c", conversation_id=conversation_id)

    assert (answer_of(again), answer_of(later)) == ("2", "3")
    assert answer_of(events_of(tried, query="d")) == "1"


@pytest.mark.parametrize(
    ("declared", "change", "after"),
    [
        (kept("v", "string", "a"), assigner("v", "set", "b"), "b"),
        (kept("v", "string", "a"), assigner("v", "over-write", ["sys", "query"], by="variable"), "Hello"),
        (kept("v", "string", "a"), assigner("v", "clear", None, by="variable"), ""),
        (kept("v", "number", "2"), assigner("v", "*=", 3), 6),
        (kept("v", "number", None), assigner("v", "+=", 3), 3),
        (kept("v", "boolean", False), assigner("v", "set", True), True),
        (kept("v", "object", {}), assigner("v", "set", '{"a": 1}'), {"a": 1}),
        (kept("v", "array[string]", []), assigner("v", "append", ["sys", "query"], by="variable"), ["Hello"]),
        (kept("v", "array[number]", [1]), assigner("v", "extend", ["conversation", "v"], by="variable"), [1, 1]),
        (
            kept("v", "string", "a"),
            node(
                "set",
                "assigner",
                assigned_variable_selector=["conversation", "v"],
                write_mode="over-write",
                input_variable_selector=["sys", "query"],
            ),
            "Hello",
        ),
    ],
)
def test_a_variable_has_the_type_that_the_file_gives_it(
    make: MakeApp, tmp_path: Path, declared: dict[str, Any], change: dict[str, Any], after: Any
) -> None:
    tried = make(
        start(), change, answer("Done."), **CHAT, conversation_variables=[declared], memory=tmp_path / "memory"
    )
    events = events_of(tried, query="Hello")

    assert finished(events)["error"] is None
    [path] = (tmp_path / "memory").iterdir()
    assert json.loads(path.read_text())["variables"] == {"v": after}


def test_a_variable_whose_value_is_of_another_type_is_refused(make: MakeApp) -> None:
    tried = make(start(), answer("Hi"), **CHAT, conversation_variables=[kept("v", "array[string]", "one")])

    with pytest.raises(Refused, match=r"The conversation variable v is to be of the type array\[string\]"):
        events_of(tried, query="Hello")


def test_what_was_written_before_a_failure_is_kept(make: MakeApp) -> None:
    nodes = [start(), assigner("count", "+=", 1), template("bad", "{{ 1 / 0 }}"), answer("{{#conversation.count#}}")]
    tried = make(*nodes, **CHAT, conversation_variables=[kept("count", "number", 0)])
    failed = events_of(tried, query="a")
    again = events_of(tried, query="b", conversation_id=failed[0]["conversation_id"])

    assert of_node(again, "bad")["status"] == "failed"
    assert of_node(again, "set")["process_data"]["count"] == 2


def test_a_chatflow_that_fails_finishes_its_run_and_then_its_message(make: MakeApp) -> None:
    events = events_of(make(start(), template("bad", "{{ 1 / 0 }}"), answer("Hi"), **CHAT), query="Hello")

    assert [event["event"] for event in events][-2:] == ["workflow_finished", "error"]
    assert events[-2]["data"]["status"] == "failed"
    assert (events[-1]["code"], events[-1]["status"]) == ("invalid_param", 400)
    assert events[-1]["message"] == "Run failed: ZeroDivisionError: division by zero"
    assert "task_id" not in events[-1]


def test_an_answer_that_failed_is_not_remembered(make: MakeApp, models: FakeModels) -> None:
    remembering = llm(
        prompt_template=[],
        memory={"query_prompt_template": "{{#sys.query#}}", "window": {"enabled": False, "size": 10}},
    )
    bad = template("bad", "{% if q == 'fail' %}{{ 1 / 0 }}{% endif %}", q=["sys", "query"])
    tried = make(start(), bad, remembering, answer("{{#llm.text#}}"), **CHAT)
    conversation_id = events_of(tried, query="fail")[0]["conversation_id"]
    events_of(tried, query="again", conversation_id=conversation_id)

    assert [message["content"] for message in models.asked[0]["messages"]] == ["again"]


def test_an_unknown_conversation_is_begun_anew(make: MakeApp) -> None:
    unknown = "00000000-0000-0000-0000-000000000000"

    [first, *_] = events_of(make(start(), answer("Hi"), **CHAT), query="Hello", conversation_id=unknown)

    assert first["conversation_id"] != unknown


def test_what_is_no_id_of_a_conversation_is_an_internal_error(make: MakeApp) -> None:
    with pytest.raises(Refused, match="Internal Server Error"):
        events_of(make(start(), answer("Hi"), **CHAT), query="Hello", conversation_id="nonsense")


def test_files_beside_the_inputs_are_sys_files_and_shown_with_the_answer(
    make: MakeApp, files: FileServer, tmp_path: Path
) -> None:
    (tmp_path / "cat.png").write_bytes(b"\x89PNG")
    picture = {"type": "image", "transfer_method": "local_file", "upload_file_id": files.lend(tmp_path / "cat.png").id}
    takes_files = {"features": {"file_upload": {"enabled": True}}}
    tried = make(start(), answer("{{#sys.files#}}"), **CHAT, **takes_files)
    events = events_of(tried, query="Look", files=[picture])

    [shown] = events[-2]["files"]
    assert (shown["filename"], shown["type"]) == ("cat.png", "image")
    assert answer_of(events) == f"![cat.png]({shown['url']})"


@pytest.mark.parametrize("off", [{}, {"file_upload": {"enabled": False, "image": {"enabled": False}}}])
def test_a_chatflow_without_file_upload_leaves_files_out_as_dify_does(
    make: MakeApp, files: FileServer, tmp_path: Path, off: dict[str, Any]
) -> None:
    (tmp_path / "cat.png").write_bytes(b"\x89PNG")
    picture = {"type": "image", "transfer_method": "local_file", "upload_file_id": files.lend(tmp_path / "cat.png").id}
    tried = make(start(), answer("{{#sys.files#}}"), **CHAT, features=off)

    assert events_of(tried, query="Look", files=[picture])[-2]["files"] == []


def test_environment_variables_reach_nodes_and_secrets_no_event(make: MakeApp) -> None:
    environment = [
        {"name": "key", "value_type": "secret", "value": "test-key"},
        {"name": "city", "value_type": "string", "value": "Lisbon"},
    ]
    told = template("told", "{{ city }} {{ key|length }}", city=["env", "city"], key=["env", "key"])
    tried = make(start(), told, answer("{{#told.output#}}"), **CHAT, environment_variables=environment)
    events = events_of(tried, query="Hello")

    assert answer_of(events) == "Lisbon 8"
    assert not any(
        "test-key" in json.dumps(event) for event in events if event.get("data", {}).get("node_id") != "told"
    )


def test_branches_join_again(make: MakeApp) -> None:
    asked = {"id": "1", "variable_selector": ["sys", "query"], "comparison_operator": "contains", "value": "?"}
    decide = node("decide", "if-else", cases=[{"case_id": "asked", "logical_operator": "and", "conditions": [asked]}])
    joined = node("join", "variable-assigner", output_type="string", variables=[["yes", "output"], ["no", "output"]])
    nodes = [start(), decide, template("yes", "A question."), template("no", "A word."), joined]
    edges = [
        edge("start", "decide"),
        edge("decide", "yes", "asked"),
        edge("decide", "no", "false"),
        edge("yes", "join"),
        edge("no", "join"),
        edge("join", "answer"),
    ]
    tried = make(*nodes, answer("{{#join.output#}}"), edges=edges, **CHAT)

    assert answer_of(events_of(tried, query="Who?")) == "A question."
    assert answer_of(events_of(tried, query="You.")) == "A word."


def test_a_code_node_sees_the_conversation(make: MakeApp) -> None:
    count = code("count", "def main(said): return {'n': len(said)}", n="number")
    count["data"]["variables"] = [{"variable": "said", "value_selector": ["conversation", "said"]}]
    nodes = [start(), assigner("said", "append", ["sys", "query"], by="variable"), count, answer("{{#count.n#}}")]
    tried = make(*nodes, **CHAT, allow_code=True, conversation_variables=[kept("said", "array[string]", [])])
    first = events_of(tried, query="a")

    assert answer_of(events_of(tried, query="b", conversation_id=first[0]["conversation_id"])) == "2"
