"""What Dify is asked for a message: messages, files and parameters."""

import base64

import pytest

from tests.endpoints.api import MODEL
from tests.replies import PNG, llm_chunk
from workspace.wire import DifyError

HELLO = [{"role": "user", "content": "Hello"}]
PICTURE = base64.b64encode(PNG).decode()
CACHED = {"cache_control": {"type": "ephemeral", "ttl": "1h", "scope": "global"}}


@pytest.fixture(autouse=True)
def answering(api):
    api.answer(llm_chunk("Good day.", finish_reason="stop"))


def asked(api, messages=HELLO, **fields):
    """What Dify got for a request of any fields, which has to go through."""
    response = api.http.post("/v1/messages?beta=true", json={"messages": messages, **fields})
    assert response.status_code == 200, response.text
    ((kind, payload),) = api.asked
    assert kind == "llm"
    return payload


def spoken(payload):
    """Role and content of each message."""
    return [(message["role"], message["content"]) for message in payload["prompt_messages"]]


def parts(payload, place=0):
    """The parts of a message, without the fields that say nothing."""
    content = payload["prompt_messages"][place]["content"]
    return [{key: value for key, value in part.items() if value not in ("", None)} for part in content]


def text(said, **fields):
    return {"type": "text", "text": said, **fields}


def image(**source):
    return {"type": "image", "source": source}


def document(title=None, **source):
    return {"type": "document", "source": source, "title": title, "citations": {"enabled": True}, **CACHED}


def user(*content):
    return [{"role": "user", "content": list(content)}]


INLINE = image(type="base64", media_type="image/png", data=PICTURE)
INLINE_PART = {
    "type": "image",
    "format": "png",
    "mime_type": "image/png",
    "base64_data": PICTURE,
    "detail": "high",
}


@pytest.mark.parametrize(
    "system",
    [
        "Be brief.\nRhyme.",
        [text("Be brief.", **CACHED), text("Rhyme.", citations=None)],
        [text("x-anthropic-billing-header: cc_version=1; cch=7af;"), text("Be brief."), text("Rhyme.")],
    ],
)
def test_the_system_is_the_first_message(api, system):
    assert spoken(asked(api, system=system)) == [("system", "Be brief.\nRhyme."), ("user", "Hello")]


@pytest.mark.parametrize("system", ["", [], [text("x-anthropic-billing-header: cch=7af;")], None])
def test_without_a_system_there_is_no_message_of_it(api, system):
    assert spoken(asked(api, system=system)) == [("user", "Hello")]


def test_messages_of_the_system_stay_where_they_stand(api):
    payload = asked(
        api,
        [
            {"role": "user", "content": "One."},
            {"role": "system", "content": [text("Agents: none.", **CACHED)]},
            {"role": "assistant", "content": "Two."},
            {"role": "system", "content": "Be quick."},
            {"role": "user", "content": "Three."},
        ],
        system="Be brief.",
    )

    assert [role for role, _ in spoken(payload)] == ["system", "user", "system", "assistant", "system", "user"]
    assert spoken(payload)[2] == ("system", "Agents: none.")


def test_texts_in_parts_are_one_text(api):
    """Which every provider takes."""
    payload = asked(api, [*user(text("One."), text("Two.", **CACHED)), {"role": "assistant", "content": [text("Hm.")]}])

    assert spoken(payload) == [("user", "One.\nTwo."), ("assistant", "Hm.")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (INLINE["source"], INLINE_PART),
        (
            {"type": "base64", "media_type": "IMAGE/JPG".lower(), "data": PICTURE},
            {**INLINE_PART, "format": "jpg", "mime_type": "image/jpeg"},
        ),
        (
            {"type": "url", "url": "https://example.com/cat.webp?w=1"},
            {
                "type": "image",
                "format": "webp",
                "mime_type": "image/webp",
                "url": "https://example.com/cat.webp?w=1",
                "detail": "high",
            },
        ),
    ],
)
def test_a_picture_goes_along_as_data_or_as_an_address(api, source, expected):
    assert parts(asked(api, user(text("What is it?"), image(**source)))) == [
        {"type": "text", "data": "What is it?"},
        expected,
    ]


