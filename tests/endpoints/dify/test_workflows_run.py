"""`/workflows/run`, raw: dify-client 0.1 has no call for it."""

import pytest

from tests.app_replies import MESSAGE, RUN, chat, error, workflow, workflow_finished
from tests.endpoints.dify.sse import events_in
from workspace.wire import DifyError

ENDED = {
    "workflow_id": "w",
    "error": None,
    "elapsed_time": 1.5,
    "total_tokens": 7,
    "total_steps": 2,
    "created_at": 1,
    "finished_at": 2,
}
STARTED = workflow("workflow_started", id=RUN, workflow_id="w", inputs={"n": 1}, created_at=1)
DONE = [
    STARTED,
    workflow("text_chunk", text="Hello"),
    workflow_finished({"greeting": "Hello", "n": 1.5, "none": None}, **ENDED, files=[], exceptions_count=0),
]


def run(api, **body):
    return api.http.post("/workflows/run", json={"inputs": {}, "user": "user-1", **body})


def test_a_blocking_run_answers_with_its_outputs(api):
    api.answer(*DONE)

    reply = run(api, inputs={"name": "Ada", "n": 0})

    assert reply.status_code == 200
    assert reply.json() == {
        "task_id": "t",
        "workflow_run_id": RUN,
        "data": {
            "id": RUN,
            "status": "succeeded",
            "outputs": {"greeting": "Hello", "n": 1.5, "none": None},
            **ENDED,
        },
    }
    assert api.asked == [
        (
            "app",
            {
                "app_id": "workflow-app",
                "query": "",
                "inputs": {"name": "Ada", "n": 0},
                "response_mode": "streaming",
                "conversation_id": "",
                "user": "user-1",
            },
        )
    ]


def test_a_stream_has_each_event_as_dify_gave_it(api):
    api.answer(*DONE)

    reply = run(api, response_mode="streaming")

    assert reply.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert events_in(reply.text.split("\n")) == DONE


@pytest.mark.parametrize("status", ["failed", "stopped", "partial-succeeded"])
def test_a_run_that_did_not_succeed_is_an_answer_with_that_status(api, status):
    api.answer(STARTED, workflow_finished(None, status=status, **{**ENDED, "error": "api_key=abcdef123456 is wrong"}))

    reply = run(api)

    assert reply.status_code == 200
    data = reply.json()["data"]
    assert (data["status"], data["outputs"], data["error"]) == (status, None, "api_key=[hidden] is wrong")


def test_a_run_that_waits_for_a_person_is_paused(api):
    pause = workflow("workflow_paused", workflow_run_id=RUN, outputs={}, paused_nodes=["n"], reasons=[{"form_id": "f"}])
    api.answer(STARTED, workflow("human_input_required", form_id="f", node_title="Approval"), pause)

    reply = run(api)

    assert reply.status_code == 200
    data = reply.json()["data"]
    assert (data["status"], data["id"], data["workflow_id"]) == ("paused", RUN, "w")
    assert (data["reasons"], data["finished_at"]) == ([{"form_id": "f"}], None)


@pytest.mark.parametrize("response_mode", ["blocking", "streaming"])
@pytest.mark.parametrize(
    "refused",
    [
        [chat("message", answer="Hi")],
        [DifyError('request failed with status code: 400 and respond with: {"message":"missing query"}')],
    ],
)
def test_a_chat_app_is_refused_with_the_right_route(api, response_mode, refused):
    api.answer(*refused)

    reply = run(api, response_mode=response_mode)

    assert (reply.status_code, reply.json()["code"]) == (400, "not_workflow_app")
    assert reply.json()["message"] == (
        "The app is a chat app, and this route runs a workflow app. Use POST /chat-messages or /<app_id>/chat-messages."
    )


def test_an_error_without_a_finished_run_is_an_http_error_in_blocking_mode(api):
    api.answer(STARTED, error("no quota", code="provider_quota_exceeded"))

    reply = run(api)

    assert (reply.status_code, reply.json()["code"]) == (400, "provider_quota_exceeded")


def test_an_error_without_a_finished_run_passes_through_a_stream(api):
    failure = error("no quota", code="provider_quota_exceeded")
    api.answer(STARTED, failure)

    assert events_in(run(api, response_mode="streaming").text.split("\n")) == [STARTED, failure]


@pytest.mark.parametrize("response_mode", ["blocking", "streaming"])
def test_a_run_that_breaks_off_is_told_in_either_mode(api, response_mode):
    api.answer(STARTED)

    reply = run(api, response_mode=response_mode)

    assert "was cut off" in reply.text
    assert reply.status_code == (200 if response_mode == "streaming" else 502)


def test_a_workflow_is_run_by_its_id_in_the_path(api):
    api.settings["apps"] = "90c1"
    api.answer(*DONE)

    reply = api.http.post("/90c1/workflows/run", json={"inputs": {}})

    assert reply.json()["data"]["status"] == "succeeded"
    assert api.asked[0][1]["app_id"] == "90c1"


def test_uploaded_files_are_named_as_dify_knows_them(api):
    upload = {"type": "document", "transfer_method": "local_file", "upload_file_id": MESSAGE}
    known = {"type": "document", "transfer_method": "tool_file", "tool_file_id": MESSAGE}
    remote = {"type": "image", "transfer_method": "remote_url", "url": "https://example.com/a.png"}
    api.answer(*DONE)

    run(api, inputs={"one": upload, "more": [upload, remote, known], "text": "local_file", "object": {"file": 1}})

    assert api.asked[0][1]["inputs"] == {
        "one": known,
        "more": [known, remote, known],
        "text": "local_file",
        "object": {"file": 1},
    }
