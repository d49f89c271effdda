import pytest

from tests.workspace.dify.app_calls import chat, kinds, refusal, refused, session_of
from tests.workspace.dify.fake_models import FakeModels
from workspace.dify.apps import agent_tools
from workspace.dify.apps.agent import merged
from workspace.engines import ModelFailed, ToolCall


@pytest.fixture
def models():
    return FakeModels()


@pytest.fixture
def session(models):
    return session_of(models)


# --- a chatbot


def test_a_chatbot_answers_in_pieces_and_says_what_it_used(session):
    events = chat(session, "chatbot")

    assert kinds(events) == ["message", "message", "message", "message_end"]
    assert [event["answer"] for event in events[:3]] == ["Good ", "day.", ""]
    assert {event["message_id"] for event in events} == {events[-1]["id"]}
    assert len({(event["conversation_id"], event["task_id"], event["created_at"]) for event in events}) == 1
    assert events[-1]["metadata"]["usage"]["total_tokens"] == 9
    assert events[-1]["metadata"]["usage"]["total_price"] == "0"
    assert events[-1]["files"] == []


def test_a_conversation_is_remembered_with_its_first_inputs(session, models):
    first = chat(session, "chatbot", "One?")
    chat(session, "chatbot", "Two?", inputs={}, conversation_id=first[0]["conversation_id"])

    assert models.asked[1]["messages"] == [
        {"role": "system", "content": "You are talking with Ada."},
        {"role": "user", "content": "One?"},
        {"role": "assistant", "content": "Good day."},
        {"role": "user", "content": "Two?"},
    ]


def test_without_a_conversation_id_a_new_conversation_begins(session, models):
    chat(session, "chatbot", "One?")
    chat(session, "chatbot", "Two?")

    assert [message["content"] for message in models.asked[1]["messages"]][1:] == ["Two?"]


def test_the_background_goes_into_the_prompt(session, models):
    chat(session, "chatbot", inputs={"name": "Ada", "background": "Tea is at five."})

    assert (
        models.asked[0]["messages"][0]["content"]
        == "You are talking with Ada.\n\n<background>\nTea is at five.\n</background>"
    )


@pytest.mark.parametrize(
    ("conversation_id", "said"),
    [
        ("00000000-0000-0000-0000-000000000000", refused("")),
        ("../chatbot", refused("Internal Server Error", status=500, code="unknown")),
        ("nonsense", refused("Internal Server Error", status=500, code="unknown")),
    ],
)
@pytest.mark.parametrize("folder", [True, False])
def test_an_unknown_conversation_is_refused_without_a_word(conversation_id, said, folder, tmp_path):
    session = session_of(FakeModels(), folder=tmp_path if folder else None)
    text = refusal(lambda: chat(session, "chatbot", conversation_id=conversation_id))

    assert text == said


def test_a_conversation_belongs_to_its_app(session):
    first = chat(session, "moderated")

    text = refusal(lambda: chat(session, "chatbot", conversation_id=first[0]["conversation_id"]))
    assert text == refused("")


def test_a_conversation_outlives_the_process_where_there_is_a_folder(tmp_path):
    one = session_of(FakeModels(), folder=tmp_path)
    conversation_id = chat(one, "chatbot", "One?")[0]["conversation_id"]
    models = FakeModels()
    other = session_of(models, folder=tmp_path)
    chat(other, "chatbot", "Two?", conversation_id=conversation_id)

    assert [message["content"] for message in models.asked[0]["messages"]][1:] == ["One?", "Good day.", "Two?"]


def test_a_blocking_call_gets_one_message(session):
    reply = session.app.chat.invoke("chatbot", "Hello", {"name": "Ada"}, response_mode="blocking")

    assert reply["event"] == "message"
    assert reply["mode"] == "chat"
    assert reply["answer"] == "Good day."
    assert reply["id"] == reply["message_id"]
    assert set(reply) == {
        "event", "task_id", "id", "message_id", "conversation_id", "mode", "answer", "metadata", "created_at",
    }  # fmt: skip


def test_a_model_that_fails_is_an_event_of_a_streaming_call():
    session = session_of(FakeModels(fails="overloaded"))
    error = chat(session, "chatbot")[-1]

    assert set(error) == {"event", "conversation_id", "message_id", "created_at", "status", "code", "message"}
    assert (error["event"], error["status"], error["code"]) == ("error", 400, "invalid_param")
    assert error["message"] == str(ModelFailed("overloaded")).removeprefix("PluginInvokeError: ")


def test_a_model_that_fails_refuses_a_blocking_call():
    session = session_of(FakeModels(fails="overloaded"))

    text = refusal(lambda: session.app.chat.invoke("chatbot", "Hello", {"name": "Ada"}, response_mode="blocking"))
    assert text == refused(str(ModelFailed("overloaded")))


