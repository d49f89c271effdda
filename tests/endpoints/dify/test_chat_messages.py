"""`/chat-messages` with the `ChatClient` of dify-client, and raw where that would not send such a thing."""

import threading

import httpx
import pytest
from dify_client import ChatClient

from tests.app_replies import (
    CONVERSATION,
    MESSAGE,
    OTHER_CONVERSATION,
    RESOURCE,
    RUN,
    UNKNOWN_CONVERSATION,
    USAGE,
    chat,
    chat_end,
    chatflow,
    completion,
    error,
)
from tests.app_replies import workflow as of_workflow
from tests.endpoints.dify.clients import client_of
from tests.endpoints.dify.sse import events_in
from workspace.wire import DifyError

HELLO = [
    chat("message", task_id="t", id=MESSAGE, answer="Hello, "),
    chat("message", task_id="t", id=MESSAGE, answer="Zoë 👋"),
    {**chat_end(retriever_resources=[RESOURCE]), "task_id": "t"},
]
THOUGHT = chat("agent_thought", position=1, thought="Look it up.", tool="search", tool_input="{}", observation="rain")
FAILED = [
    chatflow("workflow_started", id=RUN, workflow_id="w", inputs={}),
    chatflow("node_finished", title="LLM", status="failed", error="Incorrect API key provided: sk-abcdefgh12345678"),
    chatflow("workflow_finished", status="failed", error="Incorrect API key provided: sk-abcdefgh12345678"),
    chat("error", code="invalid_param", status=400, message="Run failed: Incorrect API key: sk-abcdefgh12345678"),
]


def ask(api, **body):
    return api.http.post("/chat-messages", json={"query": "Hi", "inputs": {}, **body})


def test_a_blocking_answer_is_gathered_from_the_stream(api):
    api.answer(*HELLO)

    reply = client_of(api, ChatClient).create_chat_message({"city": "Bonn"}, "Who are you?", "user-1")

    assert reply.status_code == 200
    assert reply.json() == {
        "event": "message",
        "task_id": "t",
        "id": MESSAGE,
        "message_id": MESSAGE,
        "conversation_id": CONVERSATION,
        "mode": "chat",
        "answer": "Hello, Zoë 👋",
        "metadata": {"usage": USAGE, "retriever_resources": [RESOURCE]},
        "created_at": 1,
    }
    assert api.asked == [
        (
            "app",
            {
                "app_id": "chat-app",
                "query": "Who are you?",
                "inputs": {"city": "Bonn"},
                "response_mode": "streaming",
                "conversation_id": "",
                "user": "user-1",
            },
        )
    ]


def test_a_stream_has_each_event_as_dify_gave_it(api):
    api.answer(*HELLO)

    reply = client_of(api, ChatClient).create_chat_message({}, "Hi", "user-1", response_mode="streaming")

    assert reply.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert events_in(reply.iter_lines(decode_unicode=True)) == HELLO


def test_each_event_leaves_as_it_comes(api):
    read = threading.Event()

    def answer(invoke_type, payload):
        yield HELLO[0]
        assert read.wait(20)
        yield from HELLO[1:]

    api.handler = answer

    with api.http.stream("POST", "/chat-messages", json={"query": "Hi", "response_mode": "streaming"}) as reply:
        lines = reply.iter_lines()
        first = next(lines)
        read.set()
        rest = list(lines)

    assert events_in([first, *rest]) == HELLO


def test_a_conversation_goes_on(api):
    api.answer(*HELLO)

    client_of(api, ChatClient).create_chat_message({}, "And then?", "user-1", conversation_id=CONVERSATION)

    assert api.asked[0][1]["conversation_id"] == CONVERSATION


@pytest.mark.parametrize("answer", [[DifyError(UNKNOWN_CONVERSATION)], HELLO], ids=["of a chatbot", "of a chatflow"])
@pytest.mark.parametrize("response_mode", ["blocking", "streaming"])
def test_a_conversation_that_the_app_does_not_have_is_a_404_in_the_words_of_difys_own_api(api, answer, response_mode):
    api.answer(*answer)

    reply = ask(api, response_mode=response_mode, conversation_id=OTHER_CONVERSATION)

    assert reply.status_code == 404
    assert reply.json() == {"code": "not_found", "message": "Conversation Not Exists.", "status": 404}


@pytest.mark.parametrize("nothing", [{}, {"conversation_id": ""}, {"conversation_id": None}, {"conversation_id": " "}])
def test_without_an_id_a_conversation_begins(api, nothing):
    api.answer(*HELLO)

    assert ask(api, **nothing).json()["conversation_id"] == CONVERSATION
    assert api.asked[0][1]["conversation_id"] == ""


def test_an_app_is_called_by_its_alias_with_the_app_in_the_path(api):
    api.settings["apps"] = "support = 90c1"
    api.answer(*HELLO)

    reply = client_of(api, ChatClient, path="/support").create_chat_message({}, "Hi", "user-1")

    assert reply.json()["answer"] == "Hello, Zoë 👋"
    assert api.asked[0][1]["app_id"] == "90c1"


