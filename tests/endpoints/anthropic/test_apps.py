"""Apps as models of `/v1/messages`."""

import anthropic
import pytest

from tests.app_replies import CONVERSATION, chat, chat_end, chatflow, error, workflow, workflow_finished
from workspace.wire import DifyError

HELLO = [{"role": "user", "content": "Hello"}]
ANSWER = [chat("message", answer="Good "), chat("message", answer="day."), chat_end()]
TOOL = {"name": "weather", "input_schema": {"type": "object"}}


def ask(api, messages=HELLO, *, model="app/chat-app", **fields):
    return api.anthropic().messages.create(model=model, max_tokens=50, messages=messages, **fields)


def final(api, messages=HELLO, *, model="app/chat-app", **fields):
    with api.anthropic().messages.stream(model=model, max_tokens=50, messages=messages, **fields) as stream:
        return stream.get_final_message()


@pytest.mark.parametrize("answer", [ask, final])
def test_a_chat_app_answers(api, answer):
    api.answer(*ANSWER)

    message = answer(api)

    assert message.model == "app/chat-app"
    assert message.content[0].text == "Good day."
    assert message.stop_reason == "end_turn"
    assert (message.usage.input_tokens, message.usage.output_tokens) == (6, 1)
    assert message.conversation_id == CONVERSATION


@pytest.mark.parametrize("answer", [ask, final])
def test_a_workflow_answers_with_its_outputs_and_estimated_tokens(api, answer):
    api.answer(workflow("workflow_started"), workflow_finished({"answer": "Good day."}))

    message = answer(api, model="app/workflow-app")

    assert message.content[0].text == "Good day."
    assert (message.usage.input_tokens, message.usage.output_tokens) == (2, 3)


def test_dify_is_asked_with_the_inputs_and_the_user(api):
    api.settings["chat_app"] = {"app_id": "chat-app", "inputs": {"name": "Ana", "city": "Faro"}, "files": []}
    api.answer(*ANSWER)

    ask(api, metadata={"user_id": "u-1"}, tools=[TOOL], extra_body={"inputs": {"city": "Lagos"}, "temperature": 1})

    assert api.asked == [
        (
            "app",
            {
                "app_id": "chat-app",
                "query": "Hello",
                "inputs": {"query": "Hello", "name": "Ana", "city": "Lagos"},
                "response_mode": "streaming",
                "conversation_id": "",
                "user": "u-1",
            },
        )
    ]


def test_the_history_is_folded_into_the_query(api):
    api.answer(*ANSWER)

    ask(
        api,
        [
            {"role": "user", "content": "I am Ana."},
            {"role": "assistant", "content": [{"type": "text", "text": "Hello Ana."}]},
            {"role": "user", "content": "Who am I?"},
        ],
        system="Be brief.",
    )

    assert api.asked[0][1]["query"] == (
        "System: Be brief.\n\nUser: I am Ana.\n\nAssistant: Hello Ana.\n\nUser: Who am I?"
    )


def test_an_app_that_remembers_gets_the_last_message_alone(api):
    api.answer(*ANSWER)
    messages = [*HELLO, {"role": "assistant", "content": "Good day."}, {"role": "user", "content": "Who am I?"}]

    ask(api, messages, system="Be brief.", extra_body={"conversation_id": CONVERSATION})

    assert api.asked[0][1]["query"] == "Who am I?"
    assert api.asked[0][1]["conversation_id"] == CONVERSATION