# --- an agent


def test_an_agent_shows_the_tools_it_uses_as_thoughts():
    models = FakeModels(calls=(ToolCall("c1", "calculator", '{"expression": "(3 + 4) * 2"}'),))
    events = chat(session_of(models), "agent")

    assert kinds(events) == [
        "agent_thought", "agent_message", "agent_message", "agent_thought", "agent_thought",
        "agent_thought", "agent_message", "agent_message", "agent_message", "agent_thought", "message_end",
    ]  # fmt: skip
    first, called, seen, _second, last = [event for event in events if event["event"] == "agent_thought"]
    assert len({event["id"] for event in (first, called, seen)}) == 1
    assert (seen["position"], seen["tool"]) == (1, "calculator")
    assert seen["tool_input"] == '{"calculator": {"expression": "(3 + 4) * 2"}}'
    assert seen["observation"] == '{"calculator": "14"}'
    assert seen["message_files"] == []
    assert (last["position"], last["thought"], last["observation"]) == (2, "Good day.", "")
    assert events[-1]["metadata"]["usage"]["total_tokens"] == 15
    assert models.asked[1]["messages"][-2:] == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {
                    "id": "c1",
                    "type": "function",
                    "function": {"name": "calculator", "arguments": '{"expression": "(3 + 4) * 2"}'},
                }
            ],
        },
        {"role": "tool", "content": "14", "tool_call_id": "c1", "name": "calculator"},
    ]


def test_an_agent_stops_offering_tools_in_its_last_round():
    models = FakeModels(calls=tuple(ToolCall(str(n), "calculator", '{"expression": "1"}') for n in range(4)))
    events = chat(session_of(models), "agent")

    assert [bool(asked["tools"]) for asked in models.asked] == [True, True, True, True, False]
    assert events[-1]["event"] == "message_end"


def test_an_agent_does_not_run_blocking(session):
    text = refusal(lambda: session.app.chat.invoke("agent", "Hello", {}, response_mode="blocking"))

    assert text == refused("Agent Chat App does not support blocking mode")


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("calculator", '{"expression": "7 // 2 - -1"}', "4"),
        ("calculator", '{"expression": "2 ** 10 / 4"}', "256.0"),
        ("calculator", '{"expression": "1 / 0"}', "tool invoke error: division by zero"),
        ("calculator", '{"expression": "9 ** 9 ** 9"}', "tool invoke error: the power is too large"),
        (
            "calculator",
            '{"expression": "__import__(1)"}',
            "tool invoke error: only numbers, brackets and + - * / // % ** are understood",
        ),
        ("word_counter", '{"text": "to be or not to be"}', "6"),
        ("word_counter", "{}", "tool invoke error: 'text'"),
        ("telephone", "{}", "there is not a tool named telephone"),
    ],
)
def test_a_tool_says_what_it_found_or_what_was_wrong(name, arguments, said):
    assert agent_tools.call(name, arguments) == said


def test_a_tool_survives_arguments_that_are_no_json():
    assert agent_tools.call("calculator", '{"expression": ').startswith("tool invoke error: ")


@pytest.mark.parametrize("again", ["", "c1"])
def test_fragments_of_a_tool_call_are_put_together(again):
    calls = merged([], [ToolCall("c1", "calculator", '{"expr')])
    calls = merged(calls, [ToolCall(again, "", 'ession": "1"}'), ToolCall("c2", "word_counter", "{}")])

    assert calls == [ToolCall("c1", "calculator", '{"expression": "1"}'), ToolCall("c2", "word_counter", "{}")]


# --- completion and moderation


@pytest.mark.parametrize("response_mode", ["streaming", "blocking"])
def test_a_completion_has_no_conversation(session, response_mode):
    reply = session.app.completion.invoke("completion", {"query": "Once"}, response_mode=response_mode)
    events = list(reply) if response_mode == "streaming" else [reply]

    assert kinds(events) == ([*["message"] * 3, "message_end"] if response_mode == "streaming" else ["message"])
    assert "".join(event.get("answer", "") for event in events) == "Good day."
    assert not any("conversation_id" in event for event in events)


@pytest.mark.parametrize(
    ("query", "flagged", "replaced"),
    [("Hello", False, False), ("Is it Confidential?", False, True), ("Hi", True, True)],
)
def test_a_moderated_answer_is_taken_back(query, flagged, replaced):
    session = session_of(FakeModels(flagged=flagged))
    events = chat(session, "moderated", query)
    reply = session.app.chat.invoke("moderated", query, {}, response_mode="blocking")

    assert kinds(events)[-2:] == ["message_replace" if replaced else "message", "message_end"]
    assert (reply["answer"] == "This answer was withheld.") is replaced
