import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchboard.apps.events import AppEvents, AppKind, AppResult
from switchboard.errors import (
    NoAnswer,
    NotConfigured,
    ProviderFailed,
    RefusedByDify,
    SwitchboardError,
    WrongKindOfApp,
)
from tests.app_replies import (
    CONVERSATION,
    MESSAGE,
    RESOURCE,
    RUN,
    TOOL_FILE,
    USAGE,
    chat,
    chat_end,
    chatflow,
    completion,
    error,
    file_kept_by_dify,
    workflow,
    workflow_finished,
)


def result_of(*events, wanted=None) -> AppResult:
    reducer = AppEvents()
    for event in events:
        reducer.feed(event)
    return reducer.result(wanted)


def test_a_chatbots_messages_are_joined():
    result = result_of(
        chat("message", answer="I am "), chat("message", answer="an app."), chat_end(retriever_resources=[RESOURCE])
    )

    assert result == AppResult(
        kind=AppKind.CHAT,
        status="succeeded",
        answer="I am an app.",
        outputs={},
        conversation_id=CONVERSATION,
        message_id=MESSAGE,
        workflow_run_id="",
        usage=USAGE,
        retriever_resources=[RESOURCE],
        files=[],
        waits_at=[],
    )


def test_an_agents_thoughts_are_no_part_of_its_answer():
    thought = chat("agent_thought", position=1, thought="Look it up.", observation="", tool="search", tool_input="{}")

    result = result_of(thought, chat("agent_message", answer="It "), chat("agent_message", answer="rains."), chat_end())

    assert result.answer == "It rains."


def test_the_closing_message_of_a_new_agent_is_not_appended():
    result = result_of(
        chat("agent_message", answer="It "),
        chat("agent_message", answer="rains."),
        chat("message", answer="It rains."),
        chat_end(),
    )

    assert result.answer == "It rains."


def test_an_empty_closing_message_does_not_wipe_the_answer():
    assert result_of(chat("agent_message", answer="It rains."), chat("message", answer=""), chat_end()).answer == (
        "It rains."
    )


@pytest.mark.parametrize("kind", ["message", "agent_message"])
def test_moderation_replaces_the_answer(kind):
    result = result_of(
        chat(kind, answer="Something rude"),
        chat("message_replace", answer="I cannot ", reason="output_moderation"),
        chat(kind, answer="say that."),
        chat_end(),
    )

    assert result.answer == "I cannot say that."


def test_a_closing_message_does_not_bring_back_what_moderation_replaced():
    result = result_of(
        chat("agent_message", answer="Something rude"),
        chat("message_replace", answer="I cannot say that."),
        chat("message", answer="Something rude"),
        chat_end(),
    )

    assert result.answer == "I cannot say that."


@pytest.mark.parametrize(
    "event",
    [
        {"event": "ping"},
        {"event": "something_new", "conversation_id": CONVERSATION},
        chat("reasoning_chunk", data={"message_id": MESSAGE, "reasoning": "Hm.", "node_id": "n", "is_final": False}),
        chat("tts_message", audio="SUQz"),
        chat("tts_message_end", audio=""),
        chat("agent_log", data={"label": "ROUND 1", "status": "success", "data": {}}),
        chatflow("workflow_started", id=RUN, inputs={}),
        chatflow("node_started", node_id="n", title="LLM"),
        chatflow("node_retry", node_id="n", title="LLM", status="retry", error="busy", retry_index=1),
        chatflow("node_finished", node_id="n", title="LLM", status="exception", error="caught by its branch"),
        chatflow("iteration_started", node_id="n"),
        chatflow("iteration_next", node_id="n", index=1),
        chatflow("iteration_completed", node_id="n"),
        chatflow("loop_started", node_id="n"),
        chatflow("loop_next", node_id="n"),
        chatflow("loop_completed", node_id="n"),
        chatflow("human_input_form_filled", node_id="n"),
        chatflow("human_input_form_timeout", node_id="n"),
        chat("message_file", id="f", type="image", belongs_to="user", url="http://127.0.0.1/mine.png"),
        chat("message_file", id="f", type="image", belongs_to="assistant", url="http://[broken"),
        chat("message_file", id="f", type="image", belongs_to="assistant", url=None),
    ],
    ids=lambda event: event["event"],
)
def test_other_events_change_nothing(event):
    result = result_of(event, chat("message", answer="Hello."), event, chat_end())

    assert (result.answer, result.status, result.files) == ("Hello.", "succeeded", [])


