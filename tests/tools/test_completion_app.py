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
    TimedOut,
)
from tests.app_replies import MESSAGE, RESOURCE, USAGE, chat, completion, error, workflow_finished
from tools.completion_app import CompletionAppTool
from workspace.stub import StubbedDify, replies
from workspace.wire import DifyError

APP = {"app_id": "8a1c5f2e-1111-4222-8333-444455556666", "inputs": {}, "files": []}
END = completion("message_end", id=MESSAGE, metadata={"usage": USAGE}, files=None)
ANSWERED = [completion("message", answer="Dear "), completion("message", answer="Ana"), END]


def generate(dify, **parameters):
    return dify.run(CompletionAppTool, {"app": APP, "query": "A letter", **parameters})


def test_the_whole_request_and_every_output():
    dify = StubbedDify(replies(*ANSWERED))

    outputs = generate(dify, app={**APP, "inputs": {"tone": "formal", "to": "Rui"}}, inputs='{"to": "Ana"}')

    assert dify.requests == [
        (
            "app",
            {
                "app_id": APP["app_id"],
                "inputs": {"tone": "formal", "to": "Ana", "query": "A letter"},
                "response_mode": "streaming",
                "user": None,
            },
        )
    ]
    assert outputs.texts == ["Dear Ana"]
    assert outputs.variables == {"answer": "Dear Ana", "message_id": MESSAGE, "usage": USAGE}
    assert (outputs.json, outputs.files) == ([], [])


def test_the_query_goes_before_an_input_of_that_name():
    dify = StubbedDify(replies(*ANSWERED))

    generate(dify, app={**APP, "inputs": {"query": "stored"}}, app_id=APP["app_id"], inputs='{"query": "typed"}')

    assert dify.requests[0][1]["inputs"] == {"query": "A letter"}


def test_moderation_files_and_sources_are_handed_on():
    end = {**END, "metadata": {"usage": USAGE, "retriever_resources": [RESOURCE]}}
    picture = completion("message_file", id="f", type="image", belongs_to="assistant", url="https://example.com/a.png")
    replaced = completion("message_replace", answer="No.")

    outputs = generate(StubbedDify(replies(ANSWERED[0], picture, replaced, end)))

    assert (outputs.texts, outputs.image_urls) == (["No."], ["https://example.com/a.png"])
    assert outputs.json == [{"retriever_resources": [RESOURCE]}]


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"app": None}, "No app is chosen"),
        ({"app": "8a1c5f2e"}, "`app` has to be chosen in its selector"),
        ({"app": {**APP, "files": [{"type": "image"}]}}, "no attached files"),
        ({"query": ""}, "`query` is empty"),
        ({"query": " \n"}, "`query` is empty"),
        ({"query": "half \ud83d"}, "`query` holds half of a surrogate pair at character 6"),
        ({"query": "é" * 3_000_000}, r"The query with the inputs takes 6\.0 MB"),
        ({"inputs": '{"to": Ana}'}, "`inputs` is not valid JSON: Expecting value at line 1, column 8"),
        ({"inputs": "[]"}, "`inputs` has to be a JSON object.*, not a list"),
        ({"inputs": '{"a": "\\ud83d"}'}, "half of a surrogate pair"),
    ],
)
def test_bad_input_is_refused_before_dify_is_asked(parameters, sentence):
    dify = StubbedDify(replies(*ANSWERED))

    with pytest.raises(InvalidInput, match=sentence):
        generate(dify, **parameters)

    assert dify.requests == []


def test_a_megabyte_of_text_goes_through():
    assert generate(StubbedDify(replies(*ANSWERED)), query="word " * 200_000).text == "Dear Ana"


@pytest.mark.parametrize(
    "text",
    [
        "invoke app failed: request failed: 'query'",
        "read app failed: request failed: 'query'",
        "invoke app failed: request failed with status code: 500 and respond with: "
        + json.dumps({"code": "internal_server_error", "message": "Internal Server Error", "status": 500}),
    ],
)
def test_difys_defect_is_named_as_such(text):
    with pytest.raises(BrokenInDify, match="its API starts the app without the `query`.* Use a chat app or a workflow"):
        generate(StubbedDify(replies(DifyError(text))))


def refused(message):
    body = json.dumps({"code": "invalid_param", "message": message, "status": 400})
    return DifyError(f"invoke app failed: request failed with status code: 400 and respond with: {body}")


@pytest.mark.parametrize(
    ("events", "expected", "sentence"),
    [
        ([error("overloaded")], ProviderFailed, "overloaded"),
        ([*ANSWERED[:1], error("no key", code="provider_not_initialize")], NotConfigured, "no key"),
        ([*ANSWERED[:1], DifyError("read app failed: EOF\nfailed to read data")], ProviderFailed, "cut off"),
        (ANSWERED[:2], ProviderFailed, "cut off"),
        ([END], NoAnswer, "The completion app ended without an answer"),
        ([], NoAnswer, "without an answer"),
        (
            [DifyError("permission denied, you need to enable app access in plugin manifest")],
            NotPermitted,
            "app access",
        ),
        ([refused("app not found")], NotConfigured, "app not found"),
        ([refused("missing query")], NotConfigured, "is a chat app, not a completion app.*with chat_app"),
        ([chat("message", answer="Hi")], NotConfigured, "is a chat app, not a completion app"),
        ([workflow_finished({})], NotConfigured, "is a workflow app, not a completion app.*with workflow_app"),
    ],
)
def test_a_failing_app_is_an_error_and_nothing_goes_out(events, expected, sentence):
    messages = StubbedDify(replies(*events)).messages(CompletionAppTool, {"app": APP, "query": "A letter"})

    seen = []
    with pytest.raises(expected, match=sentence):
        seen.extend(messages)

    assert seen == []


def test_an_app_that_never_answers_times_out():
    dify = StubbedDify(lambda invoke_type, payload: itertools.repeat(None), max_invocation_timeout=3)

    with pytest.raises(TimedOut, match="nothing for 3 seconds"):
        generate(dify)
