"""What Dify is asked for a response: messages, files and parameters."""

import base64

import pytest

from tests.endpoints.api import MODEL
from tests.replies import PNG, llm_chunk

PICTURE = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
CALL = {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": '{"city": "Paris"}'}
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "No."}


@pytest.fixture(autouse=True)
def answering(api):
    api.answer(llm_chunk("Good day.", finish_reason="stop"))


def asked(api, given="Hello", **fields):
    """What Dify got for a request, which has to go through."""
    response = api.http.post("/v1/responses", json={"input": given, **fields})
    assert response.status_code == 200, response.text
    ((kind, payload),) = api.asked
    assert kind == "llm"
    return payload


def spoken(payload):
    """Role and content of each message."""
    return [(message["role"], message["content"]) for message in payload["prompt_messages"]]


def message(role, *parts):
    return {"type": "message", "role": role, "content": list(parts)}


def text(said):
    return {"type": "input_text", "text": said}


def parts_of(content):
    """Parts without the fields that say nothing."""
    return [{key: value for key, value in part.items() if value not in ("", None)} for part in content]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Hello", [("user", "Hello")]),
        ([{"role": "user", "content": "Hello"}], [("user", "Hello")]),
        ([message("user", text("Hello"))], [("user", "Hello")]),
        ([message("user")], [("user", "")]),
        (
            [
                {"role": "system", "content": "Be kind."},
                message("developer", text("Rhyme."), text("Always.")),
                {"role": "user", "content": "Rain?"},
                {
                    "id": "msg_1",
                    "type": "message",
                    "role": "assistant",
                    "status": "completed",
                    "phase": "final_answer",
                    "content": [
                        {"type": "output_text", "text": "No", "annotations": [], "logprobs": []},
                        {"type": "refusal", "refusal": "rain."},
                    ],
                },
                {"role": "assistant", "content": "None."},
                {"role": "user", "content": "Sure?"},
            ],
            [
                ("system", "Be kind."),
                ("system", "Rhyme.\nAlways."),
                ("user", "Rain?"),
                ("assistant", "No\nrain.\n\nNone."),
                ("user", "Sure?"),
            ],
        ),
    ],
)
def test_input_is_text_or_items(api, given, expected):
    assert spoken(asked(api, given, instructions="Be brief.")) == [("system", "Be brief."), *expected]


def test_instructions_are_enough(api):
    assert spoken(asked(api, [], instructions="Say hello.")) == [("system", "Say hello.")]


def test_what_a_model_did_in_a_turn_is_one_message_with_the_outputs_after_it(api):
    payload = asked(
        api,
        [
            {"role": "user", "content": "Rain?"},
            {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]},
            {"role": "assistant", "content": "Let me see."},
            {**CALL, "id": "fc_1", "status": "completed"},
            {**CALL, "call_id": "c2", "name": "time", "arguments": "{}"},
            OUTPUT,
            {**OUTPUT, "call_id": "c2", "output": [text("Noon"), text("sharp.")]},
            {**CALL, "call_id": "c3"},
            {**OUTPUT, "call_id": "c3"},
        ],
    )

    assert spoken(payload) == [
        ("user", "Rain?"),
        ("assistant", "<think>\nHm.\n</think>\n\nLet me see."),
        ("tool", "No."),
        ("tool", "Noon\nsharp."),
        ("assistant", ""),
        ("tool", "No."),
    ]
    _, calling, weather, time, *_ = payload["prompt_messages"]
    assert [(call["id"], call["function"]["name"]) for call in calling["tool_calls"]] == [
        ("c1", "weather"),
        ("c2", "time"),
    ]
    assert calling["tool_calls"][0]["function"]["arguments"] == '{"city": "Paris"}'
    assert [(each["tool_call_id"], each["name"]) for each in (weather, time)] == [("c1", "weather"), ("c2", "time")]


def test_a_summary_of_reasoning_stands_for_it(api):
    thought = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}], "encrypted_content": "x"}

    assert spoken(asked(api, [thought, CALL, OUTPUT]))[0] == ("assistant", "<think>\nHm.\n</think>\n\n")


def test_reasoning_without_a_text_is_passed_over(api):
    given = [{"type": "reasoning", "summary": [], "encrypted_content": "x"}, {"role": "assistant", "content": "No."}]

    assert spoken(asked(api, [*given, {"role": "user", "content": "Sure?"}])) == [
        ("assistant", "No."),
        ("user", "Sure?"),
    ]


