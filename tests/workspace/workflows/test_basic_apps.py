"""Chatbots, agents and text generators out of DSL files, which have a `model_config` in place of a graph."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.workspace.dify.fake_models import FakeModels
from tests.workspace.workflows.conftest import Running
from tests.workspace.workflows.dsl_files import answer_of, events_of, write
from workspace.dify.apps.app import App
from workspace.dify.apps.conversations import Conversations
from workspace.dify.refusals import Refused
from workspace.engines import ToolCall
from workspace.workflows.apps import app_of, left_out, read_app_file
from workspace.workflows.dsl_file import DslError
from workspace.workflows.host import Host
from workspace.workflows.needs import CannotRun
from workspace.workflows.plugin_tools import PluginTools

MODEL = {"provider": "langgenius/openai/openai", "name": "gpt-4o", "mode": "chat", "completion_params": {}}
GREETER = "tests/greeter/greeter"
CAN_BE_RUN = "workflows, chatflows, chatbots, agents and text generators can be run."


def exported(mode: str = "chat", **config: Any) -> dict[str, Any]:
    """The whole file, with what Dify's export always has of a `model_config`."""
    whole = {
        "model": MODEL,
        "pre_prompt": "",
        "prompt_type": "simple",
        "chat_prompt_config": {},
        "completion_prompt_config": {},
        "user_input_form": [],
        "agent_mode": {"enabled": False, "max_iteration": 5, "strategy": "function_call", "tools": []},
        "dataset_configs": {"retrieval_model": "single", "datasets": {"datasets": []}},
        "external_data_tools": [],
        "opening_statement": "",
        "suggested_questions": [],
        "sensitive_word_avoidance": {"enabled": False, "type": "", "configs": []},
        "file_upload": {"image": {"enabled": False, "number_limits": 3}},
        "annotation_reply": {"enabled": False},
    }
    app = {"mode": mode, "name": "Tried", "icon": "x"}
    return {"app": app, "kind": "app", "version": "0.4.0", "model_config": {**whole, **config}}


def field(kind: str, variable: str, **more: Any) -> dict[str, Any]:
    return {kind: {"variable": variable, "label": variable.title(), "required": False, "default": "", **more}}


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., App]:
    def made(content: dict[str, Any], models: FakeModels, tools: PluginTools | None = None) -> App:
        host = Host(models, default_model="default", tools=tools)
        return app_of(read_app_file(write(tmp_path, content)), host, conversations=Conversations(tmp_path / "kept"))

    return made


@pytest.fixture
def told(made: Callable[..., App]) -> Callable[..., list[dict[str, Any]]]:
    """What the model is told by an app that is asked once."""

    def told(content: dict[str, Any], inputs: dict[str, Any] | None = None, query: str = "") -> list[dict[str, Any]]:
        models = FakeModels()
        events_of(made(content, models), inputs, query=query)
        messages: list[dict[str, Any]] = models.asked[-1]["messages"]
        return messages

    return told