PDF = {"type": "document", "format": "pdf", "mime_type": "application/pdf"}


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (
            document("a.pdf", type="base64", media_type="application/pdf", data="JVBE"),
            [{"type": "text", "data": "a.pdf"}, {**PDF, "base64_data": "JVBE", "filename": "a.pdf"}, INLINE_PART],
        ),
        (
            document(type="url", url="https://example.com/a.pdf"),
            [{**PDF, "url": "https://example.com/a.pdf"}, INLINE_PART],
        ),
        (
            document("Notes", type="text", media_type="text/plain", data="Ice."),
            [{"type": "text", "data": "Notes"}, {"type": "text", "data": "Ice."}, INLINE_PART],
        ),
        (
            document(type="content", content=[text("Ice."), INLINE]),
            [{"type": "text", "data": "Ice."}, INLINE_PART, INLINE_PART],
        ),
        (document(type="content", content="Ice."), [{"type": "text", "data": "Ice."}, INLINE_PART]),
        (
            {"type": "search_result", "source": "s", "title": "Harbours", "content": [text("Ice."), text("Wind.")]},
            [{"type": "text", "data": "Harbours (s)\nIce.\nWind."}, INLINE_PART],
        ),
    ],
)
def test_documents_and_search_results_go_along(api, part, expected):
    assert parts(asked(api, user(part, INLINE))) == expected


def test_what_only_anthropics_servers_can_read_is_passed_over(api):
    payload = asked(
        api,
        [
            *HELLO,
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
                    {"type": "redacted_thinking", "data": "c2ln"},
                    {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "ice"}},
                    {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []},
                    text("Good day."),
                ],
            },
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}]},
            {"role": "user", "content": "Go on."},
        ],
    )

    assert spoken(payload) == [("user", "Hello"), ("assistant", "Good day."), ("user", "Go on.")]


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ("langgenius/test/test", "<think>\nIf a < b.\n</think>\n\nGood day."),
        (
            "langgenius/deepseek/deepseek",
            "<think>\n<!--dify-deepseek-reasoning-->If a &lt; b.\n</think>Good day.",
        ),
    ],
)
def test_what_a_model_of_dify_has_thought_goes_back_to_it(api, provider, expected):
    """Its signature is empty, as in the reply that it came with; DeepSeek refuses a round of tools without it."""
    api.settings["chat_model"] = {**api.settings["chat_model"], "provider": provider}
    thought = {"type": "thinking", "thinking": "If a < b.", "signature": ""}

    payload = asked(api, [*HELLO, {"role": "assistant", "content": [thought, text("Good day.")]}, *HELLO])

    assert spoken(payload)[1] == ("assistant", expected)


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ("langgenius/volcengine/volcengine", {"enable_thinking": False, "thinking": "disabled"}),
        ("langgenius/gemini/gemini", {"enable_thinking": False, "thinking": False, "thinking_mode": False}),
    ],
)
def test_a_provider_is_told_whether_to_think_in_its_own_terms(api, provider, expected):
    api.settings["chat_model"] = {**api.settings["chat_model"], "provider": provider}

    params = asked(api, thinking={"type": "disabled"})["completion_params"]

    assert {name: value for name, value in params.items() if name != "max_tokens"} == expected


def test_parameters_reach_the_model_under_difys_names(api):
    payload = asked(api, max_tokens=20, temperature=0.5, top_p=0.9, top_k=3, stop_sequences=["END", ""])

    assert payload["completion_params"] == {"max_tokens": 20, "temperature": 0.5, "top_p": 0.9, "top_k": 3}
    assert payload["stop"] == ["END"]
    assert payload["stream"] is True


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"thinking": {"type": "enabled", "budget_tokens": 2048}},
            {"thinking": True, "enable_thinking": True, "thinking_budget": 2048},
        ),
        ({"thinking": {"type": "disabled"}}, {"thinking": False, "enable_thinking": False}),
        ({"thinking": {"type": "adaptive", "display": "summarized"}}, {}),
        ({"thinking": {"type": "between_tools"}}, {}),
        ({"output_config": {"effort": "max"}}, {"effort": "max", "reasoning_effort": "max"}),
        ({"output_config": {}}, {}),
    ],
)
def test_wishes_for_thinking_go_by_the_names_that_difys_models_have_for_them(api, fields, expected):
    assert asked(api, **fields)["completion_params"] == expected


def test_the_selectors_parameters_are_defaults(api):
    stored = {"temperature": 0.2, "max_output_tokens": 99, "grounding": True, "stop": ["Observation:"]}
    api.settings["chat_model"] = {**MODEL, "model_type": "llm", "mode": "completion", "completion_params": stored}

    payload = asked(api, temperature=0, max_tokens=5)

    assert payload["completion_params"] == {"temperature": 0, "max_tokens": 5, "grounding": True}
    assert payload["stop"] == ["Observation:"]


def refusing(**limits):
    """A Dify whose model takes no more of a parameter than it says here, and those at None not at all."""

    def handler(_type, payload):
        for name, most in limits.items():
            value = payload["completion_params"].get(name)
            if value is not None and most is None:
                raise DifyError(f"read llm model failed: request failed: Model Parameter {name} should be bool.")
            if value is not None and value > most:
                sentence = f"Model Parameter {name} should be less than or equal to {most}."
                raise DifyError(f"read llm model failed: request failed: {sentence}")
        yield llm_chunk("Good day.", finish_reason="stop")

    return handler


