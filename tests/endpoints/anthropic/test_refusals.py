"""Requests for a message that are refused before Dify is asked, for both routes that take one."""

import pytest

from endpoints.anthropic.wire.call import REFUSED
from tests.replies import llm_chunk

HELLO = [{"role": "user", "content": "Hello"}]
WEATHER = {"name": "weather", "input_schema": {"type": "object"}}
SOURCE = "messages[0].content[0].source"


def said(content):
    return {"messages": [{"role": "user", "content": content}]}


def part(**part):
    return said([part])


def image(**source):
    return part(type="image", source=source)


def answered(*content):
    return {"messages": [*HELLO, {"role": "assistant", "content": list(content)}]}


def wanting(**fields):
    return {"messages": HELLO, **fields}


TOOLS_OF_ANTHROPIC = [
    {"type": "web_search_20250305", "name": "web_search", "max_uses": 8},
    {"type": "bash_20250124", "name": "bash"},
]
PASSED_OVER = {
    "cache_control": {"type": "ephemeral"},
    "service_tier": "auto",
    "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
    "diagnostics": {"previous_message_id": None},
    "speed": "standard",
    "inference_geo": "eu",
}
"""A value of each field that changes nothing."""

BAD = [
    ({}, "The field `messages` is missing"),
    ({"messages": None}, "`messages` has to be a list"),
    ({"messages": []}, "a list of 1 or more"),
    ({"messages": {}}, "`messages` has to be a list"),
    ({"messages": "Hello"}, "`messages` has to be a list"),
    ({"messages": [None]}, "`messages[0]` has to be an object"),
    ({"messages": [{"content": "Hello"}]}, "`messages[0]` has to be an object with a 'role'"),
    ({"messages": [{"role": "tool", "content": "x"}]}, "'role' is one of 'user', 'assistant', 'system'"),
    ({"messages": [{"role": "user"}]}, "`messages[0].content` is missing"),
    ({"messages": [{"role": "assistant", "content": []}]}, "`messages` holds nothing that could be answered"),
    (said(None), "`messages[0].content` has to be text or a list"),
    (said(5), "`messages[0].content` has to be text or a list"),
    (said([]), "`messages[0].content` has to be text or a list of 1 or more"),
    (said(["Hello"]), "`messages[0].content[0]` has to be an object"),
    (part(text="Hello"), "`messages[0].content[0]` has to be an object with a 'type'"),
    (part(type="video"), "'type' is one of 'text', 'image', 'document', 'search_result', 'tool_result'"),
    (part(type="container_upload", file_id="f1"), "'type' is one of 'text'"),
    (part(type="text"), "`messages[0].content[0].text` is missing"),
    (part(type="image"), f"`{SOURCE}` is missing"),
    (image(type="file", file_id="f1"), f"`{SOURCE}` has to be an object whose 'type' is one of 'base64', 'url'"),
    (image(type="base64", data="iVBO"), f"`{SOURCE}.media_type` is missing"),
    (image(type="base64", media_type="text/plain", data="SGk="), f"`{SOURCE}.media_type` has to be one such as"),
    (image(type="base64", media_type="image/png", data=""), f"`{SOURCE}.data` has to be text of 1 or more"),
    (image(type="base64", media_type="image/png", data="a"), f"`{SOURCE}.data` holds something that is not base64"),
    (image(type="base64", media_type="image/png", data="===="), f"`{SOURCE}.data` holds something that is not base64"),
    (image(type="url", url="cat.png"), f"`{SOURCE}.url` has to be a data URL"),
    (image(type="url", url="file:///etc/passwd"), "or an https address"),
    (part(type="document", source={"type": "file", "file_id": "f1"}), "'type' is one of 'base64', 'url', 'text'"),
    (part(type="tool_result"), "`messages[0].content[0].tool_use_id` is missing"),
    (
        part(type="tool_result", tool_use_id="c1", content=5),
        "`messages[0].content[0].content` has to be text or a list",
    ),
    (
        part(type="tool_result", tool_use_id="c1", content=[{"type": "tool_use"}]),
        "`messages[0].content[0].content[0]` has to be an object whose 'type' is one of 'text'",
    ),
    (part(type="tool_result", tool_use_id="c1", is_error="maybe"), "`messages[0].content[0].is_error` has to be true"),
    (answered("Hello"), "`messages[1].content[0]` is wrong: it is no object with a 'type'"),
    (answered({"type": "text"}), "`messages[1].content[0].text` is missing"),
    (answered({"type": "tool_use", "name": "f", "input": {}}), "`messages[1].content[0].id` is missing"),
    (answered({"type": "tool_use", "id": "c", "name": "f", "input": "{}"}), "`messages[1].content[0].input` has to be"),
    (wanting(system=5), "`system` has to be text or a list"),
    (wanting(system=[{"type": "image"}]), "`system[0].type` has to be 'text'"),
    (wanting(model=5), "`model` has to be text"),
    (wanting(model=["test-model"]), "`model` has to be text"),
    (wanting(stream="maybe"), "`stream` has to be true or false"),
    (wanting(max_tokens="5"), "`max_tokens` has to be a whole number"),
    (wanting(max_tokens=1.5), "`max_tokens` has to be a whole number"),
    (wanting(max_tokens=0), "`max_tokens` has to be at least 1"),
    (wanting(temperature="hot"), "`temperature` has to be a number"),
    (wanting(stop_sequences="END"), "`stop_sequences` has to be a list"),
    (wanting(stop_sequences=[1]), "`stop_sequences[0]` has to be text"),
    (wanting(thinking=True), "`thinking` has to be an object"),
    (wanting(thinking={"type": "enabled", "budget_tokens": "many"}), "`thinking.budget_tokens` has to be a whole"),
    (wanting(output_config={"format": {"type": "xml"}}), "`output_config.format.type` has to be 'json_schema'"),
    (wanting(output_config={"format": {"type": "json_schema"}}), "`output_config.format.schema` is missing"),
    (
        wanting(output_config={"format": {"type": "json_schema", "schema": {"type": "array"}}}),
        "`output_config.format.schema` has to be the schema of an object",
    ),
    (wanting(metadata="ana"), "`metadata` has to be an object"),
    (wanting(tools={}), "`tools` has to be a list"),
    (wanting(tools=[{"input_schema": {}}]), "`tools[0].name` is missing"),
    (wanting(tools=[{"name": "f"}]), "`tools[0].input_schema` is missing"),
    (wanting(tools=[{"name": "f", "input_schema": []}]), "`tools[0].input_schema` has to be an object"),
    *(
        (
            wanting(tools=[WEATHER, tool]),
            f"`tools[1]` is {tool['type']}, a tool that only Anthropic's models and servers bring along",
        )
        for tool in TOOLS_OF_ANTHROPIC
    ),
    (wanting(tool_choice="any"), "`tool_choice` has to be an object"),
    (wanting(tool_choice={"type": "maybe"}), "'type' is one of 'auto', 'any', 'none', 'tool'"),
    (wanting(tool_choice={"type": "any"}), "`tool_choice` is any, and there are no `tools`"),
    (wanting(tools=[WEATHER], tool_choice={"type": "tool", "name": "time"}), "a tool that is not among `tools`"),
    (wanting(thread={"type": "create"}), "`thread` cannot be had"),
    (wanting(thread={"type": "continue", "previous_message_id": "msg_1"}), "`thread` cannot be had"),
    *((wanting(**{field: [{"url": "x"}]}), f"`{field}` cannot be had: {reason}.") for field, reason in REFUSED.items()),
]


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
@pytest.mark.parametrize(("body", "sentence"), BAD)
def test_a_bad_request_is_refused_with_the_name_of_the_field(api, path, body, sentence):
    response = api.http.post(path, json=body)

    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"
    assert sentence in response.json()["error"]["message"]
    assert api.asked == []


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
@pytest.mark.parametrize("model", ["gpt-5", "app/nobody", "langgenius/openai/openai/gpt-5"])
def test_an_unknown_model_is_not_found(api, path, model):
    response = api.http.post(path, json=wanting(model=model))

    assert response.status_code == 404
    assert response.json()["error"]["type"] == "not_found_error"
    assert "does not exist, or this key does not reach it" in response.json()["error"]["message"]


def test_a_model_of_another_type_is_refused(api):
    api.settings["models"] = "tts-1 = tts:langgenius/openai/openai/tts-1"

    response = api.http.post("/v1/messages", json=wanting(model="tts-1"))

    assert response.status_code == 400
    assert "is of type tts" in response.json()["error"]["message"]


def test_what_changes_nothing_is_passed_over(api):
    api.answer(llm_chunk("Good day.", finish_reason="stop"))

    assert api.http.post("/v1/messages", json=wanting(**PASSED_OVER, **dict.fromkeys(REFUSED))).status_code == 200
    assert api.http.post("/v1/messages", json=wanting()).status_code == 200
    first, second = (payload for _, payload in api.asked)
    assert first == second
