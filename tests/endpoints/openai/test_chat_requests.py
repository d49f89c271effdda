"""What Dify is asked for a chat completion: messages, files and parameters."""

import base64

import pytest

from tests.endpoints.api import MODEL
from tests.replies import PNG, llm_chunk

HELLO = [{"role": "user", "content": "Hello"}]
PICTURE = base64.b64encode(PNG).decode()


@pytest.fixture(autouse=True)
def answering(api):
    api.answer(llm_chunk("Good day.", finish_reason="stop"))


def asked(api, messages=HELLO, **fields):
    """What Dify got for a request with the `openai` client, which has to go through."""
    api.openai().chat.completions.create(model="test-model", messages=messages, **fields)
    ((kind, payload),) = api.asked
    assert kind == "llm"
    return payload


def asked_raw(api, **fields):
    """The same for a body of any fields."""
    response = api.http.post("/v1/chat/completions", json={"messages": HELLO, **fields})
    assert response.status_code == 200, response.text
    ((kind, payload),) = api.asked
    assert kind == "llm"
    return payload


def spoken(payload):
    """Role and content of each message."""
    return [(message["role"], message["content"]) for message in payload["prompt_messages"]]


def user_parts(payload):
    """The parts of the first message, without the fields that say nothing."""
    parts = payload["prompt_messages"][0]["content"]
    return [{key: value for key, value in part.items() if value not in ("", None)} for part in parts]


def test_every_role_reaches_dify(api):
    payload = asked(
        api,
        [
            {"role": "system", "content": "Be brief."},
            {
                "role": "developer",
                "content": [{"type": "text", "text": "Be kind."}, {"type": "text", "text": "Rhyme."}],
            },
            {"role": "user", "content": "Rain?", "name": "Ana"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "No."}]},
            {"role": "assistant", "content": [{"type": "text", "text": "No"}, {"type": "refusal", "refusal": "rain."}]},
            {"role": "user", "content": [{"type": "text", "text": "Sure?"}]},
        ],
    )

    assert spoken(payload) == [
        ("system", "Be brief."),
        ("system", "Be kind.\nRhyme."),
        ("user", "Rain?"),
        ("assistant", ""),
        ("tool", "No."),
        ("assistant", "No\nrain."),
        ("user", "Sure?"),
    ]
    _, _, ana, calling, returned, _, _ = payload["prompt_messages"]
    assert ana["name"] == "Ana"
    assert calling["tool_calls"] == [
        {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    ]
    assert (returned["tool_call_id"], returned["name"]) == ("c1", "weather")


def test_dify_is_always_asked_to_stream(api):
    assert asked(api)["stream"] is True


@pytest.mark.parametrize(
    ("url", "image"),
    [
        (
            {"url": f"data:image/png;base64,{PICTURE}", "detail": "low"},
            {"format": "png", "mime_type": "image/png", "base64_data": PICTURE, "detail": "low"},
        ),
        (
            {"url": f"data:image/jpg;base64,{PICTURE}"},
            {"format": "jpg", "mime_type": "image/jpeg", "base64_data": PICTURE, "detail": "high"},
        ),
        (
            {"url": "https://example.com/a%20cat.webp?w=1", "detail": "auto"},
            {
                "format": "webp",
                "mime_type": "image/webp",
                "url": "https://example.com/a%20cat.webp?w=1",
                "detail": "high",
            },
        ),
        (
            "https://example.com/cat",
            {"format": "jpg", "mime_type": "image/jpeg", "url": "https://example.com/cat", "detail": "high"},
        ),
    ],
)
def test_a_picture_goes_along_as_data_or_as_an_address(api, url, image):
    content = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": url}]

    assert user_parts(asked(api, [{"role": "user", "content": content}])) == [
        {"type": "text", "data": "What is it?"},
        {"type": "image", **image},
    ]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (
            {"type": "input_audio", "input_audio": {"data": "SUQz", "format": "mp3"}},
            {"type": "audio", "format": "mp3", "mime_type": "audio/mpeg", "base64_data": "SUQz"},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "SUQz", "format": "WAV"}},
            {"type": "audio", "format": "wav", "mime_type": "audio/wav", "base64_data": "SUQz"},
        ),
        *(
            (
                {"type": "input_audio", "input_audio": {"data": "SUQz", "format": written}},
                {"type": "audio", "format": name, "mime_type": mime_type, "base64_data": "SUQz"},
            )
            for written, name, mime_type in (
                ("audio/wav", "wav", "audio/wav"),
                ("audio/x-wav", "wav", "audio/wav"),
                ("audio/mpeg", "mp3", "audio/mpeg"),
                ("Audio/WebM; codecs=opus", "webm", "audio/webm"),
                (".flac", "flac", "audio/flac"),
                ("audio/x-flac", "flac", "audio/flac"),
                ("audio/x-m4a", "m4a", "audio/m4a"),
            )
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "data:audio/wav;base64,SUQz", "format": "wav"}},
            {"type": "audio", "format": "wav", "mime_type": "audio/wav", "base64_data": "SUQz"},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "https://example.com/a.mp3", "format": "mp3"}},
            {"type": "audio", "format": "mp3", "mime_type": "audio/mpeg", "url": "https://example.com/a.mp3"},
        ),
        (
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBE", "filename": "a.pdf"}},
            {
                "type": "document",
                "format": "pdf",
                "mime_type": "application/pdf",
                "base64_data": "JVBE",
                "filename": "a.pdf",
            },
        ),
        (
            {"type": "file", "file": {"file_data": "SGVs\nbG8=", "filename": "hello.txt"}},
            {
                "type": "document",
                "format": "txt",
                "mime_type": "text/plain",
                "base64_data": "SGVsbG8=",
                "filename": "hello.txt",
            },
        ),
    ],
)
def test_a_recording_and_a_document_go_along(api, part, expected):
    assert user_parts(asked_raw(api, messages=[{"role": "user", "content": [part]}])) == [expected]


