"""`/completion-messages` with the `CompletionClient` of dify-client."""

import pytest
from dify_client import CompletionClient

from tests.app_replies import MESSAGE, RUN, USAGE, completion, workflow
from tests.endpoints.dify.clients import client_of
from tests.endpoints.dify.sse import events_in
from workspace.wire import DifyError

POEM = [
    completion("message", id=MESSAGE, answer="Roses "),
    completion("message", id=MESSAGE, answer="are red."),
    completion("message_end", id=MESSAGE, metadata={"usage": USAGE}),
]


def test_a_blocking_answer_is_gathered_from_the_stream(api):
    api.answer(*POEM)

    reply = client_of(api, CompletionClient).create_completion_message({"query": "A poem"}, "blocking", "user-1")

    assert reply.status_code == 200
    assert reply.json() == {
        "event": "message",
        "task_id": "t",
        "id": MESSAGE,
        "message_id": MESSAGE,
        "mode": "completion",
        "answer": "Roses are red.",
        "metadata": {"usage": USAGE},
        "created_at": 1,
    }
    assert api.asked[0][1]["app_id"] == "completion-app"
    assert api.asked[0][1]["inputs"] == {"query": "A poem"}


def test_a_stream_has_each_event_as_dify_gave_it(api):
    api.answer(*POEM)

    reply = client_of(api, CompletionClient).create_completion_message({"query": "A poem"}, "streaming", "user-1")

    assert events_in(reply.iter_lines(decode_unicode=True)) == POEM


@pytest.mark.parametrize(
    ("body", "inputs"),
    [
        ({"query": "A poem", "inputs": {"tone": "dry"}}, {"query": "A poem", "tone": "dry"}),
        ({"query": "", "inputs": {"query": "A poem"}}, {"query": "A poem"}),
        ({"query": None, "inputs": {"text": "A poem"}}, {"text": "A poem"}),
    ],
)
def test_a_query_goes_in_as_an_input(api, body, inputs):
    api.answer(*POEM)

    assert api.http.post("/completion-messages", json=body).status_code == 200
    assert api.asked[0][1]["inputs"] == inputs


@pytest.mark.parametrize("response_mode", ["blocking", "streaming"])
@pytest.mark.parametrize(
    "failure",
    [
        "request failed: 'query'",
        'request failed with status code: 500 and respond with: {"code":"unknown","message":"Internal Server Error"}',
    ],
)
def test_the_defect_of_todays_dify_is_named(api, response_mode, failure):
    api.answer(DifyError(failure))

    reply = client_of(api, CompletionClient).create_completion_message({"query": "A poem"}, response_mode, "user-1")

    assert reply.status_code == 502
    assert reply.json() == {
        "code": "completion_request_error",
        "message": "Dify cannot run completion apps for plugins today: its API starts the app without the `query` it "
        "then requires. Use a chat app or a workflow app instead.",
        "status": 502,
    }


def test_an_app_of_another_kind_is_refused_with_the_right_route(api):
    api.answer(workflow("workflow_started", id=RUN))

    reply = api.http.post("/completion-messages", json={"query": "Hi"})

    assert (reply.status_code, reply.json()["code"]) == (400, "app_unavailable")
    assert "Use POST /workflows/run or" in reply.json()["message"]
