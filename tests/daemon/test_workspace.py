"""The local workspace as the Dify of the real daemon: what comes to the plugin is what the workspace gives it alone."""

import json

import pytest

from tests.endpoints.api import MODEL, ROOT
from tests.endpoints.valid_requests import PICTURE
from tests.recordings import mp3
from tests.workspace.dify.fake_models import FakeModels
from tests.workspace.dify.plugin_tools import GREETER, ScriptedTools, message
from workspace.local import local_dify
from workspace.plugin.errors import PluginCallError
from workspace.plugin.file_server import FileServer
from workspace.plugin.folder import read_plugin_folder
from workspace.wire import DifyError

MANIFEST = read_plugin_folder(ROOT).manifest
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
HELLO = [{"role": "user", "content": "Hi"}]
NODE_MODEL = {**MODEL, "model_type": "llm", "mode": "chat", "completion_params": {}}
CITIES = [{"name": "cities", "type": "array[string]", "description": "Where to"}]
TOOL = {"provider": GREETER, "tool": "greet", "parameters": "{}"}
ASKED = {
    "llm": ("/v1/chat/completions", {"messages": HELLO, "temperature": 1.0}),
    "llm_structured_output": (
        "/v1/chat/completions",
        {
            "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": PICTURE}}]}],
            "response_format": {"type": "json_schema", "json_schema": {"name": "city", "schema": SCHEMA}},
        },
    ),
    "text_embedding": ("/v1/embeddings", {"input": ["one", "two"]}),
    "rerank": ("/v1/rerank", {"query": "q", "documents": ["a", "bcd"]}),
    "tts": ("/v1/audio/speech", {"input": "Hello"}),
    "moderation": ("/v1/moderations", {"input": "Hello"}),
    "app": ("/chatbot/chat-messages", {"query": "Hi", "inputs": {"name": "Ada"}}),
    "completion app": ("/completion/completion-messages", {"inputs": {"query": "Hi"}}),
    "fetch_app": ("/chatbot/parameters", None),
    "speech2text": ("/v1/audio/transcriptions", None),
    "node_parameter_extractor": (
        "parameter_extractor",
        {"model": NODE_MODEL, "query": "To Faro.", "parameters": json.dumps(CITIES)},
    ),
    "node_question_classifier": ("question_classifier", {"model": NODE_MODEL, "query": "Hi", "classes": "a\nb"}),
    "tool": ("invoke_tool", TOOL),
}
"""A path and what is sent to it, or a tool and its parameters."""
MODELS = [asked for asked in ASKED if "app" not in asked and asked != "tool"]


def ask(api, what):
    """Sends the request, and checks that it made the one invocation it is there for."""
    path, body = ASKED[what]
    if not path.startswith("/"):
        streamed = api.host.call_tool(path, body)
        assert {asked for asked, _ in api.asked} == {what}, streamed
        return
    if what == "speech2text":
        response = api.http.post(path, data={"model": "test-model"}, files={"file": ("a.mp3", mp3(), "audio/mpeg")})
    else:
        response = api.http.request("GET" if body is None else "POST", path, json=body)
    assert {asked for asked, _ in api.asked} == {what.removeprefix("completion ")}, response.text


def alone(dify, api):
    """What the workspace gives to the last invocation with no daemon between: replies, or the text of an error."""
    given = []
    try:
        given.extend(dify.handle(*api.asked[-1]))
    except DifyError as error:
        given.append(str(error))
    return given


def untimed(reply):
    """A reply without what differs from one run to the next."""
    changing = ("latency", "id", "message_id", "task_id", "conversation_id", "created_at", "opaque_body")
    if isinstance(reply, dict):
        return {key: untimed(value) for key, value in reply.items() if key not in changing}
    return [untimed(value) for value in reply] if isinstance(reply, list) else reply


@pytest.fixture
def api(api):
    api.settings["reach"] = "workspace"
    return api


@pytest.mark.parametrize("what", ASKED)
def test_a_reply_is_the_same_with_the_daemon_and_without(api, what):
    said = message("text", text="Hello"), message("json", json_object={"a": [1, None]})
    dify = local_dify(MANIFEST, FakeModels(words=('{"city": ', '"Lisbon"}')), tools=ScriptedTools(*said))
    api.handler = dify.api.answer

    ask(api, what)

    assert untimed(api.replies_in_the_plugin()) == untimed(alone(dify, api))


@pytest.mark.parametrize(
    ("what", "failing", "options"),
    [
        *((what, FakeModels(), {"known_models": ["another"]}) for what in MODELS),
        *((what, FakeModels(fails="overloaded"), {}) for what in MODELS),
        ("llm_structured_output", FakeModels(words=("No ", "JSON.")), {}),
        ("speech2text", FakeModels(), {"fail_like_dify": True}),
        ("completion app", FakeModels(), {"fail_like_dify": True}),
    ],
)
def test_an_error_has_the_same_words_with_the_daemon_and_without(api, what, failing, options):
    dify = local_dify(MANIFEST, failing, **options)
    api.handler = dify.api.answer

    ask(api, what)

    *replies, error = api.replies_in_the_plugin()
    assert isinstance(error, str)
    assert untimed([*replies, error]) == untimed(alone(dify, api))


@pytest.mark.parametrize("tools", [None, ScriptedTools(message("text", text="Hello"), PluginCallError("E", "m", {}))])
def test_a_tool_that_is_not_there_or_fails_is_told_in_the_same_words(api, tools):
    dify = local_dify(MANIFEST, FakeModels(), tools=tools)
    api.handler = dify.api.answer

    ask(api, "tool")

    *_, error = api.replies_in_the_plugin()
    assert isinstance(error, str)
    assert untimed(api.replies_in_the_plugin()) == untimed(alone(dify, api))


@pytest.mark.parametrize("what", ["app", "fetch_app"])
def test_an_app_that_is_not_there_is_told_in_the_same_words(api, what):
    dify = local_dify(MANIFEST, FakeModels())
    dify.apps.clear()
    api.handler = dify.api.answer

    ask(api, what)

    assert api.replies_in_the_plugin() == alone(dify, api)


def test_a_file_is_kept_by_the_workspace(api, tmp_path):
    with FileServer(uploads=tmp_path) as files:
        api.handler = local_dify(MANIFEST, FakeModels(), files=files).api.answer
        response = api.http.post("/files/upload", files={"file": ("a.txt", b"hello", "text/plain")})

    assert response.status_code == 201
    assert (tmp_path / f"{response.json()['id']}.txt").read_bytes() == b"hello"