def test_parameters_reach_the_model_under_difys_names(api):
    payload = asked(
        api,
        temperature=0.5,
        top_p=0.9,
        presence_penalty=-1,
        frequency_penalty=1.5,
        max_completion_tokens=20,
        max_tokens=10,
        seed=7,
        stop="END",
        reasoning_effort="low",
        extra_body={"top_k": 3, "repetition_penalty": 1.1, "enable_thinking": False},
    )

    assert payload["completion_params"] == {
        "temperature": 0.5,
        "top_p": 0.9,
        "presence_penalty": -1,
        "frequency_penalty": 1.5,
        "max_tokens": 20,
        "seed": 7,
        "reasoning_effort": "low",
        "top_k": 3,
        "repetition_penalty": 1.1,
        "enable_thinking": False,
        "thinking": False,
    }
    assert payload["stop"] == ["END"]


def test_zero_is_a_value(api):
    zeros = dict.fromkeys(
        ["temperature", "top_p", "presence_penalty", "frequency_penalty", "max_tokens", "seed", "top_k"], 0
    )

    assert asked_raw(api, **zeros)["completion_params"] == zeros


def test_the_selectors_parameters_are_defaults(api):
    stored = {"temperature": 0.2, "max_output_tokens": 99, "grounding": True, "stop": ["Observation:"]}
    api.settings["chat_model"] = {**MODEL, "model_type": "llm", "mode": "completion", "completion_params": stored}

    payload = asked(api, temperature=0, max_tokens=5)

    assert payload["completion_params"] == {"temperature": 0, "max_tokens": 5, "grounding": True}
    assert payload["stop"] == ["Observation:"]
    assert payload["mode"] == "completion"


@pytest.mark.parametrize(("stop", "expected"), [(["a", "b"], ["a", "b"]), ("c", ["c"]), ("", None), ([], None)])
def test_stop_sequences_override_those_of_the_selector(api, stop, expected):
    stored = {"stop": ["Observation:"]}
    api.settings["chat_model"] = {**MODEL, "model_type": "llm", "mode": "chat", "completion_params": stored}

    assert asked_raw(api, stop=stop)["stop"] == expected


@pytest.mark.parametrize(
    ("wanted", "parameters"),
    [
        ({"type": "json_object"}, {"response_format": "json_object"}),
        ({"type": "text"}, {}),
        (None, {"response_format": "JSON"}),
    ],
)
def test_the_form_of_the_answer_is_a_parameter_of_the_model(api, wanted, parameters):
    stored = {"response_format": "JSON"}
    api.settings["chat_model"] = {**MODEL, "model_type": "llm", "mode": "chat", "completion_params": stored}

    assert asked_raw(api, response_format=wanted)["completion_params"] == parameters


def test_what_clients_send_besides_is_passed_over(api):
    payload = asked_raw(
        api,
        user="ana",
        metadata={"a": "b"},
        store=True,
        service_tier="auto",
        n=1,
        logprobs=False,
        top_logprobs=None,
        logit_bias={},
        functions=None,
        modalities=["text"],
        prediction=None,
        stream=False,
        stream_options=None,
        tools=None,
        tool_choice=None,
        parallel_tool_calls=None,
        response_format=None,
        stop=None,
        temperature=None,
        max_tokens=None,
        conversation_id=None,
        chat_template_kwargs={"x": 1},
        options={"num_ctx": 4096},
    )

    assert payload["completion_params"] == {}
    assert payload["tools"] is None
    assert payload["stop"] is None


def test_half_a_letter_is_refused(api):
    body = b'{"messages": [{"role": "user", "content": "\\ud83d"}]}'

    response = api.http.post("/v1/chat/completions", content=body, headers={"Content-Type": "application/json"})

    assert response.status_code == 400
    assert api.asked == []


def test_what_does_not_fit_on_a_line_of_the_plugin_is_refused_and_the_plugin_lives(api):
    large = api.http.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "x" * 5_300_000}]})

    assert large.status_code == 413
    assert large.json()["error"]["code"] == "request_too_large"
    assert api.asked == []
    assert spoken(asked(api)) == [("user", "Hello")]


def test_the_largest_picture_that_fits_goes_along(api):
    data = "iVBO" * 1_290_000
    content = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}]

    assert user_parts(asked(api, [{"role": "user", "content": content}]))[0]["base64_data"] == data


def test_the_default_model_answers_where_none_is_named(api):
    assert asked_raw(api)["model"] == "test-model"


def test_a_model_of_the_workspace_is_asked_by_its_full_id(api):
    api.settings["reach"] = "workspace"

    payload = asked_raw(api, model="langgenius/ollama/ollama/llama3:8b")

    assert (payload["provider"], payload["model"], payload["mode"]) == ("langgenius/ollama/ollama", "llama3:8b", "chat")