def test_a_picture_that_a_tool_returns_is_shown_by_the_user(api):
    picture = {"type": "input_image", "image_url": PICTURE}

    payload = asked(api, [CALL, {**OUTPUT, "output": [text("A cat:"), picture]}, {"role": "user", "content": "Well?"}])

    _, tool, user, _ = payload["prompt_messages"]
    assert tool["content"] == "A cat:\nWhat this returned is in the next message of the user."
    assert user["role"] == "user"
    assert [part["type"] for part in user["content"]] == ["text", "image"]
    assert user["content"][0]["data"] == "What weather (c1) returned:"


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (
            {"type": "input_image", "image_url": PICTURE, "detail": "low"},
            {"type": "image", "format": "png", "mime_type": "image/png", "base64_data": PICTURE[22:], "detail": "low"},
        ),
        (
            {"type": "input_image", "image_url": "https://example.com/cat.webp", "detail": "auto", "file_id": None},
            {
                "type": "image",
                "format": "webp",
                "mime_type": "image/webp",
                "url": "https://example.com/cat.webp",
                "detail": "high",
            },
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "SUQz", "format": "mp3"}},
            {"type": "audio", "format": "mp3", "mime_type": "audio/mpeg", "base64_data": "SUQz"},
        ),
        (
            {"type": "input_file", "file_data": "data:application/pdf;base64,JVBE", "filename": "a.pdf"},
            {
                "type": "document",
                "format": "pdf",
                "mime_type": "application/pdf",
                "base64_data": "JVBE",
                "filename": "a.pdf",
            },
        ),
        (
            {"type": "input_file", "file_url": "https://example.com/a.pdf"},
            {"type": "document", "format": "pdf", "mime_type": "application/pdf", "url": "https://example.com/a.pdf"},
        ),
    ],
)
def test_pictures_recordings_and_documents_go_along(api, part, expected):
    payload = asked(api, [message("user", text("What is it?"), part)])

    assert parts_of(payload["prompt_messages"][0]["content"]) == [{"type": "text", "data": "What is it?"}, expected]


def test_no_effort_is_no_thinking(api):
    payload = asked(api, reasoning={"effort": "none"})

    assert payload["completion_params"] == {"reasoning_effort": "none", "enable_thinking": False, "thinking": False}


def test_parameters_reach_the_model_under_difys_names(api):
    payload = asked(
        api,
        temperature=0,
        top_p=0.9,
        max_output_tokens=20,
        reasoning={"effort": "low"},
        text={"verbosity": "high"},
        top_k=3,
        presence_penalty=-1,
        frequency_penalty=1.5,
        repetition_penalty=1.1,
        seed=7,
        stop="END",
    )

    assert payload["completion_params"] == {
        "temperature": 0,
        "top_p": 0.9,
        "max_tokens": 20,
        "reasoning_effort": "low",
        "verbosity": "high",
        "top_k": 3,
        "presence_penalty": -1,
        "frequency_penalty": 1.5,
        "repetition_penalty": 1.1,
        "seed": 7,
    }
    assert payload["stop"] == ["END"]
    assert payload["stream"] is True


def test_the_selectors_parameters_are_defaults(api):
    stored = {"temperature": 0.2, "max_output_tokens": 99, "grounding": True, "stop": ["Observation:"]}
    api.settings["chat_model"] = {**MODEL, "model_type": "llm", "mode": "chat", "completion_params": stored}

    payload = asked(api, max_output_tokens=5)

    assert payload["completion_params"] == {"temperature": 0.2, "max_tokens": 5, "grounding": True}
    assert payload["stop"] == ["Observation:"]


@pytest.mark.parametrize(
    ("wanted", "parameters"),
    [
        ({"format": {"type": "json_object"}}, {"response_format": "json_object"}),
        ({"format": {"type": "text"}}, {}),
        ({}, {"response_format": "JSON"}),
        (None, {"response_format": "JSON"}),
    ],
)
def test_the_form_of_the_answer_is_a_parameter_of_the_model(api, wanted, parameters):
    stored = {"response_format": "JSON"}
    api.settings["chat_model"] = {**MODEL, "model_type": "llm", "mode": "chat", "completion_params": stored}

    assert asked(api, text=wanted)["completion_params"] == parameters


def test_a_model_is_found_as_in_chat_completions(api):
    api.settings["models"] = "gpt-4o = langgenius/openai/openai/gpt-4o-2024"

    assert asked(api, model="gpt-4o")["model"] == "gpt-4o-2024"


def test_what_does_not_fit_on_a_line_of_the_plugin_is_refused_and_the_plugin_lives(api):
    large = api.http.post("/v1/responses", json={"input": "x" * 5_300_000})

    assert large.status_code == 413
    assert (large.json()["error"]["code"], large.json()["error"]["param"]) == ("request_too_large", "input")
    assert api.asked == []
    assert spoken(asked(api)) == [("user", "Hello")]
