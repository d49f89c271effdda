import pytest

from tests.workspace.fake_models import EVERYTHING, FakeModels
from workspace.apps import agent_tools
from workspace.apps.agent import merged
from workspace.apps.catalog import built_in
from workspace.dify import Dify
from workspace.engines import ToolCall
from workspace.engines.offline import OfflineModels
from workspace.stub import StubbedDify

INPUTS = {
    "chatbot": {"name": "Ada"},
    "workflow": {"text": "A long text."},
    "completion": {"query": "Once"},
    "approval": {"request": "A holiday"},
}


@pytest.fixture
def models():
    return FakeModels()


@pytest.fixture
def session(models):
    return StubbedDify(Dify(EVERYTHING, models).handle).session


def chat(session, app_id, query="Hello", inputs=None, **options):
    return list(session.app.chat.invoke(app_id, query, INPUTS.get(app_id, {}) if inputs is None else inputs, **options))


def kinds(events):
    return [event["event"] for event in events]


def refusal(call):
    with pytest.raises(Exception, match="failed: ") as caught:
        call()
    return str(caught.value)


def refused(message, *, status=400, code="invalid_param"):
    body = f'{{"code":"{code}","message":"{message}","status":{status}}}'
    return f"invoke app failed: request failed with status code: {status} and respond with: {body}"


# --- a chatbot


def test_a_chatbot_answers_in_pieces_and_says_what_it_used(session):
    events = chat(session, "chatbot")

    assert kinds(events) == ["message", "message", "message_end"]
    assert [event["answer"] for event in events[:2]] == ["Good ", "day."]
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


@pytest.mark.parametrize("conversation_id", ["00000000-0000-0000-0000-000000000000", "../chatbot", "nonsense"])
@pytest.mark.parametrize("folder", [True, False])
def test_an_unknown_conversation_is_refused(conversation_id, folder, tmp_path):
    session = StubbedDify(Dify(EVERYTHING, FakeModels(), folder=tmp_path if folder else None).handle).session
    text = refusal(lambda: chat(session, "chatbot", conversation_id=conversation_id))

    assert text == refused("Conversation Not Exists.", status=404, code="not_found")


def test_a_conversation_belongs_to_its_app(session):
    first = chat(session, "moderated")

    text = refusal(lambda: chat(session, "chatbot", conversation_id=first[0]["conversation_id"]))
    assert "Conversation Not Exists." in text


def test_a_conversation_outlives_the_process_where_there_is_a_folder(tmp_path):
    one = StubbedDify(Dify(EVERYTHING, FakeModels(), folder=tmp_path).handle).session
    conversation_id = chat(one, "chatbot", "One?")[0]["conversation_id"]
    models = FakeModels()
    other = StubbedDify(Dify(EVERYTHING, models, folder=tmp_path).handle).session
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
    session = StubbedDify(Dify(EVERYTHING, FakeModels(fails="overloaded")).handle).session
    error = chat(session, "chatbot")[-1]

    assert set(error) == {"event", "conversation_id", "message_id", "created_at", "status", "code", "message"}
    assert (error["event"], error["status"], error["code"]) == ("error", 400, "completion_request_error")
    assert error["message"] == "overloaded"


def test_a_model_that_fails_refuses_a_blocking_call():
    session = StubbedDify(Dify(EVERYTHING, FakeModels(fails="overloaded")).handle).session

    text = refusal(lambda: session.app.chat.invoke("chatbot", "Hello", {"name": "Ada"}, response_mode="blocking"))
    assert text == refused("overloaded")


# --- an agent


def test_an_agent_shows_the_tools_it_uses_as_thoughts():
    models = FakeModels(calls=(ToolCall("c1", "calculator", '{"expression": "(3 + 4) * 2"}'),))
    events = chat(StubbedDify(Dify(EVERYTHING, models).handle).session, "agent")

    assert kinds(events) == [
        "agent_thought", "agent_thought", "agent_thought",
        "agent_thought", "agent_message", "agent_message", "agent_thought", "message_end",
    ]  # fmt: skip
    assert len({event["id"] for event in events[:3]}) == 1
    assert (events[2]["position"], events[2]["tool"]) == (1, "calculator")
    assert events[2]["tool_input"] == '{"calculator": {"expression": "(3 + 4) * 2"}}'
    assert events[2]["observation"] == '{"calculator": "14"}'
    assert events[2]["message_files"] == []
    assert (events[6]["position"], events[6]["thought"], events[6]["observation"]) == (2, "Good day.", "")
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
    events = chat(StubbedDify(Dify(EVERYTHING, models).handle).session, "agent")

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


