"""An agent that has the tools of the plugin under work."""

import json

import pytest

from tests.workspace.dify.app_calls import chat, kinds, session_of
from tests.workspace.dify.fake_models import EVERYTHING, FakeModels
from tests.workspace.dify.plugin_tools import ScriptedTools, message
from workspace.dify.apps.plugin_toolbox import schema_for_a_model
from workspace.engines import ToolCall
from workspace.local import local_dify
from workspace.plugin.errors import PluginCallError
from workspace.plugin.selectors import DEFAULT_MODELS


def run(tools, *calls, **options):
    """The events of a run in which the model makes these calls, and what it was asked."""
    models = FakeModels(calls=tuple(ToolCall(f"c{at}", *call) for at, call in enumerate(calls)))
    return chat(session_of(models, tools=tools, **options), "plugin-agent"), models.asked


def observation(*messages):
    events, _ = run(ScriptedTools(*messages), ("greet", "{}"))
    [told] = {event["observation"] for event in events if event.get("observation")}
    return json.loads(told)["greet"]


def test_it_is_there_only_with_a_plugin():
    assert "plugin-agent" not in local_dify(EVERYTHING, FakeModels()).apps
    assert "plugin-agent" in local_dify(EVERYTHING, FakeModels(), tools=ScriptedTools()).apps


def test_a_tool_is_called_with_what_the_model_fills_in_and_the_settings_of_the_agent():
    tools = ScriptedTools(message("text", text="Hello, Ada!"))

    events, asked = run(tools, ("greet", '{"name": "Ada", "style": "formal"}'))

    assert tools.called == [("greet", {"name": "Ada", "style": "warm", "shout": False})]
    assert kinds(events) == [
        "agent_thought", "agent_message", "agent_message", "agent_thought", "agent_thought",
        "agent_thought", "agent_message", "agent_message", "agent_message", "agent_thought", "message_end",
    ]  # fmt: skip
    assert events[4]["tool"] == "greet"
    assert json.loads(events[4]["observation"]) == {"greet": "Hello, Ada!"}
    assert asked[1]["messages"][-1] == {
        "role": "tool", "content": "Hello, Ada!", "tool_call_id": "c0", "name": "greet",
    }  # fmt: skip


def test_a_tool_that_asks_a_model_gets_the_default_one():
    tools = ScriptedTools(message("text", text="Because."))

    run(tools, ("ask", '{"prompt": "Why?"}'), agent_models={"llm": "here/small"})

    [(_, values)] = tools.called
    assert (values["model"]["provider"], values["model"]["model"]) == ("here", "small")


@pytest.mark.parametrize(("models", "offered"), [(DEFAULT_MODELS, True), ({}, False)])
def test_a_tool_that_lacks_a_setting_is_left_out_without_a_word(models, offered):
    _, asked = run(ScriptedTools(), agent_models=models)

    assert ("ask" in [tool["name"] for tool in asked[0]["tools"]]) is offered


def test_the_model_sees_what_it_may_fill_in_and_no_files():
    greet, describe_files, *_ = map(schema_for_a_model, ScriptedTools.tools)

    assert greet == {
        "name": "greet",
        "description": "Greets somebody.",
        "parameters": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "description": "Who is greeted."},
                "times": {"type": "number", "description": "How often."},
            },
            "required": ["name"],
        },
    }
    assert describe_files["parameters"] == {"type": "object", "properties": {}, "required": []}


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        ([message("text", text="A "), message("text", text="b.")], "A b."),
        ([message("variable", variable_name="city", variable_value="Oslo", stream=False)], ""),
        ([message("json", json_object={"a": "é"})], '{"a": "é"}'),
        ([message("text", text='{"a": 1}'), message("json", json_object={"a": 1})], '{"a": 1}'),
        ([message("link", text="http://x")], "result link: http://x. please tell user to check it."),
        ([message("log", id="1", label="x", status="start", data={})], ""),
    ],
)
def test_what_a_tool_puts_out_is_told_to_the_model_as_dify_does(messages, told):
    assert observation(*messages) == told


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (("sing", "{}"), "there is not a tool named sing"),
        (("describe_files", "not JSON"), "tool invoke error: "),
        (("greet", '{"name": "Ada", "times": "twice"}'), "tool invoke error: times: it takes a number"),
    ],
)
def test_a_call_that_cannot_be_made_is_an_answer_for_the_model(call, told):
    events, _ = run(ScriptedTools(), call)

    assert json.loads(events[4]["observation"])[call[0]].startswith(told)


def test_a_tool_that_fails_is_an_answer_for_the_model():
    told = observation(PluginCallError("InvalidInput", "`name` is empty."))

    assert told.startswith("tool invoke error: PluginInvokeError: ")
    assert "`name` is empty." in told
