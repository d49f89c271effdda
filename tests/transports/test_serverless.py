"""Hosted serverless: processes that know nothing of each other, and what goes wrong between them and the daemon."""

import pytest

from tests.replies import llm_chunk
from tests.transports.hosted import Hosted
from tests.transports.test_calls import CHAT, selected
from workspace.plugin.errors import PluginCallError
from workspace.stub import replies


@pytest.fixture(scope="session")
def second(running_workspace, serverless_daemon):
    """Another process of the plugin, with the same group of endpoints."""
    with Hosted(running_workspace, start=serverless_daemon.start) as hosted:
        yield hosted


def test_what_one_process_stores_another_reads(workspace, serverless, second):
    serverless.call("storage", action="set", key="city", value="Lisbon")

    found = second.call("storage", action="get", key="city").variables
    assert (found["value"], found["found"]) == ("Lisbon", True)

    second.call("storage", action="delete", key="city")
    assert serverless.call("storage", action="get", key="city").variables["found"] is False


def test_a_conversation_goes_on_in_another_process(workspace, serverless, second):
    background = "Lisbon is the capital of Portugal. It lies on the river Tagus."
    body = {"inputs": {"name": "Ada", "background": background}, "user": "ada"}
    first = serverless.http.post("/chat-messages", json={**body, "query": "Which city is the capital of Portugal?"})
    going_on = {"query": "Which river does it lie on?", "conversation_id": first.json()["conversation_id"]}

    reply = second.http.post("/chat-messages", json={**body, "inputs": {}, **going_on}).json()

    assert reply["answer"] == "It lies on the river Tagus."
    assert reply["conversation_id"] == going_on["conversation_id"]


def test_the_same_request_has_the_same_answer_in_each_process(workspace, serverless, second):
    models = [hosted.http.get("/v1/models").json() for hosted in (serverless, second)]
    answers = [hosted.http.post("/v1/chat/completions", json=CHAT).json() for hosted in (serverless, second)]

    assert models[0] == models[1]
    assert answers[0]["choices"] == answers[1]["choices"]
    assert answers[0]["id"] != answers[1]["id"]


def test_a_run_that_the_daemon_has_forgotten_is_told_of(workspace, serverless, serverless_daemon):
    def answer(_invoke_type, payload):
        serverless_daemon.sessions.clear()
        yield {"data": True} if payload["opt"] == "exist" else {"data": "61"}

    workspace.handler = answer
    with pytest.raises(PluginCallError, match="no longer knows the run that made the storage call") as caught:
        serverless.call("storage", action="get", key="city")

    assert caught.value.error_type == "NoAnswer"


def test_a_character_at_which_the_sdk_tears_an_answer_in_two_is_told_of(workspace, serverless):
    """Known gap: the SDK takes U+0085 for the end of a line. The daemon writes it as it is, other line ends escaped."""
    workspace.handler = replies(llm_chunk("one\u0085two"), llm_chunk("", finish_reason="stop"))
    torn = serverless.http.post("/v1/chat/completions", json=CHAT)
    workspace.handler = replies(llm_chunk("one\u2028two\x0bthree"), llm_chunk("", finish_reason="stop"))
    whole = serverless.http.post("/v1/chat/completions", json=CHAT)

    assert torn.status_code == 502
    assert "Most likely it holds the character U+0085" in torn.json()["error"]["message"]
    assert whole.json()["choices"][0]["message"]["content"] == "one\u2028two\x0bthree"


def test_a_request_too_large_for_the_way_in_fails_alone(workspace, serverless):
    recording = {"file": ("a.mp3", b"\0" * 3_000_000, "audio/mpeg")}

    response = serverless.http.post("/v1/audio/transcriptions", files=recording)

    assert response.status_code == 500
    assert "ServerlessPayloadTooLarge: action=invoke_endpoint" in response.text
    assert (
        serverless.call("moderation", model=selected("moderation"), text="Good morning.").variables["flagged"] is False
    )


def test_the_largest_request_that_the_plugin_sends_arrives(workspace, serverless):
    came = []

    def answer(_invoke_type, payload):
        came.append(payload["text"])
        yield {"result": False}

    workspace.handler = answer
    text = "x" * 5_100_000

    serverless.call("moderation", model=selected("moderation"), text=text)

    assert came == [text]


def test_a_client_that_leaves_disturbs_nobody(workspace, serverless):
    workspace.handler = replies(*({"result": "00" * 16_384} for _ in range(200)))
    with serverless.http.stream("POST", "/v1/audio/speech", json={"input": "Hi", "voice": "alloy"}) as response:
        next(response.iter_raw())

    workspace.reset()
    assert serverless.call("moderation", model=selected("moderation"), text="What a damn mess.").variables["flagged"]