# --- workflows and chatflows


def run_workflow(session, inputs, app_id="workflow", response_mode="streaming"):
    reply = session.app.workflow.invoke(app_id, inputs, response_mode=response_mode)
    return list(reply) if response_mode == "streaming" else reply


def test_a_workflow_tells_of_its_nodes_and_streams_its_text(session):
    events = run_workflow(session, {"text": " A long text. "})

    assert kinds(events) == [
        "workflow_started",
        *["node_started", "node_finished"] * 2,
        "node_started", "text_chunk", "text_chunk", "node_finished",
        "node_started", "node_finished",
        "workflow_finished",
    ]  # fmt: skip
    assert [event["data"]["node_type"] for event in events if event["event"] == "node_started"] == [
        "start", "code", "llm", "end",
    ]  # fmt: skip
    assert len({(event["task_id"], event["workflow_run_id"]) for event in events}) == 1
    assert events[6]["data"] == {"text": "Good ", "from_variable_selector": ["llm", "text"]}
    finished = events[-1]["data"]
    assert (finished["status"], finished["error"]) == ("succeeded", None)
    assert finished["outputs"] == {"summary": "Good day.", "words": 2}
    assert (finished["total_tokens"], finished["total_steps"]) == (9, 4)


def test_a_blocking_workflow_gets_its_last_state(session):
    reply = run_workflow(session, {"text": "A text."}, response_mode="blocking")

    assert set(reply) == {"task_id", "workflow_run_id", "data"}
    assert set(reply["data"]) == {
        "id", "workflow_id", "status", "outputs", "error",
        "elapsed_time", "total_tokens", "total_steps", "created_at", "finished_at",
    }  # fmt: skip
    assert reply["data"]["id"] == reply["workflow_run_id"]
    assert reply["data"]["outputs"] == {"summary": "Good day.", "words": 2}


@pytest.mark.parametrize(
    ("inputs", "error"),
    [
        ({"text": "  "}, "the text is empty"),
        ({"text": "a", "max_words": 0}, "max_words must be at least 1, not 0"),
        ({"text": "a", "max_words": "-2.5"}, "max_words must be at least 1, not -2.5"),
    ],
)
@pytest.mark.parametrize("response_mode", ["streaming", "blocking"])
def test_a_failed_workflow_is_a_normal_reply(session, inputs, error, response_mode):
    reply = run_workflow(session, inputs, response_mode=response_mode)
    data = reply[-1]["data"] if response_mode == "streaming" else reply["data"]

    assert (data["status"], data["error"], data["outputs"]) == ("failed", error, None)
    if response_mode == "streaming":
        assert kinds(reply)[-2:] == ["node_finished", "workflow_finished"]
        assert reply[-2]["data"]["status"] == "failed"


def test_a_workflow_whose_model_fails_is_a_failed_run():
    session = StubbedDify(Dify(EVERYTHING, FakeModels(fails="overloaded")).handle).session
    events = run_workflow(session, {"text": "A text."})

    assert kinds(events)[-3:] == ["text_chunk", "node_finished", "workflow_finished"]
    assert (events[-1]["data"]["status"], events[-1]["data"]["error"]) == ("failed", "overloaded")


def test_a_paused_workflow_ends_its_stream_with_the_pause(session):
    events = run_workflow(session, {"request": "A holiday"}, "approval")

    assert kinds(events)[-2:] == ["human_input_required", "workflow_paused"]
    form, paused = events[-2]["data"], events[-1]["data"]
    assert form["form_content"] == "Approve this?\n\nA holiday"
    assert [action["id"] for action in form["actions"]] == ["approve", "reject"]
    assert paused["status"] == "paused"
    assert paused["paused_nodes"] == ["approval"]
    assert paused["reasons"][0]["form_id"] == form["form_id"]


