import itertools
import json

import pytest

from switchboard.errors import (
    BrokenInDify,
    InvalidInput,
    NoAnswer,
    NotConfigured,
    NotPermitted,
    ProviderFailed,
    RefusedByDify,
    TimedOut,
)
from tests.app_replies import RUN, chat, chat_end, error, file_kept_by_dify, workflow, workflow_finished
from tools.workflow_app import WorkflowAppTool
from workspace.stub import StubbedDify, replies
from workspace.wire import DifyError

APP = {"app_id": "8a1c5f2e-1111-4222-8333-444455556666", "inputs": {}, "files": []}


def run(dify, **parameters):
    return dify.run(WorkflowAppTool, {"app": APP, **parameters})


def test_the_whole_request_and_every_output():
    dify = StubbedDify(
        replies(
            workflow("workflow_started", id=RUN, inputs={}),
            workflow("node_started", node_id="1", title="Start"),
            workflow("node_finished", node_id="1", title="Start", status="succeeded", outputs={}),
            workflow("text_chunk", text="Lis", from_variable_selector=["llm", "text"]),
            workflow_finished({"city": "Lisboa", "people": 545000}),
        )
    )

    outputs = run(dify, app={**APP, "inputs": {"country": "Portugal", "size": "small"}}, inputs='{"size": "large"}')

    assert dify.requests == [
        (
            "app",
            {
                "app_id": APP["app_id"],
                "inputs": {"country": "Portugal", "size": "large"},
                "response_mode": "streaming",
                "user": None,
            },
        )
    ]
    assert outputs.texts == ['{"city":"Lisboa","people":545000}']
    assert outputs.variables == {
        "outputs": {"city": "Lisboa", "people": 545000},
        "status": "succeeded",
        "workflow_run_id": RUN,
    }
    assert (outputs.json, outputs.files) == ([], [])


@pytest.mark.parametrize(
    ("outputs", "text"),
    [
        ({"summary": "Short."}, "Short."),
        ({"summary": ""}, ""),
        ({"count": 7}, '{"count":7}'),
        ({"a": "é", "b": None}, '{"a":"é","b":null}'),
        ({"none": []}, '{"none":[]}'),
        ({}, ""),
        (None, ""),
    ],
)
def test_outputs_are_readable(outputs, text):
    result = run(StubbedDify(replies(workflow_finished(outputs))))

    assert (result.text, result.variables["outputs"]) == (text, outputs or {})


def test_an_id_from_a_variable_goes_before_the_chosen_app_and_its_inputs():
    dify = StubbedDify(replies(workflow_finished({})))

    run(dify, app={**APP, "inputs": {"a": 1}}, app_id="typed", inputs='{"b": 2}')

    [(_, payload)] = dify.requests
    assert (payload["app_id"], payload["inputs"]) == ("typed", {"b": 2})


def test_a_partly_failed_run_is_an_output_that_a_branch_can_test():
    outputs = run(StubbedDify(replies(workflow_finished({"a": "b"}, status="partial-succeeded", exceptions_count=1))))

    assert (outputs.text, outputs.variables["status"]) == ("b", "partial-succeeded")


def test_a_run_that_waits_for_a_person_is_an_output_that_a_branch_can_test():
    dify = StubbedDify(
        replies(
            workflow("human_input_required", node_id="n", node_title="Approval", form_content="Is this right?"),
            workflow("workflow_paused", paused_nodes=["n"], outputs={}, reasons=[], status="paused"),
        )
    )

    outputs = run(dify)

    assert outputs.text == (
        f"The workflow waits for a person at Approval and goes on in Dify once that is done (run {RUN}). "
        "Its outputs will not come back here."
    )
    assert outputs.variables == {"outputs": {}, "status": "paused", "workflow_run_id": RUN}


