"""The routes that run apps, in front of the local workspace's apps rather than scripted events."""

import pytest
from dify_client import ChatClient, CompletionClient, DifyClient

from tests.endpoints.dify.clients import client_of
from tests.endpoints.dify.sse import events_in
from tests.workspace.dify.fake_models import FakeModels
from workspace.dify.refusals import reported
from workspace.local import local_dify

MODES = ["blocking", "streaming"]


@pytest.fixture
def models(api):
    """What the apps ask. Any app of the workspace can be called by its id."""
    api.settings["reach"] = "workspace"
    models = FakeModels()
    answer_from(api, local_dify({}, models).api)
    return models


def answer_from(api, dify):
    api.handler = lambda invoke_type, payload: reported(invoke_type, dify.answer(invoke_type, payload))


def chat(api, app_id, query="Who are you?", **options):
    client = client_of(api, ChatClient, path=f"/{app_id}")
    return client.create_chat_message(options.pop("inputs", {}), query, "user-1", **options)


def text_of(events):
    return "".join(event["answer"] for event in events if event["event"] in ("message", "agent_message"))


@pytest.mark.parametrize(
    ("app_id", "inputs", "mode"),
    [("chatbot", {"name": "Ada"}, "chat"), ("agent", {}, "agent-chat"), ("chatflow", {}, "advanced-chat")],
)
def test_a_chat_app_of_any_mode_answers_in_both_modes(api, models, app_id, inputs, mode):
    whole = chat(api, app_id, inputs=inputs).json()
    events = events_in(chat(api, app_id, inputs=inputs, response_mode="streaming").iter_lines(decode_unicode=True))

    assert (whole["answer"], whole["mode"]) == ("Good day.", mode)
    assert text_of(events) == "Good day."
    assert whole["metadata"]["usage"]["total_tokens"] == 9


def test_a_conversation_goes_on_with_its_id_alone(api, models):
    first = chat(api, "agent", "My name is Ada.").json()

    second = chat(api, "agent", "What is my name?", conversation_id=first["conversation_id"]).json()

    assert second["conversation_id"] == first["conversation_id"]
    assert [message["content"] for message in models.asked[-1]["messages"]] == [
        "My name is Ada.",
        "Good day.",
        "What is my name?",
    ]


def test_an_unknown_conversation_is_not_found(api, models):
    reply = chat(api, "agent", conversation_id="7b0c9f4e-6f4f-4a55-9f0c-3c1f5d8b7a10")

    assert (reply.status_code, reply.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("response_mode", MODES)
def test_a_missing_input_is_refused_in_difys_words(api, models, response_mode):
    reply = chat(api, "chatbot", response_mode=response_mode)

    assert (reply.status_code, reply.json()["code"]) == (400, "invalid_param")
    assert "name is required in input form" in reply.json()["message"]


def test_a_failing_chatflow_shows_its_failure_in_the_stream(api, models):
    reply = chat(api, "chatflow", inputs={"max_words": 0}, response_mode="streaming")

    events = events_in(reply.iter_lines(decode_unicode=True))
    assert [event["event"] for event in events][-2:] == ["workflow_finished", "error"]
    assert events[-2]["data"]["status"] == "failed"


@pytest.mark.parametrize("app_id", ["workflow", "completion", "approval"])
def test_an_app_that_does_not_chat_is_refused(api, models, app_id):
    reply = chat(api, app_id, inputs={"query": "Hi", "text": "Hi", "request": "Hi"})

    assert (reply.status_code, reply.json()["code"]) == (400, "not_chat_app")


@pytest.mark.parametrize("response_mode", MODES)
@pytest.mark.parametrize(("limit", "status"), [(50, "succeeded"), (0, "failed")])
def test_a_workflow_ends_with_its_status_and_outputs(api, models, response_mode, limit, status):
    body = {"inputs": {"text": "Long.", "max_words": limit}, "user": "u", "response_mode": response_mode}

    reply = api.http.post("/workflow/workflows/run", json=body)

    last = reply.json() if response_mode == "blocking" else events_in(reply.text.split("\n"))[-1]
    assert (reply.status_code, last["data"]["status"]) == (200, status)
    assert last["data"]["outputs"] == ({"summary": "Good day.", "words": 1} if limit else {})
    assert bool(last["data"]["error"]) == (not limit)


@pytest.mark.parametrize("response_mode", MODES)
def test_a_workflow_that_waits_for_a_person_ends_there(api, models, response_mode):
    body = {"inputs": {"request": "A holiday"}, "user": "u", "response_mode": response_mode}

    reply = api.http.post("/approval/workflows/run", json=body)

    if response_mode == "blocking":
        assert reply.json()["data"]["status"] == "paused"
    else:
        assert events_in(reply.text.split("\n"))[-1]["event"] == "workflow_paused"


@pytest.mark.parametrize("response_mode", MODES)
def test_a_completion_app_works_where_dify_is_mended_and_is_named_broken_where_it_is_not(api, models, response_mode):
    client = client_of(api, CompletionClient, path="/completion")

    reply = client.create_completion_message({"query": "A poem"}, response_mode, "user-1")
    answered = reply.json()["answer"] if response_mode == "blocking" else text_of(events_in(reply.text.split("\n")))
    answer_from(api, local_dify({}, models, fail_like_dify=True).api)
    refused = client.create_completion_message({"query": "A poem"}, response_mode, "user-1")

    assert answered == "Good day."
    assert refused.status_code == 502
    assert refused.json()["message"].startswith("Dify cannot run completion apps for plugins today")


def test_a_failing_model_is_an_error_in_both_modes(api, models):
    models.fails = "no credit left"

    blocking = chat(api, "agent")
    events = events_in(chat(api, "agent", response_mode="streaming").iter_lines(decode_unicode=True))

    assert (blocking.status_code, "no credit left" in blocking.json()["message"]) == (502, True)
    assert (events[-1]["event"], events[-1]["code"]) == ("error", "invalid_param")


@pytest.mark.parametrize("app_id", ["chatbot", "workflow", "completion", "approval"])
def test_the_parameters_of_every_app_tell_its_form(api, models, app_id):
    reply = client_of(api, DifyClient, path=f"/{app_id}").get_application_parameters("user-1")

    assert reply.status_code == 200
    assert reply.json()["user_input_form"]