def test_a_paused_workflow_is_a_reply_of_a_blocking_call(session):
    reply = run_workflow(session, {"request": "A holiday"}, "approval", "blocking")

    assert (reply["data"]["status"], reply["data"]["finished_at"]) == ("paused", None)
    assert reply["data"]["id"] == reply["workflow_run_id"]


def test_a_chatflow_ends_its_message_before_its_run(session):
    events = chat(session, "chatflow")

    assert kinds(events)[0] == "workflow_started"
    assert kinds(events)[-2:] == ["message_end", "workflow_finished"]
    messages = [event for event in events if event["event"] == "message"]
    assert [event["answer"] for event in messages] == ["Good ", "day."]
    assert messages[0]["from_variable_selector"] == ["llm", "text"]
    assert len({(event["conversation_id"], event["message_id"], event["task_id"]) for event in events}) == 1


def test_a_failed_chatflow_finishes_its_run_then_fails_its_message(session):
    events = chat(session, "chatflow", inputs={"max_words": 0})

    assert kinds(events)[-2:] == ["workflow_finished", "error"]
    assert events[-2]["data"]["status"] == "failed"
    assert events[-1]["message"] == "Run failed: max_words must be at least 1, not 0"
    assert "message_end" not in kinds(events)


def test_a_chatflow_remembers_the_conversation(session, models):
    first = chat(session, "chatflow", "One?")
    chat(session, "chatflow", "Two?", conversation_id=first[0]["conversation_id"])

    assert [message["content"] for message in models.asked[1]["messages"]][1:] == ["One?", "Good day.", "Two?"]


def test_a_blocking_chatflow_is_one_message_or_a_refusal(session):
    reply = session.app.chat.invoke("chatflow", "Hello", {}, response_mode="blocking")
    assert (reply["mode"], reply["answer"]) == ("advanced-chat", "Good day.")

    text = refusal(lambda: session.app.chat.invoke("chatflow", "Hello", {"max_words": 0}, response_mode="blocking"))
    assert text == refused("Run failed: max_words must be at least 1, not 0")


# --- completion and moderation


@pytest.mark.parametrize("response_mode", ["streaming", "blocking"])
def test_a_completion_has_no_conversation(session, response_mode):
    reply = session.app.completion.invoke("completion", {"query": "Once"}, response_mode=response_mode)
    events = list(reply) if response_mode == "streaming" else [reply]

    assert kinds(events) == (["message", "message", "message_end"] if response_mode == "streaming" else ["message"])
    assert "".join(event.get("answer", "") for event in events) == "Good day."
    assert not any("conversation_id" in event for event in events)


@pytest.mark.parametrize(
    ("query", "flagged", "replaced"),
    [("Hello", False, False), ("Is it Confidential?", False, True), ("Hi", True, True)],
)
def test_a_moderated_answer_is_taken_back(query, flagged, replaced):
    session = StubbedDify(Dify(EVERYTHING, FakeModels(flagged=flagged)).handle).session
    events = chat(session, "moderated", query)
    reply = session.app.chat.invoke("moderated", query, {}, response_mode="blocking")

    assert kinds(events)[-2:] == ["message_replace" if replaced else "message", "message_end"]
    assert (reply["answer"] == "This answer was withheld.") is replaced


# --- what Dify refuses


@pytest.mark.parametrize("response_mode", ["streaming", "blocking"])
def test_the_mode_of_the_app_decides_not_the_call(session, response_mode):
    assert session.app.workflow.invoke("completion", {"query": "q"})["mode"] == "completion"
    text = refusal(lambda: list(session.app.workflow.invoke("chatbot", {"name": "Ada"}, response_mode=response_mode)))

    assert text == refused("missing query")


@pytest.mark.parametrize(
    ("app_id", "query", "inputs", "message"),
    [
        ("nonsense", "Hello", {}, "app not found"),
        ("chatbot", "", {"name": "Ada"}, "missing query"),
        ("chatbot", "Hello", {}, "name is required in input form"),
        ("chatbot", "Hello", {"name": 3}, "(type 'text-input') name in input form must be a string"),
        ("chatbot", "Hello", {"name": "x" * 49}, "name in input form must be less than 48 characters"),
        ("workflow", "", {}, "text is required in input form"),
        ("workflow", "", {"text": "a", "max_words": "many"}, "max_words in input form must be a valid number"),
        (
            "completion",
            "",
            {"query": "a", "tone": "rude"},
            "tone in input form must be one of the following: ['plain', 'friendly', 'formal']",
        ),
    ],
)
def test_what_dify_refuses_is_refused_in_its_words(session, app_id, query, inputs, message):
    assert refusal(lambda: chat(session, app_id, query, inputs)) == refused(message)