def test_a_file_among_the_outputs_becomes_a_file_of_the_node_and_stays_out_of_the_text(serve):
    file = file_kept_by_dify("", "voice.mp3", type="audio", mime_type="audio/mpeg", size=3)
    file["url"] = serve(b"ID3", at=file["url"].partition("?")[0]) + "?timestamp=1&nonce=n&sign=s"
    finished = workflow_finished({"voice": file, "all": [file], "title": "A poem"}, files=[file])

    outputs = run(StubbedDify(replies(finished)))

    assert [(each.blob, each.mime_type, each.filename) for each in outputs.files] == [
        (b"ID3", "audio/mpeg", "voice.mp3")
    ]
    assert outputs.text == "A poem"
    assert outputs.variables["outputs"]["voice"] == file


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"app": None}, "No app is chosen"),
        ({"app": "8a1c5f2e"}, "`app` has to be chosen in its selector"),
        ({"app": {**APP, "inputs": "city"}}, "The inputs of the app chosen in `app` are not an object"),
        ({"app": {**APP, "files": [{"type": "image"}]}}, "no attached files"),
        ({"inputs": '{"city":}'}, "`inputs` is not valid JSON: Expecting value at line 1, column 9"),
        ({"inputs": '"Lisbon"'}, "`inputs` has to be a JSON object.*, not text"),
        ({"inputs": ["Lisbon"]}, "`inputs` has to be a JSON object.*, not a list"),
        ({"inputs": '{"a": "\\ud83d"}'}, "half of a surrogate pair"),
        ({"inputs": json.dumps({"text": "x" * 6_000_000})}, r"`inputs` takes 6\.0 MB"),
    ],
)
def test_bad_input_is_refused_before_dify_is_asked(parameters, sentence):
    dify = StubbedDify(replies(workflow_finished({})))

    with pytest.raises(InvalidInput, match=sentence):
        run(dify, **parameters)

    assert dify.requests == []


@pytest.mark.parametrize("inputs", [None, "", "  \n", "{}", {}])
def test_no_inputs_are_an_empty_object(inputs):
    dify = StubbedDify(replies(workflow_finished({})))

    run(dify, inputs=inputs)

    assert dify.requests[0][1]["inputs"] == {}


def test_a_megabyte_of_inputs_and_of_outputs_goes_through():
    dify = StubbedDify(lambda invoke_type, payload: iter([workflow_finished(payload["inputs"])]))

    assert len(run(dify, inputs=json.dumps({"text": "word " * 200_000})).text) == 1_000_000


def refused(message, *, code="invalid_param", status=400):
    body = json.dumps({"code": code, "message": message, "status": status})
    return DifyError(f"invoke app failed: request failed with status code: {status} and respond with: {body}")


FAILED = [
    workflow("workflow_started"),
    workflow("node_finished", node_id="1", title="Start", status="succeeded"),
    workflow("node_finished", node_id="2", title="Summarise", status="failed", error="the model is overloaded"),
    workflow_finished(None, status="failed", error="the model is overloaded"),
]


@pytest.mark.parametrize(
    ("events", "expected", "sentence"),
    [
        (FAILED, ProviderFailed, rf'failed at the node "Summarise" \(run {RUN}\): the model is overloaded'),
        ([workflow_finished(None, status="stopped", error="Stopped by user.")], ProviderFailed, "was stopped before"),
        ([error("oops", code="internal_server_error", status=500)], ProviderFailed, "oops"),
        ([*FAILED[:2], error("no quota", code="provider_quota_exceeded")], NotConfigured, "no quota"),
        (FAILED[:2], ProviderFailed, "The answer to the workflow app call was cut off"),
        ([], NoAnswer, "without an answer"),
        (
            [DifyError("permission denied, you need to enable app access in plugin manifest")],
            NotPermitted,
            "app access",
        ),
        ([refused("app not found")], NotConfigured, "app not found"),
        ([refused("unexpected app type")], NotConfigured, "unexpected app type"),
        ([refused("city is required in input form")], RefusedByDify, "city is required in input form"),
        ([DifyError("read app failed: request failed: overloaded")], ProviderFailed, "overloaded"),
        ([*FAILED[:2], DifyError("read app failed: EOF\nfailed to read data")], ProviderFailed, "cut off"),
        ([refused("missing query")], NotConfigured, "is a chat app, not a workflow app.*with chat_app"),
        ([chat("message", answer="Hi"), chat_end()], NotConfigured, "is a chat app, not a workflow app"),
        ([refused("'query'", code="internal_server_error", status=500)], BrokenInDify, "cannot run completion apps"),
    ],
)
def test_a_failing_workflow_is_an_error_and_nothing_goes_out(events, expected, sentence):
    messages = StubbedDify(replies(*events)).messages(WorkflowAppTool, {"app": APP})

    seen = []
    with pytest.raises(expected, match=sentence):
        seen.extend(messages)

    assert seen == []


@pytest.mark.parametrize("first", [[], FAILED[:2]])
def test_a_workflow_that_falls_silent_times_out(first):
    dify = StubbedDify(
        lambda invoke_type, payload: itertools.chain(first, itertools.repeat(None)), max_invocation_timeout=3
    )

    with pytest.raises(TimedOut, match="nothing for 3 seconds"):
        run(dify)


def test_outputs_too_large_for_the_wire_are_refused_before_anything_goes_out():
    messages = StubbedDify(replies(workflow_finished({"text": "x" * 6_000_000}))).messages(
        WorkflowAppTool, {"app": APP}
    )

    with pytest.raises(NoAnswer, match=r"The output outputs takes 6\.0 MB"):
        next(messages)