@pytest.mark.parametrize("order", [1, -1])
def test_a_chatflow_ends_with_its_message_or_its_workflow_whichever_is_last(order):
    ends = [chat_end(), chatflow("workflow_finished", status="succeeded", outputs={"answer": "Hello."})][::order]

    result = result_of(chatflow("workflow_started"), chat("message", answer="Hello."), *ends)

    assert (result.kind, result.answer, result.usage, result.workflow_run_id) == (AppKind.CHAT, "Hello.", USAGE, RUN)


def test_a_chatflow_that_moderation_stops_still_answers():
    result = result_of(
        chat("message", answer="Something rude"),
        chat("message_replace", answer="I cannot say that."),
        chatflow("workflow_finished", status="stopped", error="Stopped by output moderation."),
        chat_end(),
    )

    assert (result.answer, result.status) == ("I cannot say that.", "stopped")


def test_a_workflow_gives_its_outputs():
    result = result_of(
        workflow("workflow_started", inputs={}),
        workflow("text_chunk", text="Lis", from_variable_selector=["llm", "text"]),
        workflow_finished({"city": "Lisbon", "people": 545000}),
    )

    assert (result.kind, result.status) == (AppKind.WORKFLOW, "succeeded")
    assert (result.outputs, result.workflow_run_id) == ({"city": "Lisbon", "people": 545000}, RUN)


def test_a_workflow_without_outputs_has_none():
    assert result_of(workflow_finished(None)).outputs == {}


def test_a_completion_app_has_messages_and_no_conversation():
    result = result_of(
        completion("message", answer="Dear "), completion("message", answer="Ana"), completion("message_end")
    )

    assert (result.kind, result.answer, result.conversation_id, result.message_id) == (
        AppKind.COMPLETION,
        "Dear Ana",
        "",
        MESSAGE,
    )


@pytest.mark.parametrize("status", ["failed", "", "something new", None])
def test_a_failed_run_names_the_node_and_the_run(status):
    with pytest.raises(ProviderFailed) as failure:
        result_of(
            workflow("node_finished", node_id="1", title="Start", status="succeeded"),
            workflow("node_finished", node_id="2", title="Summarise", status="failed", error="the model is overloaded"),
            workflow_finished(None, status=status, error="the model is overloaded"),
        )

    assert str(failure.value) == (
        f'The workflow run failed at the node "Summarise" (run {RUN}): the model is overloaded.'
    )


def test_a_failed_run_without_a_failed_node_gives_its_own_reason():
    with pytest.raises(ProviderFailed, match=rf"The workflow run failed \(run {RUN}\): out of memory\."):
        result_of(workflow_finished(None, status="failed", error="out of memory"))


def test_a_failed_chatflow_names_the_node_rather_than_its_closing_error():
    with pytest.raises(ProviderFailed, match='at the node "LLM".*: no credit left'):
        result_of(
            chat("message", answer="Well"),
            chatflow("node_finished", title="LLM", status="failed", error="no credit left"),
            chatflow("workflow_finished", status="failed", error="no credit left"),
            chat("error", status=400, code="invalid_param", message="Run failed: no credit left"),
        )


def test_a_stopped_run_is_told_from_a_failed_one():
    with pytest.raises(ProviderFailed, match=rf"was stopped before it ended \(run {RUN}\)\. Stopped by user\."):
        result_of(workflow_finished(None, status="stopped", error="Stopped by user."))


def test_a_partly_failed_run_is_a_result_with_that_status():
    assert result_of(workflow_finished({"a": 1}, status="partial-succeeded", exceptions_count=1)).status == (
        "partial-succeeded"
    )


