import pytest

from tests.workspace.dify.app_calls import INPUTS, chat, refusal, refused, run_workflow, session_of
from tests.workspace.dify.fake_models import FakeModels
from workspace.engines.offline import OfflineModels
from workspace.local import local_dify

pytestmark = pytest.mark.usefixtures("child_process")


@pytest.fixture
def models():
    return FakeModels()


@pytest.fixture
def session(models):
    return session_of(models)


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
    session = session_of(FakeModels(), fail_like_dify=True)

    asked = refusal(lambda: session.app.completion.invoke("completion", {"query": "Once"}))

    assert asked == refused("Internal Server Error", status=500, code="unknown")


@pytest.mark.parametrize("files", [{"tool_file_id": "f1"}, [{"tool_file_id": "f1"}]])
def test_an_app_that_is_given_an_upload_fails_where_it_is_to_fail_as_in_dify(files):
    for each in files if isinstance(files, list) else [files]:
        each.update(type="document", transfer_method="tool_file")
    session = session_of(FakeModels(), fail_like_dify=True)

    assert refusal(lambda: list(session.app.chat.invoke("chatbot", "Hello", {"doc": files}))) == refused(
        "ToolFile f1 not found"
    )


# --- what apps say of themselves


@pytest.mark.parametrize("app_id", local_dify({}, FakeModels(), default_model="m").apps)
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
    for app in local_dify({}, FakeModels(), default_model="m").apps.values():
        assert app.name
        assert "\n" not in app.description
        assert len(app.description) < 120


def test_apps_can_be_added(models):
    own = local_dify({}, models, default_model="mine").apps["completion"]
    session = session_of(models, apps={"own": own})
    session.app.completion.invoke("own", {"query": "q"})

    assert models.asked[0]["model"] == "mine"


# --- with real models


def test_the_apps_work_on_the_models_of_this_machine():
    session = session_of(OfflineModels())
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