def test_a_chatbot_fills_its_prompt_and_remembers(made: Callable[..., App]) -> None:
    models = FakeModels()
    form = [field("text-input", "who", required=True), field("select", "tone", options=["dry", "warm"], default="dry")]
    tried = made(exported(pre_prompt="Help {{who}} in a {{tone}} tone. Keep {{other}}.", user_input_form=form), models)

    first = events_of(tried, {"who": "Ana"}, query="Hello")
    conversation = first[-1]["conversation_id"]
    events_of(tried, {}, query="Again", conversation_id=conversation)

    assert answer_of(first) == "Good day."
    assert [event["event"] for event in first] == ["message", "message", "message", "message_end"]
    assert models.asked[-1]["messages"] == [
        {"role": "system", "content": "Help Ana in a dry tone. Keep {{other}}."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Good day."},
        {"role": "user", "content": "Again"},
    ]
    assert tried.mode == "chat"


def test_the_model_is_asked_with_the_parameters_of_the_file(made: Callable[..., App]) -> None:
    models = FakeModels()
    parameters = {"temperature": 0.2, "stop": ["END", ""]}

    events_of(made(exported(model={**MODEL, "completion_params": parameters}), models), query="Hello")
    events_of(made(exported(model={**MODEL, "provider": "local"}), models), query="Hello")

    own, local = models.asked
    assert (own["model"], own["parameters"], own["stop"]) == ("gpt-4o", {"temperature": 0.2}, ["END"])
    assert local["model"] == "default"


@pytest.mark.parametrize(
    ("config", "query", "expected"),
    [
        ({"pre_prompt": ""}, "Hello", [("user", "Hello")]),
        ({"pre_prompt": "Be brief."}, "Hello", [("system", "Be brief."), ("user", "Hello")]),
        (
            {
                "prompt_type": "advanced",
                "chat_prompt_config": {
                    "prompt": [
                        {"role": "system", "text": "Be {{how}}."},
                        {"role": "user", "text": "Who?"},
                        {"role": "assistant", "text": "Me."},
                    ]
                },
            },
            "Hello",
            [("system", "Be kind."), ("user", "Who?"), ("assistant", "Me."), ("user", "Hello")],
        ),
        (
            {
                "model": {**MODEL, "mode": "completion"},
                "prompt_type": "advanced",
                "completion_prompt_config": {"prompt": {"text": "Be {{how}}.{{#histories#}}\nQ: {{#query#}}\nA:"}},
            },
            "Hello",
            [("user", "Be kind.\nQ: Hello\nA:")],
        ),
    ],
)
def test_a_prompt_of_either_editor_is_told(
    told: Callable[..., Any], config: dict[str, Any], query: str, expected: list[tuple[str, str]]
) -> None:
    form = [field("text-input", "how")]
    messages = told(exported(user_input_form=form, **config), {"how": "kind"}, query)

    assert [(message["role"], message["content"]) for message in messages] == expected


@pytest.mark.parametrize(
    ("inputs", "query", "expected"),
    [
        ({"text": "A long day."}, "", [("user", "Sum up: A long day.")]),
        ({"text": "A long day."}, "In one word", [("system", "Sum up: A long day."), ("user", "In one word")]),
        ({"text": "A long day.", "query": "Now"}, "", [("system", "Sum up: A long day."), ("user", "Now")]),
        ({}, "", [("user", "Sum up: ")]),
    ],
)
def test_a_text_generator_asks_with_its_prompt(
    told: Callable[..., Any], inputs: dict[str, Any], query: str, expected: list[tuple[str, str]]
) -> None:
    content = exported("completion", pre_prompt="Sum up: {{text}}", user_input_form=[field("paragraph", "text")])

    assert [(message["role"], message["content"]) for message in told(content, inputs, query)] == expected


def test_a_text_generator_has_no_conversation(made: Callable[..., App]) -> None:
    events = events_of(made(exported("completion", pre_prompt="Hi"), FakeModels()))

    assert [event["event"] for event in events] == ["message", "message", "message", "message_end"]
    assert not any("conversation_id" in event for event in events)


def agent(*tools: dict[str, Any], **config: Any) -> dict[str, Any]:
    mode = {"enabled": True, "strategy": "function_call", "max_iteration": 2, "tools": [*tools]}
    return exported("agent-chat", agent_mode=mode, **config)


def has(name: str, **more: Any) -> dict[str, Any]:
    identity = {"provider_id": GREETER, "provider_name": GREETER, "provider_type": "builtin"}
    return {"enabled": True, "isDeleted": False, **identity, "tool_name": name, "tool_parameters": {}, **more}


def test_an_agent_has_the_tools_of_the_plugin_with_the_settings_of_the_file(
    made: Callable[..., App], greeter: Running
) -> None:
    models = FakeModels(calls=(ToolCall("1", "greet", '{"name": "Ada", "times": 1}'),))
    settings = {"style": "formal", "shout": None, "name": "", "times": ""}
    content = agent(has("greet", tool_parameters=settings), has("draw", enabled=False), pre_prompt="Be kind.")

    events = events_of(made(content, models, greeter.tools), query="Greet Ada")

    thoughts = [event for event in events if event["event"] == "agent_thought"]
    assert thoughts[2]["tool"] == "greet"
    assert thoughts[2]["observation"] == '{"greet": "Good day, Ada! "}'  # as the style is formal
    first, last = models.asked
    assert [tool["name"] for tool in first["tools"]] == ["greet"]
    assert [message["role"] for message in last["messages"]] == ["system", "user", "assistant", "tool"]
    assert "".join(event["answer"] for event in events if event["event"] == "agent_message") == "Good day."


def test_an_agent_asks_as_often_as_its_file_says(made: Callable[..., App], greeter: Running) -> None:
    call = ToolCall("1", "greet", '{"name": "Ada", "times": 1}')
    models = FakeModels(calls=(call,) * 9)

    events_of(made(agent(has("greet", tool_parameters={"style": "warm"})), models, greeter.tools), query="Greet Ada")

    assert [len(asked["tools"]) for asked in models.asked] == [1, 1, 0]


def test_an_agent_answers_without_tools_that_are_not_there(
    made: Callable[..., App], greeter: Running, tmp_path: Path
) -> None:
    others = (
        has("search", provider_id="google"),
        has("mine", provider_type="api", provider_id="8a1c"),
        has("nothing"),
        {"enabled": True, "web_reader": {}},
    )
    content = agent(*others)
    events = events_of(made(content, FakeModels(), greeter.tools), query="Hello")

    assert events[-1]["event"] == "message_end"
    file = read_app_file(tmp_path / "tried.yml")
    named = f"the tools search of google, mine of 8a1c, nothing of {GREETER}"
    assert left_out(file, greeter.tools) == [named]
    assert left_out(file, None) == [f"{named} (name their plugin's folder with --plugin DIR)"]


def test_an_agent_has_no_blocking_mode(made: Callable[..., App]) -> None:
    with pytest.raises(Refused, match="does not support blocking mode"):
        events_of(made(agent(), FakeModels()), query="Hello", response_mode="blocking")


def test_the_form_is_checked_and_told(made: Callable[..., App]) -> None:
    form = [field("text-input", "who", required=True, max_length=3), field("number", "age")]
    tried = made(exported(user_input_form=form, opening_statement="Hi.", suggested_questions=["Why?"]), FakeModels())

    with pytest.raises(Refused, match="who is required in input form"):
        events_of(tried, {}, query="Hello")
    with pytest.raises(Refused, match="less than 3 characters"):
        events_of(tried, {"who": "Adam"}, query="Hello")
    told = tried.parameters()
    assert (told["opening_statement"], told["suggested_questions"]) == ("Hi.", ["Why?"])
    assert [list(each) for each in told["user_input_form"]] == [["text-input"], ["number"]]


def test_a_model_that_fails_is_an_error_event_and_nothing_is_kept(made: Callable[..., App]) -> None:
    models = FakeModels(fails="no more credit")
    events = events_of(made(exported(), models), query="Hello")

    assert events[-1]["event"] == "error"
    assert json.loads(events[-1]["message"])["message"] == "[models] Error: no more credit"


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (
            {"dataset_configs": {"datasets": {"datasets": [{"dataset": {"enabled": True, "id": "1"}}]}}},
            "it asks a knowledge base, and there are none here",
        ),
        ({"user_input_form": [{"external_data_tool": {"variable": "x"}}]}, "it asks an API of its author's"),
        ({"external_data_tools": [{"enabled": True, "variable": "x"}]}, "it asks an API of its author's"),
    ],
)
def test_what_an_app_cannot_do_without_is_told_before_it_runs(
    made: Callable[..., App], config: dict[str, Any], problem: str
) -> None:
    with pytest.raises(CannotRun, match=problem):
        made(exported(**config), FakeModels())


def test_what_an_app_runs_without_is_told(tmp_path: Path) -> None:
    more = {
        "sensitive_word_avoidance": {"enabled": True, "type": "keywords"},
        "file_upload": {"image": {"enabled": True}},
        "annotation_reply": {"enabled": True},
    }

    file = read_app_file(write(tmp_path, exported(**more)))
    assert left_out(file, None) == ["its moderation", "files", "its annotations"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({**exported(), "model_config": None}, "has no model_config, or it is no mapping."),
        (exported(model=None), "has no model_config.model, or it is no mapping."),
        (exported(model={"provider": "p"}), "names no model: model_config.model.name."),
        (exported(user_input_form="none"), "user_input_form is no list of mappings."),
        (exported("agent"), f"is a New Agent, which needs Dify's agent backend: {CAN_BE_RUN}"),
        (exported("magic"), f"is an app of the mode 'magic': {CAN_BE_RUN}"),
    ],
)
def test_what_is_no_app_is_told_in_one_sentence(tmp_path: Path, content: Any, problem: str) -> None:
    with pytest.raises(DslError) as caught:
        read_app_file(write(tmp_path, content))

    assert str(caught.value) == f"tried.yml {problem}" or str(caught.value) == f"tried.yml: {problem}"
