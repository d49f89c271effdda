"""The tools there are: the set is pinned here. One good call of each, what Dify answers, and for each parameter another
value that must make a difference."""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from tests.app_replies import CONVERSATION, USAGE, chat, chat_end, completion, workflow, workflow_finished
from tests.recordings import spoken, wav
from tests.replies import PNG, embedding, file_at, llm_chunk, reranked
from workspace.stub import StubbedDify, replies
from workspace.wire import DifyError, Handler, Payload


class ToolCase(NamedTuple):
    invoke_type: str
    parameters: dict[str, Any]
    events: list[dict[str, Any]]
    changes: dict[str, Any]
    also: dict[str, list[dict[str, Any]]] = {}  # noqa: RUF012 - what Dify answers to calls of other types
    on_the_workspace: dict[str, Any] = {}  # noqa: RUF012 - parameters that a call on the local workspace needs otherwise

    def dify(self, *events: dict[str, Any] | DifyError | None) -> StubbedDify:
        """Answers the tool's own call with `events`, or else those of the case."""
        return self.dify_with(replies(*(events or self.events)))

    def dify_with(self, answer_own_call: Handler) -> StubbedDify:
        """Answers the tool's own call with a handler, and those of other types as the case does."""

        def handler(invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
            answer = replies(*self.also[invoke_type]) if invoke_type in self.also else answer_own_call
            return answer(invoke_type, payload)

        return StubbedDify(handler)


type Serve = Callable[..., str]

TOOL_CASES: dict[str, Callable[[Serve], ToolCase]] = {}


def tool_case(make: Callable[[Serve], ToolCase]) -> Callable[[Serve], ToolCase]:
    """The function has the name of the tool."""
    TOOL_CASES[make.__name__] = make
    return make


def model(model_type: str, name: str = "some-model", **more: Any) -> dict[str, Any]:
    return {"provider": "langgenius/openai/openai", "model": name, "model_type": model_type, **more}


KEPT = {"id": "1", "name": "a.txt", "size": 5, "extension": ".txt", "mime_type": "text/plain", "preview_url": "u"}
"""What Dify says of a file that was uploaded to it."""
TYPED = "langgenius/openai/openai/typed-model"


@tool_case
def llm(serve: Serve) -> ToolCase:
    return ToolCase(
        "llm",
        {"model": model("llm"), "prompt": "Hello"},
        [llm_chunk("<think>Hm.</think>Good "), llm_chunk("day."), llm_chunk("", finish_reason="stop", total_tokens=5)],
        {
            "model": model("llm", completion_params={"temperature": 0}),
            "model_id": TYPED,
            "prompt": "Good night",
            "system_prompt": "Be brief.",
            "images": [file_at(serve(PNG), "dot.png", type="image")],
            "stop": "END",
        },
    )


@tool_case
def summary(serve: Serve) -> ToolCase:
    happy = "All happy families are alike. " * 50
    return ToolCase(
        "system_summary",
        {"text": happy, "model_id": "openai/some-model"},
        [{"summary": happy}],
        {
            "text": "Every unhappy family is unhappy in its own way. " * 50,
            "instruction": "One word.",
            "model_id": "openai/other-model",
        },
        {"llm": [llm_chunk("Families.")]},
    )


@tool_case
def text_embedding(serve: Serve) -> ToolCase:
    return ToolCase(
        "text_embedding",
        {"model": model("text-embedding"), "texts": "one\ntwo"},
        [embedding([[0.5, 1.0], [1.0, 0.5]])],
        {
            "model": model("text-embedding", "other"),
            "model_id": TYPED,
            "texts": "one\nthree",
            "texts_list": ["one", "three"],
            "input_type": "query",
        },
    )


@tool_case
def rerank(serve: Serve) -> ToolCase:
    return ToolCase(
        "rerank",
        {"model": model("rerank"), "query": "Where?", "documents": "Oslo\nLisbon"},
        [reranked((0, 0.2), (1, 0.9))],
        {
            "model": model("rerank", "other"),
            "model_id": TYPED,
            "query": "When?",
            "documents": "Oslo\nPorto",
            "documents_list": ["Oslo", "Porto"],
            "top_n": 1,
            "score_threshold": 0.5,
        },
    )


@tool_case
def moderation(serve: Serve) -> ToolCase:
    return ToolCase(
        "moderation",
        {"model": model("moderation"), "text": "Nice."},
        [{"result": False}],
        {"model": model("moderation", "other"), "model_id": TYPED, "text": "Nasty."},
    )


@tool_case
def tts(serve: Serve) -> ToolCase:
    speech = wav(0.1).hex()
    return ToolCase(
        "tts",
        {"model": model("tts"), "text": "Hello", "voice": "alloy"},
        [{"result": speech[:100]}, {"result": speech[100:]}],
        {
            "model": model("tts", "other"),
            "model_id": TYPED,
            "text": "Good night",
            "voice": "nova",
            "hand_over": "link",
        },
        {"upload_file": [{"url": serve(json.dumps(KEPT).encode(), status=201)}]},
        on_the_workspace={"voice": "en"},
    )


@tool_case
def speech2text(serve: Serve) -> ToolCase:
    return ToolCase(
        "speech2text",
        {"model": model("speech2text"), "audio": file_at(serve(wav(0.1)), "short.wav", type="audio")},
        [{"result": "Hello"}],
        {
            "model": model("speech2text", "other"),
            "model_id": TYPED,
            "audio": file_at(serve(wav(0.2)), "long.wav", type="audio"),
        },
        on_the_workspace={"audio": file_at(serve(spoken()), "speech.mp3", type="audio")},
    )


def app(app_id: str) -> dict[str, Any]:
    return {"app_id": app_id, "inputs": {}, "files": []}


def taking_files(serve: Serve) -> dict[str, list[dict[str, Any]]]:
    """What Dify answers when files go to an app that has two inputs for them."""
    fields = [{"file-list": {"variable": name, "label": name}} for name in ("letters", "photos")]
    return {
        "fetch_app": [{"user_input_form": fields}],
        "upload_file": [{"url": serve(json.dumps(KEPT).encode(), status=201)}],
    }


@tool_case
def chat_app(serve: Serve) -> ToolCase:
    return ToolCase(
        "app",
        {
            "app": app("some-app"),
            "files": [file_at(serve(b"Hello"), "a.txt", type="document")],
            "files_input": "letters",
            "query": "Hello",
        },
        [chat("message", answer="Good "), chat("message", answer="day."), chat_end()],
        {
            "app": app("other-app"),
            "app_id": "typed-app",
            "query": "Good night",
            "inputs": '{"name": "Ana"}',
            "conversation_id": CONVERSATION,
            "files": [],
            "files_input": "photos",
        },
        taking_files(serve),
        {"app": app("agent"), "files": [], "files_input": ""},
    )


@tool_case
def workflow_app(serve: Serve) -> ToolCase:
    return ToolCase(
        "app",
        {
            "app": app("some-app"),
            "files": [file_at(serve(b"Hello"), "a.txt", type="document")],
            "files_input": "letters",
        },
        [workflow("workflow_started"), workflow_finished({"summary": "Short."})],
        {
            "app": app("other-app"),
            "app_id": "typed-app",
            "inputs": '{"text": "Long."}',
            "files": [],
            "files_input": "photos",
        },
        taking_files(serve),
        {"app": app("workflow"), "inputs": '{"text": "Short."}', "files": [], "files_input": ""},
    )


@tool_case
def completion_app(serve: Serve) -> ToolCase:
    return ToolCase(
        "app",
        {
            "app": app("some-app"),
            "files": [file_at(serve(b"Hello"), "a.txt", type="document")],
            "files_input": "letters",
            "query": "Hello",
        },
        [completion("message", answer="Good day."), completion("message_end", metadata={"usage": USAGE})],
        {
            "app": app("other-app"),
            "app_id": "typed-app",
            "query": "Good night",
            "inputs": '{"tone": "dry"}',
            "files": [],
            "files_input": "photos",
        },
        taking_files(serve),
        {"app": app("completion"), "files": [], "files_input": ""},
    )


@tool_case
def app_parameters(serve: Serve) -> ToolCase:
    return ToolCase(
        "fetch_app",
        {"app": app("some-app")},
        [{"user_input_form": [{"text-input": {"variable": "name", "label": "Name", "required": True}}]}],
        {"app": app("other-app"), "app_id": "typed-app"},
        on_the_workspace={"app": app("agent")},
    )


@tool_case
def llm_structured_output(serve: Serve) -> ToolCase:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    return ToolCase(
        "llm_structured_output",
        {"model": model("llm"), "prompt": "Where?", "schema": json.dumps(schema)},
        [llm_chunk('{"city":'), {**llm_chunk('"Oslo"}', total_tokens=5), "structured_output": {"city": "Oslo"}}],
        {
            "model": model("llm", completion_params={"temperature": 0}),
            "model_id": TYPED,
            "prompt": "When?",
            "system_prompt": "Be brief.",
            "schema": json.dumps({**schema, "required": ["city"]}),
        },
    )


@tool_case
def parameter_extractor(serve: Serve) -> ToolCase:
    outputs = {"__is_success": 1, "__reason": None, "__usage": {}, "city": "Oslo"}
    return ToolCase(
        "node_parameter_extractor",
        {"model": model("llm"), "query": "To Oslo.", "parameters": '[{"name": "city", "type": "string"}]'},
        [{"process_data": {}, "inputs": {}, "outputs": outputs}],
        {
            "model": model("llm", "other"),
            "model_id": TYPED,
            "query": "To Porto.",
            "parameters": '[{"name": "city", "type": "string", "required": true}]',
            "instruction": "Only cities.",
        },
    )


@tool_case
def question_classifier(serve: Serve) -> ToolCase:
    return ToolCase(
        "node_question_classifier",
        {"model": model("llm"), "query": "It is broken.", "classes": "Praise\nComplaint"},
        [{"process_data": {}, "inputs": {}, "outputs": {"class_name": "Complaint"}}],
        {
            "model": model("llm", "other"),
            "model_id": TYPED,
            "query": "It is nice.",
            "classes": "Complaint\nPraise",
            "instruction": "Irony counts.",
        },
    )


@tool_case
def invoke_tool(serve: Serve) -> ToolCase:
    return ToolCase(
        "tool",
        {"provider": "langgenius/time/time", "tool": "current_time"},
        [{"type": "text", "message": {"text": "12:00"}, "meta": None}],
        {
            "provider_type": "workflow",
            "provider": "langgenius/clock/clock",
            "tool": "weekday",
            "parameters": '{"timezone": "UTC"}',
        },
        on_the_workspace={
            "provider": "switchboard/switchboard/switchboard",
            "tool": "storage",
            "parameters": '{"action": "exists", "key": "a"}',
        },
    )


@tool_case
def storage(serve: Serve) -> ToolCase:
    return ToolCase(
        "storage",
        {"action": "set", "key": "city", "value": "Oslo"},
        [{"data": "ok"}],
        {"action": "exists", "key": "town", "value": "Porto"},
    )


@tool_case
def upload_file(serve: Serve) -> ToolCase:
    return ToolCase(
        "upload_file",
        {"file": file_at(serve(b"Hello"), "a.txt", type="document")},
        [{"url": serve(json.dumps(KEPT).encode(), status=201)}],
        {"file": file_at(serve(b"Hello"), "b.md", type="document")},
    )


TOOLS = list(TOOL_CASES)
INVOKE_TYPES = {name: case(lambda *_content, **_options: "").invoke_type for name, case in TOOL_CASES.items()}
every_tool = pytest.mark.parametrize("name", TOOLS)