def test_a_number_that_is_no_number_at_all_breaks_dify(session):
    text = refusal(lambda: run_workflow(session, {"text": "a", "max_words": []}))

    assert text == refused("Internal Server Error", status=500, code="unknown")


def test_inputs_must_be_given(session):
    text = refusal(lambda: list(session.app.chat.invoke("chatbot", "Hello", None)))

    assert "status code: 400" in text
    assert "1 validation error for RequestInvokeApp\\ninputs\\n  Input should be a valid dictionary" in text


def test_a_response_mode_that_dify_does_not_know_is_refused(session):
    text = refusal(lambda: list(session.app.chat.invoke("chatbot", "Hello", {}, response_mode="slow")))

    assert "Input should be 'blocking' or 'streaming'" in text


def test_a_completion_fails_where_it_is_to_fail_as_in_dify():
    session = StubbedDify(Dify(EVERYTHING, FakeModels(), fail_like_dify=True).handle).session

    assert refusal(lambda: session.app.completion.invoke("completion", {"query": "Once"})).endswith("failed: 'query'")


# --- what apps say of themselves


@pytest.mark.parametrize("app_id", built_in(FakeModels(), None, model="m"))
def test_an_app_says_which_inputs_it_takes(session, app_id):
    parameters = session.app.fetch_app(app_id)
    required = {
        field["variable"] for entry in parameters["user_input_form"] for field in entry.values() if field["required"]
    }

    assert required == set(INPUTS.get(app_id, {}))
    assert {"opening_statement", "suggested_questions", "file_upload", "system_parameters"} <= set(parameters)


def test_a_field_of_a_form_is_described_by_its_type(session):
    assert session.app.fetch_app("completion")["user_input_form"] == [
        {"paragraph": {"label": "Query", "variable": "query", "required": True, "default": ""}},
        {
            "select": {
                "label": "Tone",
                "variable": "tone",
                "required": False,
                "default": "plain",
                "options": ["plain", "friendly", "formal"],
            }
        },
    ]


def test_the_parameters_of_an_unknown_app_are_nil(session):
    assert refusal(lambda: session.app.fetch_app("nonsense")) == "fetch app failed: data is nil"


def test_every_app_can_be_listed_in_one_line():
    for app in built_in(FakeModels(), None, model="m").values():
        assert app.name
        assert "\n" not in app.description
        assert len(app.description) < 120


def test_apps_can_be_added(models):
    own = built_in(models, None, model="mine")["completion"]
    session = StubbedDify(Dify(EVERYTHING, models, apps={"own": own}).handle).session
    session.app.completion.invoke("own", {"query": "q"})

    assert models.asked[0]["model"] == "mine"


# --- with real models


def test_the_apps_work_on_the_models_of_this_machine():
    session = StubbedDify(Dify(EVERYTHING, OfflineModels()).handle).session
    library = "The library opens at nine and closes at six. On Sundays it is closed. A late book costs ten cents a day."
    events = chat(session, "chatbot", "The library opens when?", {"name": "Ada", "background": library})
    later = chat(session, "chatbot", "A late book costs what?", conversation_id=events[0]["conversation_id"])
    thoughts = chat(session, "agent", "What is (3 + 4) * 2?")
    run = run_workflow(session, {"text": library}, response_mode="blocking")

    assert "opens at nine" in "".join(event.get("answer", "") for event in events)
    assert "ten cents" in "".join(event.get("answer", "") for event in later)
    assert [event["observation"] for event in thoughts if event.get("observation")] == ['{"calculator": "14"}']
    assert "14" in "".join(event.get("answer", "") for event in thoughts)
    assert run["data"]["status"] == "succeeded"
    assert run["data"]["total_tokens"] > 0
