"""Which tools are listed, under which names and with which schemas."""

import pytest
from jsonschema import Draft202012Validator

from tests.endpoints.mcp.messages import ERAS, answering, form, listed, post, result
from workspace.wire import DifyError

EVERY_FIELD = [
    {"text-input": {"variable": "city", "label": "City", "required": True, "max_length": 48}},
    {"paragraph": {"variable": "story", "label": "Story", "required": False}},
    {"select": {"variable": "size", "label": "Size", "required": True, "options": ["S", "M"], "default": "S"}},
    {"number": {"variable": "count", "label": "Count", "required": True}},
    {"checkbox": {"variable": "gift", "label": "Gift", "required": False}},
    {"file": {"variable": "report", "label": "Report", "required": True, "allowed_file_types": ["document"]}},
    {"file-list": {"variable": "photos", "label": "Photos", "required": False, "max_length": 3}},
    {"json_object": {"variable": "more", "label": "More", "required": False, "json_schema": '{"properties": {}}'}},
    {"external_data_tool": {"variable": "weather", "label": "Weather", "required": True}},
]
TIME = {
    "provider_name": "time",
    "tool_name": "current_time",
    "tool_label": "Current Time",
    "tool_description": "Says what time it is.",
    "type": "builtin",
    "enabled": True,
    "extra": {"description": "Says what time it is here."},
    "settings": {
        "timezone": {"value": {"type": "constant", "value": "UTC"}},
        "city": {"value": {"type": "constant", "value": None}},
    },
    "parameters": {"format": {"auto": 1, "value": None}},
}


@pytest.mark.parametrize("era", ERAS)
def test_there_is_one_for_each_app_and_each_type_of_model(api, era):
    told = result(post(api, "tools/list", era=era))

    assert [tool["name"] for tool in told["tools"]] == [
        "chat-app",
        "workflow-app",
        "completion-app",
        "ask_model",
        "embed",
        "speak",
        "moderate",
        "rerank",
    ]
    assert set(told) == ({"tools"} if era == "2025-06-18" else {"tools", "resultType", "ttlMs", "cacheScope", "_meta"})


def test_there_is_none_for_what_is_not_set(api):
    api.settings = {"api_key": "test-key", "models": "m = moderation:a/b/c/d"}

    assert list(listed(api)) == ["moderate"]


def test_every_schema_is_one(api):
    api.settings["tools"] = [TIME]
    api.handler = answering(fetch_app=[form(*EVERY_FIELD)])

    for tool in listed(api).values():
        Draft202012Validator.check_schema(tool["inputSchema"])
        assert tool["inputSchema"]["type"] == "object"
        assert set(tool["inputSchema"].get("required", [])) <= set(tool["inputSchema"]["properties"])
        if tool["name"] != "speak":
            Draft202012Validator.check_schema(tool["outputSchema"])
            assert tool["outputSchema"]["type"] == "object"


def test_an_app_takes_what_its_form_asks_for(api):
    api.handler = answering(fetch_app=[form(*EVERY_FIELD)])

    schema = listed(api)["workflow-app"]["inputSchema"]

    assert {name: each.get("type") for name, each in schema["properties"].items()} == {
        "city": "string",
        "story": "string",
        "size": "string",
        "count": "number",
        "gift": "boolean",
        "report": "object",
        "photos": "array",
        "more": "object",
    }
    assert schema["required"] == ["city", "size", "count", "report"]
    assert schema["properties"]["size"]["enum"] == ["S", "M"]
    assert {asked for asked, _ in api.asked} == {"fetch_app"}


def test_a_chat_app_takes_a_question_and_may_go_on_with_a_conversation(api):
    api.settings["apps"] = "support = 1234"
    api.handler = answering(fetch_app=[form({"text-input": {"variable": "name", "required": True}})])

    tools = listed(api)

    chat, other = tools["chat-app"]["inputSchema"], tools["support"]["inputSchema"]
    assert (list(chat["properties"]), chat["required"]) == (["query", "conversation_id", "name"], ["query", "name"])
    # nobody tells a plugin what kind of app this is
    assert (list(other["properties"]), other["required"]) == (["query", "conversation_id", "name"], ["name"])
    assert list(tools["workflow-app"]["inputSchema"]["properties"]) == ["name"]
    assert list(tools["completion-app"]["inputSchema"]["properties"]) == ["query", "name"]


def test_an_input_of_the_same_name_is_the_apps_own(api):
    api.handler = answering(fetch_app=[form({"select": {"variable": "query", "required": False, "options": ["a"]}})])

    schema = listed(api)["chat-app"]["inputSchema"]

    assert schema["properties"]["query"] == {"type": "string", "enum": ["a"]}
    assert schema["required"] == []


def test_what_the_settings_fill_in_need_not_be_given(api):
    api.settings["workflow_app"] = {"app_id": "workflow-app", "inputs": {"city": "Lisbon"}, "files": []}
    api.handler = answering(fetch_app=[form(*EVERY_FIELD)])

    schema = listed(api)["workflow-app"]["inputSchema"]

    assert schema["required"] == ["size", "count", "report"]
    assert "Lisbon" not in str(schema)


