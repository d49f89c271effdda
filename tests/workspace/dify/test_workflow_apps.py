import pytest

from tests.workspace.dify.app_calls import chat, kinds, refusal, run_workflow, session_of
from tests.workspace.dify.fake_models import FakeModels
from workspace.engines import ModelFailed

pytestmark = pytest.mark.usefixtures("child_process")


@pytest.fixture
def models():
    return FakeModels()


@pytest.fixture
def session(models):
    return session_of(models)


def test_a_workflow_tells_of_its_nodes_and_streams_its_text(session):
    events = run_workflow(session, {"text": " A long text. "})

    assert kinds(events) == [
        "workflow_started",
        *["node_started", "node_finished"] * 2,
        "node_started", *["text_chunk"] * 6, "node_finished",
        "node_started", "node_finished",
        "workflow_finished",
    ]  # fmt: skip
    assert [event["data"]["node_type"] for event in events if event["event"] == "node_started"] == [
        "start", "code", "llm", "end",
    ]  # fmt: skip
    assert len({(event["task_id"], event["workflow_run_id"]) for event in events}) == 1
    assert [event["data"] for event in events if event["event"] == "text_chunk"] == [
        {"text": "Good ", "from_variable_selector": ["llm", "text"]},
        {"text": "day.", "from_variable_selector": ["llm", "text"]},
        *[{"text": "", "from_variable_selector": ["llm", "text"]}] * 2,
        {"text": "\n", "from_variable_selector": ["end", "answer"]},
        {"text": "3", "from_variable_selector": ["check", "words"]},
    ]
    finished = events[-1]["data"]
    assert (finished["status"], finished["error"]) == ("succeeded", None)
    assert finished["outputs"] == {"summary": "Good day.", "words": 3}
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
        ({"text": "  "}, "ValueError: the text is empty"),
        ({"text": "a", "max_words": 0}, "ValueError: max_words must be at least 1, not 0"),
        ({"text": "a", "max_words": "-2.5"}, "ValueError: max_words must be at least 1, not -2.5"),
    ],
)
@pytest.mark.parametrize("response_mode", ["streaming", "blocking"])
def test_a_failed_workflow_is_a_normal_reply(session, inputs, error, response_mode):
    reply = run_workflow(session, inputs, response_mode=response_mode)
    data = reply[-1]["data"] if response_mode == "streaming" else reply["data"]

    assert (data["status"], data["error"].splitlines()[-1], data["outputs"]) == ("failed", error, {})
    if response_mode == "streaming":
        assert kinds(reply)[-2:] == ["node_finished", "workflow_finished"]
        assert reply[-2]["data"]["status"] == "failed"


def test_a_workflow_whose_model_fails_is_a_failed_run():
    session = session_of(FakeModels(fails="overloaded"))
    events = run_workflow(session, {"text": "A text."})

    assert kinds(events)[-3:] == ["text_chunk", "node_finished", "workflow_finished"]
    assert (events[-1]["data"]["status"], events[-1]["data"]["error"]) == ("failed", str(ModelFailed("overloaded")))


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
    assert [event["answer"] for event in messages] == ["Good ", "day.", "", ""]
    assert messages[0]["from_variable_selector"] == ["llm", "text"]
    assert len({(event["conversation_id"], event["message_id"], event["task_id"]) for event in events}) == 1


def test_a_failed_chatflow_finishes_its_run_then_fails_its_message(session):
    events = chat(session, "chatflow", inputs={"max_words": 0})

    assert kinds(events)[-2:] == ["workflow_finished", "error"]
    assert events[-2]["data"]["status"] == "failed"
    assert events[-1]["message"].startswith("Run failed: Traceback (most recent call last):\n")
    assert events[-1]["message"].endswith("\nValueError: max_words must be at least 1, not 0\n")
    assert "message_end" not in kinds(events)


def test_a_chatflow_remembers_the_conversation(session, models):
    first = chat(session, "chatflow", "One?")
    chat(session, "chatflow", "Two?", conversation_id=first[0]["conversation_id"])

    assert [message["content"] for message in models.asked[1]["messages"]][1:] == ["One?", "Good day.", "Two?"]


def test_a_blocking_chatflow_is_one_message_or_a_refusal(session):
    reply = session.app.chat.invoke("chatflow", "Hello", {}, response_mode="blocking")
    assert (reply["mode"], reply["answer"]) == ("advanced-chat", "Good day.")

    text = refusal(lambda: session.app.chat.invoke("chatflow", "Hello", {"max_words": 0}, response_mode="blocking"))
    assert "status code: 400" in text
    assert "max_words must be at least 1, not 0" in text
