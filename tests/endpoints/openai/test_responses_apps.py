"""Apps as models of `/v1/responses`, as they are of chat completions."""

import openai
import pytest

from tests.app_replies import CONVERSATION, chat, chat_end, chatflow, error, workflow, workflow_finished
from workspace.wire import DifyError

ANSWER = [chat("message", answer="Good "), chat("message", answer="day."), chat_end()]
FUNCTION = {"type": "function", "name": "f"}
CALL = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
PICTURE = {"type": "input_image", "image_url": "https://example.com/cat.png"}


def ask(api, *, model="app/chat-app", given="Hello", **fields):
    return api.openai().responses.create(model=model, input=given, **fields)


def test_an_app_answers_whole_and_as_its_text_comes(api):
    api.answer(*ANSWER)

    response = ask(api)
    assert (response.model, response.output_text, response.usage.total_tokens) == ("app/chat-app", "Good day.", 7)
    assert (response.conversation.id, response.conversation_id) == (CONVERSATION, CONVERSATION)

    found = list(ask(api, stream=True))
    assert [event.delta for event in found if event.type == "response.output_text.delta"] == ["Good ", "day."]
    assert {event.response.conversation.id for event in (found[0], found[-1])} == {CONVERSATION}


@pytest.mark.parametrize(
    "named",
    [
        {"conversation": CONVERSATION},
        {"conversation": {"id": CONVERSATION}},
        {"extra_body": {"conversation_id": CONVERSATION}},
    ],
)
def test_a_conversation_goes_on_with_the_last_message_alone(api, named):
    api.answer(*ANSWER)

    ask(api, given=[{"role": "user", "content": "I am Ana."}, {"role": "user", "content": "Who am I?"}], **named)

    payload = api.asked[0][1]
    assert (payload["conversation_id"], payload["query"]) == (CONVERSATION, "Who am I?")


OLD = [
    {"role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,broken!"}]},
    {"role": "user", "content": [{"type": "input_video", "video_url": "https://example.com/cat.mp4"}]},
    {"type": "function_call_output", "call_id": "c1", "output": "x"},
    {"type": "computer_call", "call_id": "c1"},
    {"content": "no role at all"},
    "no item at all",
]


@pytest.mark.parametrize("named", [{"conversation": {"id": CONVERSATION}}, {"conversation_id": CONVERSATION}])
@pytest.mark.parametrize("old", OLD)
def test_with_a_conversation_only_the_last_message_is_looked_at(api, old, named):
    api.settings["apps"] = "support = 90c1"
    api.answer(*ANSWER)

    response = api.http.post(
        "/v1/responses", json={"model": "support", "input": [old, {"role": "user", "content": "Hello"}], **named}
    )

    assert response.status_code == 200, response.text
    assert api.asked[0][1]["query"] == "Hello"


@pytest.mark.parametrize("content", [None, [], "", " \n", [{"type": "input_text", "text": " "}]])
@pytest.mark.parametrize("role", ["system", "developer", "user", "assistant"])
def test_a_blank_message_says_nothing(api, role, content):
    api.answer(*ANSWER)
    said = [{"role": role, "content": content}, {"role": "user", "content": "Hello"}]

    response = api.http.post("/v1/responses", json={"model": "app/chat-app", "input": said})

    assert response.status_code == 200, response.text
    assert api.asked[0][1]["query"] == "Hello"


def test_the_app_gets_all_that_was_said_its_inputs_and_the_user(api):
    api.answer(*ANSWER)
    said = [
        {"role": "user", "content": [{"type": "input_text", "text": "I am Ana."}]},
        {"role": "assistant", "content": [{"type": "output_text", "text": "Hello Ana."}]},
        {"role": "user", "content": "Who am I?"},
    ]

    ask(api, given=said, instructions="Be brief.", user="u-1", extra_body={"inputs": {"city": "Faro"}})

    payload = api.asked[0][1]
    assert payload["query"] == "System: Be brief.\n\nUser: I am Ana.\n\nAssistant: Hello Ana.\n\nUser: Who am I?"
    assert payload["inputs"] == {"query": payload["query"], "city": "Faro"}
    assert payload["user"] == "u-1"