@pytest.mark.parametrize("make", [chatflow, workflow])
def test_a_paused_run_says_where_it_waits(make):
    result = result_of(
        make("human_input_required", node_id="n", node_title="Approval", form_content="Is this right?"),
        make("workflow_paused", paused_nodes=["n"], outputs={}, reasons=[], status="paused"),
    )

    assert (result.status, result.waits_at, result.outputs) == ("paused", ["Approval"], {})


def test_a_pause_without_a_form_takes_the_nodes_from_its_reasons():
    reasons = [{"type": "human_input_required", "node_title": "Approval"}]

    assert result_of(workflow("workflow_paused", reasons=reasons)).waits_at == ["Approval"]


def test_a_run_that_goes_on_after_a_pause_has_ended_like_any_other():
    result = result_of(workflow("workflow_paused", reasons=[]), workflow_finished({"a": 1}))

    assert (result.status, result.outputs) == ("succeeded", {"a": 1})


@pytest.mark.parametrize(
    ("event", "expected", "sentence"),
    [
        (error("overloaded"), ProviderFailed, "call failed: overloaded"),
        (error("oops", code="internal_server_error", status=500), ProviderFailed, "oops"),
        (error("no key", code="provider_not_initialize"), NotConfigured, "could not start: no key"),
        (error("no quota", code="provider_quota_exceeded"), NotConfigured, "no quota"),
        (error("gone", code="model_currently_not_support"), NotConfigured, "gone"),
        (error("city is required in input form", code="invalid_param"), RefusedByDify, "HTTP 400.*city is required"),
        (error("slow down", code="rate_limit_error", status=429), ProviderFailed, "failed: slow down"),
        ({"event": "error"}, ProviderFailed, "no reason given"),
        ({"event": "error", "status": "?", "code": 7, "message": ["odd"]}, ProviderFailed, "odd"),
        (error("invalid key sk-test-1234567890"), ProviderFailed, r"invalid key \[hidden\]"),
    ],
)
@pytest.mark.parametrize("first", [[], [chat("message", answer="half")]])
def test_an_error_event_is_raised_by_its_code(first, event, expected, sentence):
    with pytest.raises(expected, match=sentence):
        result_of(*first, event)


def test_an_error_after_the_answer_is_still_an_error():
    with pytest.raises(ProviderFailed):
        result_of(chat("message", answer="Hello."), chat_end(), error("overloaded"))


@pytest.mark.parametrize(
    "events",
    [
        [chat("message", answer="half")],
        [chat("agent_message", answer="half"), chat("agent_thought", thought="more")],
        [chatflow("workflow_started"), chat("message", answer="half")],
        [workflow("workflow_started"), workflow("node_finished", status="succeeded")],
        [completion("message", answer="half")],
        [{"event": "something_new"}],
        [{}],
    ],
)
def test_a_stream_without_its_last_event_was_cut_off(events):
    with pytest.raises(ProviderFailed, match="cut off"):
        result_of(*events)


def test_a_stream_without_any_event_is_no_answer():
    with pytest.raises(NoAnswer, match="Dify ended the chat app call without an answer"):
        result_of(wanted=AppKind.CHAT)


@pytest.mark.parametrize("answer", ["", " \n", None, 7])
@pytest.mark.parametrize("make", [chat, completion])
def test_an_empty_answer_is_no_answer(make, answer):
    with pytest.raises(NoAnswer, match="ended without an answer"):
        result_of(make("message", answer=answer), make("message_end", metadata={}))


@pytest.mark.parametrize(
    ("events", "found", "wanted"),
    [
        ([workflow_finished({})], "workflow app", AppKind.CHAT),
        ([workflow("workflow_started")], "workflow app", AppKind.COMPLETION),
        ([chat("message", answer="Hi"), chat_end()], "chat app", AppKind.WORKFLOW),
        ([chat("message", answer="Hi"), chat_end()], "chat app", AppKind.COMPLETION),
        ([completion("message", answer="Hi")], "completion app", AppKind.CHAT),
    ],
)
def test_another_kind_of_app_is_named_with_what_runs_it(events, found, wanted):
    with pytest.raises(NotConfigured, match=f"is a {found}, not a {wanted}.*with {found.replace(' ', '_')}"):
        result_of(*events, wanted=wanted)


