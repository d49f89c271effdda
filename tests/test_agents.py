"""The tools in the hands of an agent: what its model sees of them, and whether it can fill that in.

Dify shows a tool to a model in two ways that should come to the same: its own agent apps do it (the local workspace
does as they do), and so do agent strategies, which are plugins and have it from the SDK.
"""

import dataclasses
import re
from pathlib import Path

import jsonschema
import pytest
from dify_plugin.entities.model.message import PromptMessageTool
from dify_plugin.interfaces.agent import AgentStrategy, ToolEntity

from tests.app_replies import CONVERSATION
from tests.tool_cases import TOOL_CASES, TOOLS, every_tool
from workspace.dify.apps.plugin_toolbox import schema_for_a_model, toolbox_of
from workspace.plugin.folder import read_plugin_folder
from workspace.plugin.selectors import DEFAULT_MODELS
from workspace.plugin.tool_settings import call_values

FOLDER = read_plugin_folder(Path(__file__).parent.parent)
SELECTORS = ("model-selector", "app-selector")
NEED_A_FILE = {"speech2text", "upload_file"}


class AnyStrategy(AgentStrategy):
    def _invoke(self, parameters):
        raise NotImplementedError


def shown_by_a_strategy(config):
    """The SDK's conversion needs nothing of a strategy that runs."""
    identity = {**config.identity.model_dump(), "provider": "switchboard"}
    entity = ToolEntity.model_validate({**config.model_dump(), "identity": identity})
    schema = {"type": "object", "properties": {}, "required": []}
    tool = PromptMessageTool(name=config.identity.name, description=config.description.llm, parameters=schema)
    AnyStrategy.__new__(AnyStrategy).update_prompt_message_tool(entity, tool)
    return tool.model_dump()


@every_tool
def test_both_ways_show_the_same(registration, name):
    config, _ = registration.tools_mapping["switchboard"][2][name]

    assert shown_by_a_strategy(config) == schema_for_a_model(FOLDER.tool(name))


@every_tool
def test_what_the_model_sees_is_a_json_schema_of_plain_types_each_with_a_description(name):
    tool = schema_for_a_model(FOLDER.tool(name))
    schema = tool["parameters"]

    jsonschema.Draft202012Validator.check_schema(schema)
    assert tool["description"]
    assert {each["type"] for each in schema["properties"].values()} <= {"string", "number", "boolean"}
    assert all(each["description"] for each in schema["properties"].values())
    assert set(schema["required"]) <= set(schema["properties"])


@every_tool
def test_no_selector_and_no_setting_leaks_into_it(name):
    tool = FOLDER.tool(name)
    hidden = {each.name for each in tool.parameters if each.type in SELECTORS or each.form == "form"}

    assert hidden.isdisjoint(schema_for_a_model(tool)["parameters"]["properties"])
    for setting in tool.parameters:
        if setting.required and setting.name in hidden:  # somebody has to make it when the agent is given the tool
            assert setting.type in SELECTORS or setting.default is not None


@pytest.mark.parametrize("name", [name for name in TOOLS if name not in NEED_A_FILE])
def test_a_model_can_fill_it_in_and_the_tool_then_works(registration, name, serve):
    tool, case = FOLDER.tool(name), TOOL_CASES[name](serve)
    schema = schema_for_a_model(tool)["parameters"]
    filled = {key: value for key, value in case.parameters.items() if key in schema["properties"]}
    settings = {each.name: case.parameters.get(each.name) for each in tool.parameters if each.form == "form"}

    jsonschema.validate(filled, schema)
    outputs = case.dify().run(
        registration.tools_mapping["switchboard"][2][name][1], call_values(tool, filled | settings)
    )

    assert outputs.text


def test_only_tools_that_call_an_app_need_more_than_a_model_to_be_given_to_an_agent():
    """Dify leaves a tool out without a word if an app-selector of it is empty, though the tool does not require it."""
    toolbox = toolbox_of(FOLDER.tools, lambda _tool, _values: iter(()), DEFAULT_MODELS)

    left_out = {tool.name for tool in FOLDER.tools} - {shown["name"] for shown in toolbox.tools}
    assert left_out == {"chat_app", "workflow_app", "completion_app", "app_parameters"}


TOLD = {
    "llm": "Good day.",
    "llm_structured_output": '{"city": "Oslo"}',
    "text_embedding": "2 texts embedded in 2 dimensions.",
    "rerank": "[1] 0.900  Lisbon\n[0] 0.200  Oslo",
    "moderation": "Not flagged by some-model.",
    "chat_app": f'Good day.{{"conversation_id": "{CONVERSATION}"}}',
    "workflow_app": "Short.",
    "completion_app": "Good day.",
    "app_parameters": "The app takes these inputs:\n- name (Name): text, required",
    "parameter_extractor": '{"city": "Oslo"}',
    "question_classifier": "Complaint",
    "invoke_tool": "12:00",
    "storage": "Stored.",
    "upload_file": "Uploaded a.txt (5 bytes)."
    '{"file_input": {"tool_file_id": "1", "transfer_method": "tool_file", "type": "document"}, "url": "u"}',
    "speech2text": "Hello",
}
"""What a model is told of the good call of each tool: its text, then its JSON; variables never reach one."""


@pytest.mark.parametrize("name", TOLD)
def test_what_a_model_needs_of_a_result_reaches_it_once(registration, name, serve):
    tool, case = FOLDER.tool(name), TOOL_CASES[name](serve)

    def call(_tool, values):
        messages = case.dify().messages(registration.tools_mapping["switchboard"][2][name][1], values | case.parameters)
        return iter([message.model_dump(mode="json") for message in messages])

    toolbox = toolbox_of([without_selectors(tool)], call, DEFAULT_MODELS)

    assert toolbox.call(name, "{}") == TOLD[name]


def without_selectors(tool):
    """An agent is not given a tool whose app was not chosen, and the case brings its model."""
    return dataclasses.replace(tool, parameters=tuple(each for each in tool.parameters if each.type not in SELECTORS))


@every_tool
def test_no_text_keeps_agents_from_a_tool_that_they_can_use(name):
    """Legacy agents hand over no files, and see nothing of a parameter that takes them; new agents do both."""
    tool = FOLDER.tool(name)
    texts = [tool.llm_description, *(each.llm_description for each in tool.parameters)]

    assert not [text for text in texts if re.search("not for agents|leave it empty", text, re.IGNORECASE)]
    assert not [each.name for each in tool.parameters if each.type in ("file", "files") and each.required]