def test_a_client_that_puts_the_version_of_difys_api_in_front_reaches_the_chosen_app(api):
    api.answer(*HELLO)

    client_of(api, ChatClient, path="/v1").create_chat_message({}, "Hi", "user-1")

    assert api.asked[0][1]["app_id"] == "chat-app"


def test_inputs_filled_in_at_the_setting_are_defaults(api):
    api.settings["chat_app"] = {"app_id": "chat-app", "inputs": {"city": "Bonn", "tone": "dry"}, "files": []}
    api.answer(*HELLO)

    ask(api, inputs={"city": "Köln"})

    assert api.asked[0][1]["inputs"] == {"city": "Köln", "tone": "dry"}


def test_what_dify_does_not_need_may_be_left_out_or_null(api):
    api.answer(*HELLO)

    reply = api.http.post("/chat-messages", json={"query": "Hi", "inputs": None, "user": None, "files": None})

    assert reply.json()["answer"] == "Hello, Zoë 👋"
    assert (api.asked[0][1]["inputs"], api.asked[0][1]["user"]) == ({}, "")


def test_fields_that_change_no_answer_are_ignored(api):
    api.answer(*HELLO)

    assert ask(api, auto_generate_name=False, trace_id="t", retriever_from="api", user=7, files=[]).status_code == 200
    assert api.asked[0][1]["user"] == "7"


@pytest.mark.parametrize(
    ("events", "mode", "answer"),
    [
        ([THOUGHT, chat("agent_message", answer="It rains."), chat_end()], "agent-chat", "It rains."),
        (
            [chat("agent_message", answer="It "), chat("message", answer="It rains."), chat_end()],
            "agent-chat",
            "It rains.",
        ),
        (
            [
                chatflow("workflow_started", id=RUN),
                chat("message", answer="Rude"),
                chat("message_replace", answer="No."),
                chat_end(),
                chatflow("workflow_finished", status="succeeded"),
            ],
            "advanced-chat",
            "No.",
        ),
        ([chat_end()], "chat", ""),
    ],
    ids=["agent", "new agent", "moderated chatflow", "nothing said"],
)
def test_apps_of_every_kind_answer_in_blocking_mode(api, events, mode, answer):
    api.answer(*events)

    reply = ask(api, response_mode="blocking").json()

    assert (reply["event"], reply["mode"], reply["answer"]) == ("message", mode, answer)


def test_a_chatflow_that_waits_for_a_person_says_so_with_what_it_has_said(api):
    pause = chatflow("workflow_paused", paused_nodes=["n"], reasons=[{"node_title": "Approval"}], status="paused")
    api.answer(chatflow("workflow_started", id=RUN), chat("message", answer="One moment."), pause)

    reply = ask(api).json()

    assert (reply["event"], reply["answer"], reply["workflow_run_id"]) == ("workflow_paused", "One moment.", RUN)
    assert reply["data"]["reasons"] == [{"node_title": "Approval"}]


def test_a_workflow_that_wants_an_input_is_told_with_the_route_that_runs_it(api):
    said = '{"code":"invalid_param","message":"text is required in input form","status":400}'
    api.answer(DifyError(f"invoke app failed: request failed with status code: 400 and respond with: {said}"))

    reply = ask(api)

    assert reply.status_code == 400
    assert "text is required in input form. Give it in `inputs`." in reply.json()["message"]
    assert "POST /workflows/run" in reply.json()["message"]


def test_an_error_before_the_first_event_is_an_http_error(api):
    api.answer(
        DifyError('request failed with status code: 404 and respond with: {"code":"not_found","message":"Gone"}')
    )

    reply = ask(api, response_mode="streaming", conversation_id=CONVERSATION)

    assert reply.status_code == 404
    assert reply.json() == {
        "code": "not_found",
        "message": "Dify refused the chat app call (HTTP 404): Gone.",
        "status": 404,
    }


@pytest.mark.parametrize("response_mode", ["blocking", "streaming"])
@pytest.mark.parametrize(
    ("event", "status", "code"),
    [
        (error("no key", code="provider_not_initialize"), 400, "provider_not_initialize"),
        (error("no quota", code="provider_quota_exceeded"), 400, "provider_quota_exceeded"),
        (error("overloaded"), 503, "completion_request_error"),
        (error("oops", code="internal_server_error", status=500), 502, "internal_server_error"),
        (error("too many", code="too_many_requests", status=429), 429, "too_many_requests"),
    ],
)
def test_an_error_as_the_first_event_is_an_http_error(api, response_mode, event, status, code):
    api.answer(event)

    reply = ask(api, response_mode=response_mode)

    assert (reply.status_code, reply.json()["code"], reply.json()["status"]) == (status, code, status)
    assert event["message"] in reply.json()["message"]