def test_a_kind_that_is_not_known_yet_is_no_wrong_one():
    events = AppEvents()
    events.feed({"event": "something_new"})
    events.check_kind(AppKind.CHAT)
    events.feed(workflow("workflow_started"))

    with pytest.raises(WrongKindOfApp) as wrong:
        events.check_kind(AppKind.CHAT)

    assert (wrong.value.found, wrong.value.wanted) == ("workflow app", "chat app")


@pytest.mark.parametrize(
    "events",
    [
        [workflow_finished(None, status="failed", error="no credit left")],
        [chat("message", answer=""), chat_end()],
        [chat("message", answer="half"), error("overloaded")],
    ],
    ids=["failed", "empty", "error"],
)
def test_a_run_that_came_to_an_end_has_ended_however_it_went(events):
    reducer = AppEvents()
    for event in events:
        reducer.feed(event)

    reducer.check_end(None)


def test_an_empty_answer_passes_the_check_of_the_run():
    reducer = AppEvents()
    reducer.feed(chat_end())

    assert (reducer.check(AppKind.CHAT), reducer.answer) == (AppKind.CHAT, "")


def test_the_kind_is_known_from_the_first_event_on():
    events = AppEvents()
    assert events.kind is None
    events.feed(workflow("workflow_started"))
    assert events.kind is AppKind.WORKFLOW


def test_a_file_counts_once_and_keeps_what_is_told_of_it_last():
    whole = file_kept_by_dify("http://127.0.0.1", "chart.png", mime_type="image/png", size=70, type="image")
    early = {"url": f"http://127.0.0.1/files/tools/{TOOL_FILE}.png?timestamp=0&nonce=m&sign=r", "type": "image"}

    result = result_of(chat("message_file", id="f", belongs_to="assistant", **early), chat_end(files=[whole]))

    [file] = result.files
    assert (file.filename, file.mime_type, file.size, file.url) == ("chart.png", "image/png", 70, whole["url"])


def test_a_file_with_little_said_of_it_gets_its_name_and_type_from_its_address():
    [file] = result_of(workflow_finished({}, files=[{"url": "http://127.0.0.1/a%20b.pdf?x=1", "size": -1}])).files

    assert (file.filename, file.mime_type, file.type, file.size) == ("a b.pdf", "application/pdf", "custom", None)


def test_files_from_elsewhere_with_different_queries_are_different_files():
    files = [{"remote_url": f"http://127.0.0.1/picture?id={number}", "url": None} for number in (1, 2)]

    assert len(result_of(workflow_finished({}, files=files)).files) == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
WORDS = st.sampled_from(
    [
        *["message", "agent_message", "message_replace", "message_file", "message_end", "node_finished", "error"],
        *["workflow_started", "human_input_required", "workflow_paused", "workflow_finished", "failed", "succeeded"],
        *["stopped", "paused", "http://[", "//[x", "http://h/files/tools/x?sign=y", "invalid_param", CONVERSATION],
    ]
)
VALUES = WORDS | JSON
FIELDS = st.sampled_from(
    [
        *["conversation_id", "message_id", "workflow_run_id", "answer", "metadata", "files", "url", "remote_url"],
        *["type", "filename", "size", "status", "code", "message", "title", "error", "outputs", "reasons"],
        *["node_title", "node_id", "usage", "retriever_resources", "belongs_to"],
    ]
)
OBJECTS = st.dictionaries(
    FIELDS, VALUES | st.lists(st.dictionaries(FIELDS, VALUES, max_size=4), max_size=3), max_size=6
)
EVENTS = st.dictionaries(st.text(max_size=8), JSON) | st.builds(
    lambda event, fields, data: {**fields, "event": event, "data": data}, VALUES, OBJECTS, OBJECTS | VALUES
)


@given(events=st.lists(EVENTS, max_size=6), wanted=st.sampled_from([None, *AppKind]))
def test_whatever_the_events_are_there_is_a_result_or_an_error_of_ours(events, wanted):
    try:
        result = result_of(*events, wanted=wanted)
    except SwitchboardError:
        return
    assert isinstance(result.answer, str)
    assert isinstance(result.outputs, dict)