@pytest.mark.parametrize("stream", [False, True])
def test_what_the_model_does_not_take_of_tokens_and_thinking_gives_way(api, stream):
    """Clients set `max_tokens` to what Anthropic's models can, and half of Dify's take less."""
    api.handler = refusing(max_tokens=4096.0, thinking=None, reasoning_effort=None)
    body = {
        "messages": HELLO,
        "stream": stream,
        "max_tokens": 32_000,
        "top_p": 0.5,
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "output_config": {"effort": "high"},
    }

    response = api.http.post("/v1/messages", json=body)

    assert response.status_code == 200
    assert "Good day." in response.text
    assert api.asked[-1][1]["completion_params"] == {
        "max_tokens": 4096,
        "top_p": 0.5,
        "enable_thinking": True,
        "thinking_budget": 1024,
        "effort": "high",
    }
    assert len(api.asked) == 4


def test_what_the_caller_alone_wants_does_not_give_way(api):
    api.handler = refusing(temperature=1.0)

    response = api.http.post("/v1/messages", json={"messages": HELLO, "temperature": 1.5})

    assert response.status_code == 400
    assert "temperature should be less than or equal to 1.0" in response.json()["error"]["message"]
    assert len(api.asked) == 1


def test_a_model_that_takes_a_parameter_in_no_way_is_not_asked_for_ever(api):
    def refuse(_type, _payload):
        raise DifyError("request failed: Model Parameter max_tokens is required.")
        yield

    api.handler = refuse

    assert api.http.post("/v1/messages", json={"messages": HELLO, "max_tokens": 5}).status_code == 400
    assert len(api.asked) == 2


CLAUDE_CODE = {
    "model": "test-model",
    "messages": [
        {"role": "user", "content": [text("<system-reminder>\nToday.\n</system-reminder>"), text("Read a.", **CACHED)]},
        {"role": "system", "content": "Agent types: none."},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "Read", "input": {"path": "a"}}]},
        {"role": "user", "content": [{"tool_use_id": "c1", "type": "tool_result", "content": "1\tIce.", **CACHED}]},
        {"role": "system", "content": [text("Mind the time.", **CACHED)]},
    ],
    "system": [
        text("x-anthropic-billing-header: cc_version=2; cc_entrypoint=cli;"),
        text("You are an agent.", **CACHED),
        text("\nYou help with software.", **CACHED),
    ],
    "tools": [
        {
            "name": "Read",
            "description": "Reads a file.",
            "input_schema": {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "properties": {"path": {"type": "string"}},
                "additionalProperties": False,
            },
            "eager_input_streaming": True,
            **CACHED,
        }
    ],
    "metadata": {"user_id": '{"device_id":"d1","account_uuid":"","session_id":"s1"}'},
    "max_tokens": 32000,
    "thinking": {"type": "adaptive"},
    "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
    "output_config": {"effort": "high"},
    "service_tier": "auto",
    "diagnostics": {"previous_message_id": None},
    "stream": False,
}
"""The form of what Claude Code sends in the second round of a session."""


def test_what_claude_code_sends_goes_through(api):
    payload = asked(api, **CLAUDE_CODE)

    assert spoken(payload) == [
        ("system", "You are an agent.\n\nYou help with software."),
        ("user", "<system-reminder>\nToday.\n</system-reminder>\nRead a."),
        ("system", "Agent types: none."),
        ("assistant", ""),
        ("tool", "1\tIce."),
        ("system", "Mind the time."),
    ]
    assert [tool["name"] for tool in payload["tools"]] == ["Read"]


def test_what_does_not_fit_on_a_line_of_the_plugin_is_refused_and_the_plugin_lives(api):
    large = api.http.post("/v1/messages", json={"messages": [{"role": "user", "content": "x" * 5_300_000}]})

    assert large.status_code == 413
    assert large.json()["error"]["type"] == "request_too_large"
    assert api.asked == []
    assert spoken(asked(api)) == [("user", "Hello")]


def test_the_largest_picture_that_fits_goes_along(api):
    data = "iVBO" * 1_290_000

    assert parts(asked(api, user(image(type="base64", media_type="image/png", data=data))))[0]["base64_data"] == data


def test_a_model_of_the_workspace_is_asked_by_its_full_id(api):
    api.settings["reach"] = "workspace"

    payload = asked(api, model="langgenius/ollama/ollama/llama3:8b")

    assert (payload["provider"], payload["model"], payload["mode"]) == ("langgenius/ollama/ollama", "llama3:8b", "chat")