@pytest.mark.parametrize(
    "old",
    [
        {"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "nowhere"}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "Rain."}]},
        {"role": "user", "content": [{"type": "container_upload", "file_id": "f1"}]},
        {"role": "tool", "content": "Rain."},
        "no message at all",
    ],
)
def test_with_a_conversation_only_the_last_message_is_looked_at(api, old):
    api.settings["apps"] = "support = 2f6a"
    api.answer(*ANSWER)

    ask(api, [old, *HELLO], model="support", extra_body={"conversation_id": CONVERSATION})

    assert api.asked[0][1]["query"] == "Hello"


@pytest.mark.parametrize("content", [None, [], "", " \n", [{"type": "text", "text": " "}]])
@pytest.mark.parametrize("role", ["system", "user", "assistant"])
def test_a_blank_message_says_nothing(api, role, content):
    api.answer(*ANSWER)

    ask(api, [{"role": role, "content": content}, *HELLO])

    assert api.asked[0][1]["query"] == "Hello"


def test_an_app_is_found_by_its_alias(api):
    api.settings["apps"] = "support = 2f6a"
    api.answer(*ANSWER)

    assert ask(api, model="support").model == "support"
    assert ask(api, model="app/support").model == "app/support"
    assert {payload["app_id"] for _, payload in api.asked} == {"2f6a"}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"stop_sequences": ["END"]}, "stop_sequences"),
        ({"tools": [TOOL], "tool_choice": {"type": "any"}}, "tool_choice"),
        ({"tools": [TOOL], "tool_choice": {"type": "tool", "name": "weather"}}, "tool_choice"),
        ({"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}, "output_config.format"),
    ],
)
def test_what_an_app_cannot_be_told_is_refused(api, fields, field):
    with pytest.raises(anthropic.BadRequestError, match=f"An app of Dify cannot be given `{field}`"):
        ask(api, **fields)
    assert api.asked == []


def test_calls_of_tools_and_files_are_told_by_their_places(api):
    call = {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "weather", "input": {}}]}
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "Rain."}]}
    picture = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}

    with pytest.raises(anthropic.BadRequestError, match=r"`messages\[1\]` belongs to the call of a tool"):
        ask(api, [*HELLO, call, result], system="Be brief.")
    with pytest.raises(anthropic.BadRequestError, match=r"`messages\[0\]\.content` holds a file"):
        ask(api, [{"role": "user", "content": [{"type": "text", "text": "What?"}, picture]}], system="Be brief.")


@pytest.mark.parametrize("answer", [ask, final])
def test_an_app_that_fails_is_told_with_its_reason(api, answer):
    api.answer(error("no", code="provider_not_initialize", status=400))
    with pytest.raises(anthropic.BadRequestError):
        answer(api)

    api.answer(chat("message", answer="Good "), error("the model is overloaded", code="completion_request_error"))
    with pytest.raises(anthropic.APIStatusError, match="the model is overloaded") as failure:
        answer(api)
    assert failure.value.type == "overloaded_error"


@pytest.mark.parametrize("answer", [ask, final])
@pytest.mark.parametrize(
    ("events", "status", "sentence"),
    [
        ([DifyError("invoke app failed: request failed: app not found")], 400, "app not found"),
        ([DifyError("invoke app failed: request failed: unexpected app type")], 400, "The app is not published"),
        ([chatflow("workflow_paused", reasons=[{"node_title": "Approval"}])], 502, "waits for a person at Approval"),
        ([workflow_finished(None, status="failed", error="Node broke")], 502, "Node broke"),
        ([], 502, "without an answer"),
    ],
)
def test_an_app_that_fails_before_it_says_anything_is_an_error_of_http(api, answer, events, status, sentence):
    api.answer(*events)

    with pytest.raises(anthropic.APIStatusError, match=sentence) as failure:
        answer(api)

    assert failure.value.status_code == status


def test_a_client_begins_no_second_run_while_one_waits_for_a_person(api):
    api.answer(chatflow("workflow_paused", reasons=[{"node_title": "Approval"}]))
    client = api.anthropic(max_retries=2)

    with pytest.raises(anthropic.InternalServerError, match="waits for a person"):
        client.messages.create(model="app/chat-app", max_tokens=50, messages=HELLO)

    assert len(api.asked) == 1


def test_an_answer_of_an_app_that_is_cut_off_ends_with_an_error(api):
    api.answer(chat("message", answer="Good "))

    with pytest.raises(anthropic.APIStatusError, match="was cut off"):
        final(api)


def test_an_answer_that_a_moderation_replaces_is_the_one_there_is(api):
    api.answer(chat("message", answer="Damn."), chat("message_replace", answer="I cannot say."), chat_end())

    assert [part.text for part in ask(api).content] == ["I cannot say."]
    assert ask(api).stop_reason == "refusal"
    assert final(api).content[0].text == "Damn.\n\nI cannot say."