def test_an_app_introduces_itself(api):
    api.settings["apps"] = "support = 1234"
    api.handler = answering(fetch_app=[form(opening_statement="I know all about lamps. " * 100)])

    description = listed(api)["support"]["description"]

    assert description.startswith("Runs the app support of the Dify workspace. It introduces itself: I know all about")
    assert len(description) == 1000


def test_an_app_that_cannot_be_looked_up_is_listed_beside_the_others(api):
    api.handler = answering(
        fetch_app=[form(*EVERY_FIELD)],
        fetch_app__chat_app=[DifyError("fetch app failed: data is nil")],
    )

    tools = listed(api)

    assert tools["chat-app"]["description"].endswith("Dify did not tell which inputs it takes.")
    assert list(tools["chat-app"]["inputSchema"]["properties"]) == ["query", "conversation_id"]
    assert "city" in tools["workflow-app"]["inputSchema"]["properties"]


def test_an_app_is_listed_once_whatever_its_aliases(api):
    api.settings["apps"] = "Support Desk = chat-app, help = chat-app, other-app"

    tools = listed(api)

    assert list(tools)[:4] == ["support_desk", "workflow-app", "completion-app", "other-app"]
    assert tools["support_desk"]["title"] == "Support Desk"
    assert tools["support_desk"]["inputSchema"]["required"] == ["query"]  # chosen as the chat app


@pytest.mark.parametrize(
    ("apps", "names"),
    [
        ("客服 = 2f6a1c1e", ["2f6a1c1e"]),
        ("A.B/c d = 1", ["a_b_c_d"]),
        ("ask_model = 1, ask model = 2", ["ask_model", "ask_model_2", "ask_model_3"]),
        (f"{'x' * 70} = 1, {'x' * 80} = 2", ["x" * 64, "x" * 62 + "_2"]),
        ("é = -", ["tool"]),
    ],
)
def test_names_are_such_as_every_client_takes_and_no_two_are_alike(api, apps, names):
    api.settings = {"api_key": "test-key", "apps": apps, "chat_model": api.settings["chat_model"]}

    tools = listed(api)

    assert list(tools) == names if len(names) == 3 else [*names, "ask_model"]
    assert all(1 <= len(name) <= 64 for name in tools)


def test_a_model_is_one_of_those_in_the_settings(api):
    api.settings["models"] = "fast = a/b/c/d, judge = moderation:a/b/c/e"

    tools = listed(api)

    assert tools["ask_model"]["inputSchema"]["properties"]["model"] == {
        "type": "string",
        "description": "The model to use: test-model unless given.",
        "enum": ["test-model", "fast"],
    }
    assert tools["moderate"]["inputSchema"]["properties"]["model"]["enum"] == ["test-model", "judge"]
    assert tools["ask_model"]["annotations"] == {"readOnlyHint": True}
    assert "annotations" not in tools["chat-app"]


def test_a_key_that_reaches_the_workspace_may_name_any_model(api):
    api.settings["reach"] = "workspace"

    model = listed(api)["ask_model"]["inputSchema"]["properties"]["model"]

    assert "enum" not in model
    assert model["description"].endswith("One of test-model, or another model of the workspace as provider/model.")


def test_a_tool_of_the_workspace_takes_what_was_left_open(api):
    api.settings["tools"] = [TIME, {**TIME, "tool_name": "Other-Tool", "enabled": False}]

    tools = listed(api)

    assert "other-tool" not in tools
    assert tools["current_time"]["title"] == "Current Time"
    assert tools["current_time"]["description"] == "Says what time it is here."
    assert tools["current_time"]["inputSchema"]["additionalProperties"] is False
    properties = tools["current_time"]["inputSchema"]["properties"]
    assert {name: each["type"] for name, each in properties.items()} == {"format": "string", "city": "string"}


@pytest.mark.parametrize(
    "chosen",
    ["current_time", {"tool_name": "x"}, [None], [{"tool_name": "x"}], [{"provider_name": "", "tool_name": "x"}]],
)
def test_tools_that_no_form_can_have_saved_are_a_setting_to_mend(api, chosen):
    api.settings["tools"] = chosen

    error = post(api, "tools/list").json()["error"]

    assert error["message"].startswith("The setting `tools` of this endpoint cannot be read.")


@pytest.mark.parametrize("chosen", [None, "", []])
def test_no_tool_need_be_chosen(api, chosen):
    api.settings["tools"] = chosen

    assert "ask_model" in listed(api)


@pytest.mark.parametrize("left_out", sorted(set(TIME) - {"provider_name", "tool_name"}))
def test_of_a_chosen_tool_its_provider_and_its_name_are_enough(api, left_out):
    api.settings["tools"] = [{name: value for name, value in TIME.items() if name != left_out}]

    assert listed(api)["current_time"]["description"]