def test_a_workflow_answers_with_its_outputs(api):
    api.answer(workflow("workflow_started"), workflow_finished({"summary": "Short."}))

    response = ask(api, model="app/workflow-app")

    assert (response.output_text, response.conversation) == ("Short.", None)


def test_an_answer_that_moderation_replaces_is_incomplete(api):
    api.answer(chat("message", answer="Bad wo"), chat("message_replace", answer="I may not say that."), chat_end())

    response = ask(api)
    assert (response.output_text, response.incomplete_details.reason) == ("I may not say that.", "content_filter")

    found = list(ask(api, stream=True))
    deltas = [event.delta for event in found if event.type == "response.output_text.delta"]
    assert deltas == ["Bad wo", "\n\nI may not say that."]
    assert found[-1].type == "response.incomplete"
    assert found[-1].response.output_text == "".join(deltas)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("events", "status", "sentence"),
    [
        ([DifyError("invoke app failed: request failed: app not found")], 400, "app not found"),
        ([DifyError("invoke app failed: request failed: unexpected app type")], 400, "The app is not published"),
        ([error("boom", status=500)], 502, "boom"),
        ([workflow_finished(None, status="failed", error="Node broke")], 502, "Node broke"),
        ([chatflow("workflow_paused", reasons=[{"node_title": "Approval"}])], 502, "waits for a person at Approval"),
        ([], 502, "without an answer"),
    ],
)
def test_an_app_that_fails_before_it_says_anything_is_an_http_error(api, events, status, sentence, streamed):
    api.answer(*events)

    with pytest.raises(openai.APIStatusError, match=sentence) as failure:
        ask(api, stream=streamed)

    assert failure.value.status_code == status


@pytest.mark.parametrize(
    ("events", "sentence"),
    [([error("the model is down")], "the model is down"), ([], "was cut off")],
)
def test_an_app_that_fails_after_it_has_spoken_ends_with_an_error(api, events, sentence):
    api.answer(chat("message", answer="Good "), *events)

    with pytest.raises(openai.APIError, match=sentence):
        list(ask(api, stream=True))


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"tools": [FUNCTION], "tool_choice": "required"}, "tool_choice", "cannot be given `tool_choice`"),
        (
            {"tools": [FUNCTION], "tool_choice": {"type": "allowed_tools", "mode": "required", "tools": [FUNCTION]}},
            "tool_choice",
            "cannot be given `tool_choice`",
        ),
        ({"text": {"format": {"type": "json_object"}}}, "text.format", "cannot be given `text.format`"),
        ({"stop": ["END"]}, "stop", "cannot be given `stop`"),
        ({"input": [{"role": "user", "content": [PICTURE]}]}, "input[0].content", "passes no files on"),
        ({"input": [{"role": "user", "content": "Hi"}, CALL]}, "input[1]", "no tools but its own"),
        ({"input": [], "instructions": "Be brief."}, "input", "a message of the user"),
        ({"inputs": ["a"]}, "inputs", "an object"),
    ],
)
def test_what_an_app_cannot_be_told_is_refused(api, fields, field, sentence):
    response = api.http.post("/v1/responses", json={"model": "app/chat-app", "input": "Hello", **fields})

    assert response.status_code == 400
    assert response.json()["error"]["param"] == field
    assert sentence in response.json()["error"]["message"]
    assert api.asked == []


def test_what_clients_always_send_does_not_stop_an_app(api):
    api.answer(*ANSWER)
    fields = {"temperature": 0.7, "max_output_tokens": 100, "tools": [FUNCTION], "tool_choice": "auto"}

    response = ask(api, **fields, text={"format": {"type": "text"}}, reasoning={"effort": "low"})

    assert response.output_text == "Good day."
