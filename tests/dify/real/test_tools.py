"""Each tool in a workflow of one node, as the editor saves it."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.dify.real.place import FOLDER, PROVIDER, Place
from tests.dify.real.settings import model, model_id
from tests.recordings import mp3


class Case(NamedTuple):
    given: Callable[[Place], dict[str, Any]]
    puts_out: dict[str, Any] = {}  # noqa: RUF012 - outputs, or a test of one
    fails: str = ""
    """What the error says, where Dify is broken."""


def of(**given: Any) -> Callable[[Place], dict[str, Any]]:
    return lambda _: given


CASES = {
    "llm": Case(of(model=model("echo"), prompt="Say hello."), {"answer": "Echo: Say hello.", "finish_reason": "stop"}),
    "llm_structured_output": Case(
        of(
            model=model("says-city"), prompt="Where?", schema=json.dumps({"type": "object", "properties": {"city": {}}})
        ),
        {"structured_output": {"city": "Lisbon", "amount": 64.5}},
    ),
    "summary": Case(
        of(text="All happy families are alike. " * 100, model_id=model_id("says-nonsense")),
        {"summary": "This is no JSON.", "unchanged": False},
    ),
    "text_embedding": Case(
        of(model=model("embed", "text-embedding"), texts="one\ntwo"),
        {"embeddings": lambda vectors: len(vectors) == 2, "dimensions": 8},
    ),
    "rerank": Case(
        of(model=model("rerank", "rerank"), query="Where?", documents="Lisbon\nOslo", top_n=1), {"best": "Lisbon"}
    ),
    "tts": Case(
        of(model=model("speak", "tts", voice="alloy"), text="Hello."),
        {"files": lambda files: [file["mime_type"] for file in files] == ["audio/mpeg"]},
    ),
    "speech2text": Case(of(model=model("pocketsphinx", "speech2text"), audio=mp3()), fails="BrokenInDify"),
    "chat_app": Case(
        lambda dify: {"app": dify.app("chatbot"), "query": "Hello"},
        {"answer": "Echo: Hello", "conversation_id": lambda found: len(found) == 36},
    ),
    "workflow_app": Case(
        lambda dify: {"app": dify.app("workflow"), "inputs": '{"text": "Hello"}'},
        {"outputs": {"answer": "Echo: Hello"}},
    ),
    "completion_app": Case(lambda dify: {"app": dify.app("completion"), "query": "Hello"}, fails="BrokenInDify"),
    "app_parameters": Case(
        lambda dify: {"app": dify.app("workflow")}, {"input_schema": lambda schema: schema["required"] == ["text"]}
    ),
    "parameter_extractor": Case(
        of(
            model=model("says-city"),
            query="Lisbon, 64.5",
            parameters='[{"name": "city", "type": "string"}, {"name": "amount", "type": "number"}]',
        ),
        {"parameters": {"city": "Lisbon", "amount": 64.5}},
    ),
    "question_classifier": Case(
        of(model=model("says-class"), query="A ball", classes="Politics\nSport"),
        {"class_name": "Sport", "class_id": "2"},
    ),
    "invoke_tool": Case(
        of(
            provider_type="builtin",
            provider=PROVIDER,
            tool="storage",
            parameters='{"action": "exists", "key": "nosuch"}',
        ),
        {"result": lambda result: result["variables"] == {"value": "", "found": False}},
    ),
    "storage": Case(of(action="exists", key="nosuch"), {"found": False}),
    "upload_file": Case(of(file=b"Hello"), {"file_input": lambda found: found["transfer_method"] == "tool_file"}),
}
IN_WORKSPACE = {"moderation"}
"""Tools whose test needs what only the workspace can have."""


def test_every_tool_has_a_case() -> None:
    assert CASES.keys() | IN_WORKSPACE == {tool.name for tool in FOLDER.tools}


@pytest.mark.parametrize("name", CASES)
def test_a_node_of_the_tool_puts_out(dify: Place, name: str) -> None:
    case = CASES[name]
    node = dify.run_tool(name, case.given(dify))

    if case.fails:
        assert case.fails in (node.get("error") or ""), f"{name} does not fail with {case.fails}: {node.get('error')}"
        return
    assert node["status"] == "succeeded", f"{name}: {node.get('error')}"
    for output, expected in case.puts_out.items():
        value = node["outputs"].get(output)
        assert expected(value) if callable(expected) else value == expected, f"{name} puts out as {output}: {value!r}"


def test_a_text_is_moderated_by_a_model_that_the_workspace_has(dify: Place) -> None:
    node = dify.run_tool("moderation", {"model": dify.moderation_model(), "text": "A lovely morning."})

    assert node["outputs"]["flagged"] is False, str(node)[:1000]
