"""Requests for a chat completion that are refused before Dify is asked."""

import pytest

HELLO = [{"role": "user", "content": "Hello"}]
TOOL = {"type": "function", "function": {"name": "weather"}}
CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
URL = "messages[0].content[0].image_url.url"


def said(**message):
    return {"messages": [{"role": "user", **message}]}


def part(**part):
    return said(content=[part])


def image(url):
    return part(type="image_url", image_url={"url": url})


def wanting(**fields):
    return {"messages": HELLO, **fields}


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({}, "messages", "`messages` is missing"),
        ({"messages": []}, "messages", "a list of 1 or more"),
        ({"messages": "Hello"}, "messages", "has to be a list"),
        ({"messages": ["Hello"]}, "messages[0]", "has to be an object"),
        ({"messages": [{"content": "Hello"}]}, "messages[0]", "an object with a 'role'"),
        ({"messages": [{"role": "human", "content": "x"}]}, "messages[0]", "'role' is one of 'system'"),
        ({"messages": [{"role": "function", "name": "f", "content": "x"}]}, "messages[0]", "replaced by `tool`"),
        (said(), "messages[0].content", "`messages[0].content` is missing"),
        (said(content=None), "messages[0].content", "has to be text or a list"),
        (said(content=5), "messages[0].content", "has to be text or a list"),
        (said(content=[]), "messages[0].content", "a list of 1 or more"),
        (said(content=["Hello"]), "messages[0].content[0]", "has to be an object"),
        (part(text="Hello"), "messages[0].content[0]", "an object with a 'type'"),
        (part(type="video_url"), "messages[0].content[0]", "'type' is one of 'text'"),
        (part(type="text"), "messages[0].content[0].text", "is missing"),
        (part(type="image_url"), "messages[0].content[0].image_url", "is missing"),
        (image(""), URL, "text of 1 or more"),
        (image("cat.png"), URL, "a data URL (data:image/jpeg;base64,...) or an https address"),
        (image("file:///etc/passwd"), URL, "or an https address"),
        (image("https://"), URL, "or an https address"),
        (image("http://[::1"), URL, "or an https address"),
        (image("data:image/png,abc"), URL, "no data URL that can be used"),
        (image("data:text/plain;base64,SGk="), URL, "no data URL that can be used"),
        (image("data:image/png;base64"), URL, "no data URL that can be used"),
        (image("data:image/png;base64,"), URL, "holds an empty file"),
        (image("data:image/png;base64,a"), URL, "is not base64"),
        (image("data:image/png;base64,é==="), URL, "is not base64"),
        (
            part(type="input_audio", input_audio={"data": "SUQz"}),
            "messages[0].content[0].input_audio.format",
            "missing",
        ),
        (
            part(type="input_audio", input_audio={"data": "SUQz", "format": "a recording/wav"}),
            "messages[0].content[0].input_audio.format",
            'a format such as "wav" or "mp3"',
        ),
        (
            part(type="input_audio", input_audio={"data": "data:text/plain;base64,SUQz", "format": "wav"}),
            "messages[0].content[0].input_audio.data",
            "no data URL that can be used",
        ),
        (part(type="file", file={"file_id": "f1"}), "messages[0].content[0].file.file_data", "send the file itself"),
        (part(type="file", file={"file_data": "SGk="}), "messages[0].content[0].file.file_data", "a data URL"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id", "is missing"),
        (
            {"messages": [{"role": "tool", "content": "x", "tool_call_id": ""}]},
            "messages[0].tool_call_id",
            "text of 1 or more",
        ),
        (
            {"messages": [{"role": "system", "content": [{"type": "image_url", "image_url": "https://x/y.png"}]}]},
            "messages[0].content[0].type",
            "has to be 'text'",
        ),
        (
            {"messages": [{"role": "assistant", "content": None, "tool_calls": [{**CALL, "type": "custom"}]}]},
            "messages[0].tool_calls[0].type",
            "has to be 'function'",
        ),
        (
            {"messages": [{"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": ""}}]},
            "messages[0].function_call",
            "replaced by `tool_calls`",
        ),
        (wanting(model=5), "model", "has to be text"),
        (wanting(model="gpt-5"), "model", "does not exist, or this key does not reach it"),
        (wanting(model="app/nobody"), "model", "does not exist, or this key does not reach it"),
        (wanting(temperature="hot"), "temperature", "has to be a number"),
        (wanting(temperature=True), "temperature", "has to be a number"),
        (wanting(max_tokens=1.5), "max_tokens", "has to be a whole number"),
        (wanting(max_tokens="5"), "max_tokens", "has to be a whole number"),
        (wanting(stop=[1]), "stop[0]", "has to be text"),
        (wanting(stop=5), "stop", "text or a list"),
        (wanting(stream="maybe"), "stream", "true or false"),
        (wanting(stream_options=[]), "stream_options", "an object"),
        (wanting(n=2), "n", "`n` has to be 1"),
        (wanting(n=0), "n", "`n` has to be 1"),
        (wanting(logprobs=True), "logprobs", "Dify passes no log probabilities on"),
        (wanting(top_logprobs=2), "top_logprobs", "Dify passes no log probabilities on"),
        (wanting(logit_bias={"50256": -100}), "logit_bias", "no such parameter"),
        (wanting(functions=[{"name": "f"}]), "functions", "replaced by `tools`"),
        (wanting(function_call="auto"), "function_call", "replaced by `tool_choice`"),
        (wanting(modalities=["text", "audio"]), "modalities", "text only"),
        (wanting(audio={"voice": "alloy", "format": "mp3"}), "audio", "/v1/audio/speech"),
        (wanting(web_search_options={"search_context_size": "low"}), "web_search_options", "search nothing"),
        (wanting(tools=[{"type": "web_search"}]), "tools[0].type", "has to be 'function'"),
        (
            wanting(tools=[{"type": "function", "function": {"name": ""}}]),
            "tools[0].function.name",
            "text of 1 or more",
        ),
        (
            wanting(tools=[{"type": "function", "function": {"name": "f", "parameters": []}}]),
            "tools[0].function.parameters",
            "an object",
        ),
        (wanting(tool_choice="maybe"), "tool_choice", "'none', 'auto' or 'required' or an object"),
        (wanting(tool_choice="required"), "tool_choice", "there are no `tools`"),
        (
            wanting(tools=[TOOL], tool_choice={"type": "function", "function": {"name": "time"}}),
            "tool_choice",
            "not among `tools`",
        ),
        (wanting(response_format={"type": "xml"}), "response_format", "'type' is one of"),
        (wanting(response_format="json_object"), "response_format", "an object"),
        (wanting(response_format={"type": "json_schema"}), "response_format.json_schema", "is missing"),
        (
            wanting(response_format={"type": "json_schema", "json_schema": {"name": "x"}}),
            "response_format.json_schema.schema",
            "is missing",
        ),
        (
            wanting(response_format={"type": "json_schema", "json_schema": {"schema": {"type": "array"}}}),
            "response_format.json_schema.schema",
            "the schema of an object",
        ),
    ],
)
def test_a_bad_request_is_refused_with_the_name_of_the_field(api, body, field, sentence):
    response = api.http.post("/v1/chat/completions", json=body)

    error = response.json()["error"]
    assert response.status_code == (404 if "does not exist" in sentence else 400)
    assert error["param"] == field
    assert sentence in error["message"]
    assert error["type"] == "invalid_request_error"
    assert api.asked == []


def test_a_request_without_the_key_is_refused(api):
    response = api.http.post("/v1/chat/completions", json=wanting(), headers={"Authorization": "Bearer wrong"})

    assert response.status_code == 401
    assert response.json()["error"]["code"] == "invalid_api_key"


def test_a_model_of_another_type_is_refused(api):
    api.settings["models"] = "tts-1 = tts:langgenius/openai/openai/tts-1"

    response = api.http.post("/v1/chat/completions", json=wanting(model="tts-1"))

    assert response.status_code == 400
    assert "is of type tts" in response.json()["error"]["message"]
