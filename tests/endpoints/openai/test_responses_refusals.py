"""Requests for a response that are refused before Dify is asked, and what is passed over."""

import pytest

from endpoints.openai.wire.responses_call import REFUSED
from tests.replies import llm_chunk

TOOL = {"type": "function", "name": "weather"}
CALL = {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"}
NO_FILES = "no uploaded files to refer to here"

WANTED = {
    "previous_response_id": "resp_1",
    "background": True,
    "prompt": {"id": "pmpt_1"},
    "context_management": [{"type": "compaction", "compact_threshold": 1000}],
    "moderation": {"model": "omni-moderation-latest"},
    "top_logprobs": 2,
}
"""A value of each field that cannot be had."""

BUILT_IN = [
    "web_search",
    "web_search_preview",
    "file_search",
    "code_interpreter",
    "computer_use_preview",
    "image_generation",
    "mcp",
    "local_shell",
    "shell",
    "apply_patch",
]


PASSED_OVER = {
    "store": True,
    "include": ["reasoning.encrypted_content"],
    "truncation": "auto",
    "max_tool_calls": 3,
    "service_tier": "auto",
    "stream_options": {"include_obfuscation": False},
    "prompt_cache_retention": "24h",
}
"""A value of each field that changes nothing."""


def said(*content):
    return {"input": [{"role": "user", "content": list(content)}]}


def wanting(**fields):
    return {"input": "Hello", **fields}


def items(*given):
    return {"input": list(given)}


def refused(api, body):
    """The message and the field of an error before Dify was asked."""
    response = api.http.post("/v1/responses", json=body)
    assert response.status_code == (404 if response.json()["error"]["code"] == "model_not_found" else 400)
    assert api.asked == []
    return response.json()["error"]["message"], response.json()["error"]["param"]


@pytest.mark.parametrize("field", REFUSED)
def test_a_field_that_cannot_be_had_is_refused_with_what_to_do(api, field):
    for model in ("test-model", "app/chat-app"):
        message, param = refused(api, wanting(model=model, **{field: WANTED[field]}))

        assert message == f"`{field}` cannot be had: {REFUSED[field]}."
        assert param == field


def test_what_is_as_good_as_nothing_is_no_wish(api):
    api.answer(llm_chunk("Good day."))
    nothing = {**dict.fromkeys(REFUSED), "background": False, "top_logprobs": 0, "context_management": []}

    assert api.http.post("/v1/responses", json=wanting(**nothing)).status_code == 200


@pytest.mark.parametrize("kind", BUILT_IN)
def test_a_built_in_tool_is_refused_by_its_name(api, kind):
    for tools, field in (
        ([TOOL, {"type": kind}], "tools[1]"),
        ([{"type": "namespace", "name": "n", "tools": [{"type": kind}]}], "tools[0].tools[0]"),
    ):
        message, param = refused(api, wanting(tools=tools))

        assert message.startswith(f"`{field}` is the built-in tool `{kind}`, which only OpenAI's own servers have.")
        assert param == field
    message, param = refused(api, wanting(tools=[TOOL], tool_choice={"type": kind}))
    assert f"names the built-in tool `{kind}`" in message
    assert param == "tool_choice"


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({}, "input", "`input` is missing"),
        ({"input": None}, "input", "`input` is missing"),
        ({"input": ""}, "input", "`input` is empty"),
        ({"input": []}, "input", "`input` is empty"),
        ({"input": 5}, "input", "has to be text or a list"),
        ({"input": {}}, "input", "has to be text or a list"),
        ({"messages": [{"role": "user", "content": "Hello"}]}, "input", "`input` is missing"),
        (items("Hello"), "input[0]", "has to be an object"),
        (items(None), "input[0]", "has to be an object"),
        (items({"content": "Hello"}), "input[0].role", "is missing"),
        (items({"role": "tool", "content": "x"}), "input[0].role", "'user', 'assistant', 'system' or 'developer'"),
        (items({"role": "user"}), "input[0].content", "is missing"),
        (items({"role": "user", "content": None}), "input[0].content", "has to be text or a list"),
        (items({"role": "user", "content": ["Hello"]}), "input[0].content[0]", "has to be an object"),
        (items({"type": 5}), "input[0].type", "has to be text"),
        (items({"type": ""}), "input[0].type", "text of 1 or more"),
        (items({"type": "web_search_call", "id": "ws_1"}), "input[0]", "of type `web_search_call`, which no model"),
        (items({"type": "compaction", "encrypted_content": "x"}), "input[0]", "of type `compaction`"),
        (items({"type": "item_reference", "id": "msg_1"}), "input[0]", "nothing is kept here. Send the item itself"),
        (items({"type": "reasoning", "summary": "x"}), "input[0].summary", "a list"),
        (items({**CALL, "call_id": ""}), "input[0].call_id", "text of 1 or more"),
        (items({**CALL, "arguments": {}}), "input[0].arguments", "has to be text"),
        (
            items({"type": "function_call_output", "call_id": "c1", "output": "x"}),
            "input[0].call_id",
            "belongs to no call in the items before it",
        ),
        (items(CALL, {"type": "function_call_output", "call_id": "c1"}), "input[1].output", "is missing"),
        (
            items({"type": "custom_tool_call_output", "call_id": "c1", "output": "x"}),
            "input[0].call_id",
            "send the call too",
        ),
        (said({"text": "Hello"}), "input[0].content[0]", "an object with a 'type'"),
        (said({"type": "image_url"}), "input[0].content[0]", "'type' is one of 'input_text'"),
        (said({"type": "input_text"}), "input[0].content[0].text", "is missing"),
        (said({"type": "input_image", "image_url": "cat.png"}), "input[0].content[0].image_url", "an https address"),
        (said({"type": "input_image", "file_id": "f"}), "input[0].content[0].image_url", NO_FILES),
        (said({"type": "input_file", "file_id": "f"}), "input[0].content[0].file_data", NO_FILES),
        (said({"type": "input_file", "file_data": "SGk="}), "input[0].content[0].file_data", "a data URL"),
        (said({"type": "input_file", "file_url": "ftp://x"}), "input[0].content[0].file_url", "an https address"),
        (
            items({"role": "system", "content": [{"type": "input_image", "image_url": "https://x/y.png"}]}),
            "input[0].content[0]",
            "only messages of the user may hold more",
        ),
        (wanting(model=5), "model", "has to be text"),
        (wanting(model="gpt-9"), "model", "does not exist, or this key does not reach it"),
        (wanting(model="app/nobody"), "model", "does not exist, or this key does not reach it"),
        (wanting(instructions=["Be brief."]), "instructions", "has to be text"),
        (wanting(temperature="hot"), "temperature", "has to be a number"),
        (wanting(max_output_tokens=1.5), "max_output_tokens", "has to be a whole number"),
        (wanting(stream="maybe"), "stream", "true or false"),
        (wanting(reasoning="high"), "reasoning", "an object"),
        (wanting(text={"format": "json"}), "text.format", "an object"),
        (wanting(text={"format": {"type": "grammar"}}), "text.format", "'type' is one of 'text'"),
        (wanting(text={"format": {"type": "json_schema", "name": "x"}}), "text.format.schema", "is missing"),
        (
            wanting(text={"format": {"type": "json_schema", "name": "x", "schema": {"type": "array"}}}),
            "text.format.schema",
            "the schema of an object",
        ),
        (wanting(include=["message.output_text.logprobs"]), "include", "log probabilities"),
        (wanting(conversation="conv_1"), "conversation", "for apps alone"),
        (wanting(conversation_id="c"), "conversation", "for apps alone"),
        (wanting(tools={}), "tools", "a list"),
        (wanting(tools=["weather"]), "tools[0]", "has to be an object"),
        (wanting(tools=[{"type": "function"}]), "tools[0].name", "is missing"),
        (wanting(tools=[{"type": "function", "function": TOOL}]), "tools[0].name", "is missing"),
        (wanting(tools=[{**TOOL, "parameters": []}]), "tools[0].parameters", "an object"),
        (wanting(tools=[{"type": "namespace", "name": "n"}]), "tools[0].tools", "is missing"),
        (wanting(tools=[TOOL], tool_choice="time"), "tool_choice", "'none', 'auto' or 'required'"),
        (wanting(tool_choice="required"), "tool_choice", "a tool that is not among `tools`"),
        (wanting(tools=[TOOL], tool_choice={"type": "function", "name": "time"}), "tool_choice", "not among `tools`"),
        (wanting(tools=[TOOL], tool_choice={"type": "function"}), "tool_choice.name", "is missing"),
        (
            wanting(tools=[TOOL], tool_choice={"type": "allowed_tools", "mode": "auto", "tools": [{"type": "mcp"}]}),
            "tool_choice.tools[0]",
            "the built-in tool `mcp`",
        ),
    ],
)
def test_what_is_wrong_is_told_by_its_field(api, body, field, sentence):
    message, param = refused(api, body)

    assert param == field
    assert sentence in message


def test_what_clients_send_besides_is_passed_over(api):
    api.answer(llm_chunk("Good day."))

    body = wanting(
        **PASSED_OVER,
        metadata={"a": "b"},
        prompt_cache_key="k",
        safety_identifier="s",
        client_metadata={"session": "x"},
        tools=None,
        tool_choice=None,
        parallel_tool_calls=None,
        reasoning=None,
        text=None,
        temperature=None,
        conversation=None,
        user="ana",
    )

    assert api.http.post("/v1/responses", json=body).status_code == 200
    payload = api.asked[0][1]
    assert (payload["completion_params"], payload["tools"], payload["stop"]) == ({}, None, None)