def test_an_error_event_later_on_passes_through_without_keys_and_is_the_last(api):
    api.answer(*FAILED, chat("message", answer="never"))

    reply = ask(api, response_mode="streaming")

    assert reply.status_code == 200
    events = events_in(reply.text.split("\n"))
    assert [event["event"] for event in events] == ["workflow_started", "node_finished", "workflow_finished", "error"]
    assert events[3] == {**FAILED[3], "message": "Run failed: Incorrect API key: [hidden]"}
    assert events[1]["data"]["error"] == "Incorrect API key provided: [hidden]"
    assert "sk-abc" not in reply.text


def test_an_error_event_with_a_traceback_is_reduced_to_its_reason(api):
    wrapped = '{"args":{"traceback":"Traceback (most recent call last): secret.py"},"message":"Slow down"}'
    api.answer(HELLO[0], chat("error", code="x", status=400, message=f"PluginInvokeError: {wrapped}"))

    reply = ask(api, response_mode="streaming")

    assert events_in(reply.text.split("\n"))[1]["message"] == "Slow down."
    assert "Traceback" not in reply.text


def test_a_failed_chatflow_is_an_http_error_in_blocking_mode(api):
    api.answer(*FAILED)

    reply = ask(api)

    assert (reply.status_code, reply.json()["code"]) == (502, "completion_request_error")
    assert 'failed at the node "LLM"' in reply.json()["message"]
    assert "sk-abc" not in reply.text


@pytest.mark.parametrize("broken_off", [DifyError("read app failed: EOF\nfailed to read data"), None])
def test_a_stream_that_breaks_off_ends_with_an_error_event(api, broken_off):
    api.answer(HELLO[0], *([broken_off] if broken_off else []))

    events = events_in(ask(api, response_mode="streaming").text.split("\n"))

    assert events[0] == HELLO[0]
    assert events[1].keys() == {"event", "code", "message", "status"}
    assert (events[1]["event"], events[1]["code"]) == ("error", "completion_request_error")
    assert "cut off" in events[1]["message"]
    assert len(events) == 2


def test_an_answer_that_breaks_off_is_an_error_in_blocking_mode(api):
    api.answer(HELLO[0])

    reply = ask(api)

    assert reply.status_code == 502
    assert "cut off" in reply.json()["message"]


def test_a_dify_that_says_nothing_is_an_error(api):
    reply = ask(api, response_mode="streaming")

    assert reply.status_code == 502
    assert "without an answer" in reply.json()["message"]


@pytest.mark.parametrize("response_mode", ["blocking", "streaming"])
@pytest.mark.parametrize(
    ("events", "route"),
    [
        ([of_workflow("workflow_started", id=RUN)], "/workflows/run"),
        ([completion("message", answer="Hi")], "/completion-messages"),
    ],
)
def test_an_app_of_another_kind_is_refused_with_the_right_route(api, response_mode, events, route):
    api.answer(*events)

    reply = ask(api, response_mode=response_mode)

    assert (reply.status_code, reply.json()["code"]) == (400, "not_chat_app")
    assert f"Use POST {route} or" in reply.json()["message"]


@pytest.mark.parametrize(
    ("path", "settings", "status", "code", "sentence"),
    [
        ("/chat-messages", {"chat_app": None}, 400, "invalid_param", "No app is chosen. Set `chat_app`"),
        ("/elsewhere/chat-messages", {}, 404, "not_found", "The app `elsewhere` does not exist, or this key"),
    ],
)
def test_without_an_app_nothing_is_asked(api, path, settings, status, code, sentence):
    api.settings |= settings

    reply = api.http.post(path, json={"query": "Hi"})

    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert reply.json()["message"].startswith(sentence)
    assert api.asked == []


def test_an_app_that_the_workspace_does_not_have_is_unavailable(api):
    api.settings["reach"] = "workspace"
    api.answer(DifyError('request failed with status code: 400 and respond with: {"message":"app not found"}'))

    reply = api.http.post("/elsewhere/chat-messages", json={"query": "Hi"})

    assert (reply.status_code, reply.json()["code"]) == (400, "app_unavailable")
    assert api.asked[0][1]["app_id"] == "elsewhere"


@pytest.mark.parametrize("key", ["wrong", "None"])
def test_a_wrong_key_is_unauthorized(api, key):
    reply = httpx.post(f"{api.url}/chat-messages", json={"query": "Hi"}, headers={"Authorization": f"Bearer {key}"})

    assert (reply.status_code, reply.json()["code"], reply.json()["status"]) == (401, "unauthorized", 401)
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")
    assert api.asked == []


def test_a_query_that_dify_cannot_carry_is_refused_before_it_is_asked(api):
    reply = ask(api, query="x" * 5_300_000)

    assert (reply.status_code, reply.json()["code"]) == (413, "file_too_large")
    assert "carries at most" in reply.json()["message"]
    assert api.asked == []
