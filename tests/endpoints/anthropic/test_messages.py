"""`/v1/messages` with the `anthropic` client, and the events of its streams."""

import asyncio
import json
import threading

import anthropic
import pytest

from tests.endpoints.api import KEY
from tests.replies import llm_chunk, tool_call
from workspace.wire import DifyError

HELLO = [{"role": "user", "content": "Hello"}]
ANSWER = [llm_chunk("Good "), llm_chunk("day."), llm_chunk("", finish_reason="stop", total_tokens=7)]
THOUGHT = [llm_chunk("<think>\nA greet"), llm_chunk("ing.\n</th"), llm_chunk("ink>\n\nGood day.")]
ADAPTIVE = {"type": "adaptive"}
DOWN = DifyError("read llm model failed: request failed: the provider is down")
CUT = DifyError("read llm model failed: EOF\nfailed to read data")


def create(api, **fields):
    return api.anthropic().messages.create(**{"model": "test-model", "max_tokens": 50, "messages": HELLO, **fields})


def post(api, **fields):
    return api.http.post("/v1/messages", json={"max_tokens": 50, "messages": HELLO, "stream": True, **fields})


def events(api, **fields):
    """The data of each event of a stream; the framing is checked on the way."""
    response = post(api, **fields)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    *blocks, rest = response.text.split("\n\n")
    assert rest == ""
    found = []
    for block in blocks:
        name, data = block.split("\n")
        found.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {found[-1]['type']}"
    return found


def final(api, **fields):
    """The message that the client makes of a stream."""
    asked = {"model": "test-model", "max_tokens": 50, "messages": HELLO, **fields}
    with api.anthropic().messages.stream(**asked) as stream:
        return stream.get_final_message()


def test_a_whole_answer_has_text_usage_and_stop_reason(api):
    api.answer(*ANSWER)

    message = create(api)

    assert message.id.startswith("msg_")
    assert (message.type, message.role, message.model) == ("message", "assistant", "test-model")
    assert [(part.type, part.text) for part in message.content] == [("text", "Good day.")]
    assert (message.stop_reason, message.stop_sequence) == ("end_turn", None)
    assert (message.usage.input_tokens, message.usage.output_tokens) == (6, 1)


def test_a_streamed_answer_is_the_same_message(api):
    api.answer(*ANSWER)

    message = final(api)

    assert [(part.type, part.text) for part in message.content] == [("text", "Good day.")]
    assert message.stop_reason == "end_turn"
    assert (message.usage.input_tokens, message.usage.output_tokens) == (6, 1)


def test_the_events_of_a_text_come_in_order(api):
    api.answer(*ANSWER)

    start, *others = events(api)

    message = start["message"]
    assert message.pop("id").startswith("msg_")
    assert message.pop("usage") == {
        "input_tokens": 2,
        "output_tokens": 0,
        "cache_creation_input_tokens": None,
        "cache_read_input_tokens": None,
    }
    assert start == {
        "type": "message_start",
        "message": {
            "type": "message",
            "role": "assistant",
            "model": "test-model",
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
        },
    }
    assert others == [
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Good "}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "day."}},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {
                "input_tokens": 6,
                "output_tokens": 1,
                "cache_creation_input_tokens": None,
                "cache_read_input_tokens": None,
            },
        },
        {"type": "message_stop"},
    ]


def test_tokens_that_dify_does_not_tell_are_estimated(api):
    api.answer(llm_chunk("Good "), llm_chunk("day."))

    for usage in (create(api).usage, final(api).usage):
        assert (usage.input_tokens, usage.output_tokens) == (2, 3)


def test_tokens_that_a_provider_does_not_count_are_estimated(api):
    uncounted = llm_chunk("Good day.", finish_reason="stop", total_tokens=1)
    uncounted["delta"]["usage"] |= {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    api.answer(uncounted)

    assert (create(api).usage.input_tokens, final(api).usage.output_tokens) == (2, 3)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("stop", "end_turn"),
        ("end_turn", "end_turn"),
        (None, "end_turn"),
        ("stop_sequence", "stop_sequence"),
        ("length", "max_tokens"),
        ("SAFETY", "refusal"),
    ],
)
def test_stop_reasons_are_those_of_the_api(api, reason, expected):
    api.answer(llm_chunk("Good", finish_reason=reason))

    assert create(api).stop_reason == expected
    assert final(api).stop_reason == expected


def test_thinking_is_a_part_of_its_own_in_front_of_the_text(api):
    api.answer(*THOUGHT)

    for message in (create(api, thinking=ADAPTIVE), final(api, thinking=ADAPTIVE)):
        thinking, text = message.content
        assert (thinking.type, thinking.thinking.strip(), thinking.signature) == ("thinking", "A greeting.", "")
        assert (text.type, text.text) == ("text", "Good day.")

    deltas = [
        (event["index"], event["delta"])
        for event in events(api, thinking=ADAPTIVE)
        if "index" in event and "delta" in event
    ]
    assert deltas == [
        (0, {"type": "thinking_delta", "thinking": "A greet"}),
        (0, {"type": "thinking_delta", "thinking": "ing.\n"}),
        (1, {"type": "text_delta", "text": "Good day."}),
    ]


@pytest.mark.parametrize("thinking", [None, {"type": "disabled"}, {"type": "adaptive", "display": "omitted"}])
def test_who_has_not_asked_for_thinking_gets_text_first(api, thinking):
    api.answer(*THOUGHT)
    fields = {"thinking": thinking} if thinking else {}

    for message in (create(api, **fields), final(api, **fields)):
        assert [part.type for part in message.content] == ["text"]


def test_a_whole_answer_is_parted_at_a_closing_tag_that_nothing_opens(api):
    api.answer(llm_chunk("A greet"), llm_chunk("ing.\n</thi"), llm_chunk("nk>\n\nGood day."))

    thinking, text = create(api, thinking=ADAPTIVE).content
    assert (thinking.thinking.strip(), text.text) == ("A greeting.", "Good day.")
    assert [part.text for part in create(api).content] == ["Good day."]


def test_an_empty_answer_has_an_empty_text(api):
    api.answer(llm_chunk("", finish_reason="length", total_tokens=3))

    for message in (create(api), final(api)):
        assert [part.text for part in message.content] == [""]
        assert message.stop_reason == "max_tokens"


def test_the_model_of_the_reply_is_the_one_that_was_named(api):
    api.settings["models"] = "claude = langgenius/anthropic/anthropic/claude-sonnet"
    api.answer(*ANSWER)

    assert create(api, model="claude").model == "claude"
    assert api.asked[-1][1]["model"] == "claude-sonnet"
    assert events(api)[0]["message"]["model"] == "test-model"


def test_text_of_any_script_arrives_as_it_is(api):
    text = 'Ünï "quoted" \\ \u2028 日本語 🎉\n\n\t\x00'
    api.answer(*(llm_chunk(letter) for letter in text))

    assert create(api).content[0].text == text
    assert final(api).content[0].text == text


def test_a_json_schema_is_kept_to(api):
    api.answer({**llm_chunk("", finish_reason="stop"), "structured_output": {"city": "Faro"}})
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    config = {"format": {"type": "json_schema", "schema": schema}}

    assert create(api, output_config=config).content[0].text == '{"city":"Faro"}'
    assert final(api, output_config=config).content[0].text == '{"city":"Faro"}'
    invoke_type, payload = api.asked[0]
    assert (invoke_type, payload["structured_output_schema"]) == ("llm_structured_output", schema)


def test_a_failure_before_the_first_token_is_an_error_of_http(api):
    api.answer(llm_chunk(""), DOWN)

    for streamed in (False, True):
        with pytest.raises(anthropic.InternalServerError, match="the provider is down") as failure:
            create(api, stream=streamed)
        assert (failure.value.status_code, failure.value.type) == (502, "api_error")


@pytest.mark.parametrize(("broken", "sentence"), [(DOWN, "the provider is down"), (CUT, "was cut off")])
def test_a_failure_in_mid_stream_is_an_event_and_the_end(api, broken, sentence):
    api.answer(llm_chunk("Good "), broken)

    with api.anthropic().messages.stream(model="test-model", max_tokens=5, messages=HELLO) as stream:
        assert next(stream.text_stream) == "Good "
        with pytest.raises(anthropic.APIStatusError, match=sentence) as failure:
            stream.until_done()

    assert failure.value.type == "api_error"
    last = events(api)[-1]
    assert last["type"] == "error"
    assert set(last) == {"type", "error", "request_id"}


def test_a_token_leaves_before_the_next_one_is_there(api):
    first_was_read = threading.Event()

    def answer(_type, _payload):
        yield llm_chunk("Good ")
        assert first_was_read.wait(20)
        yield llm_chunk("day.")

    api.handler = answer
    with api.anthropic().messages.stream(model="test-model", max_tokens=5, messages=HELLO) as stream:
        assert next(stream.text_stream) == "Good "
        first_was_read.set()
        assert stream.get_final_text() == "Good day."


def test_many_small_chunks_arrive_in_order(api):
    numbers = [f"{number} " for number in range(1_000)]
    api.answer(*map(llm_chunk, numbers), llm_chunk("", finish_reason="stop"))

    assert [event["delta"]["text"] for event in events(api) if event["type"] == "content_block_delta"] == numbers


def test_text_after_a_call_is_a_part_of_its_own(api):
    called = llm_chunk("", tool_calls=[tool_call("weather", "{}", id="c1")])
    api.answer(llm_chunk("Let me see."), called, llm_chunk("There."), llm_chunk("", finish_reason="tool_calls"))

    for message in (create(api), final(api)):
        assert [part.type for part in message.content] == ["text", "tool_use", "text"]


def test_the_asynchronous_client_reads_the_same(api):
    api.answer(*ANSWER)

    async def ask():
        client = anthropic.AsyncAnthropic(base_url=api.url, api_key=KEY, max_retries=0)
        async with client, client.messages.stream(model="test-model", max_tokens=5, messages=HELLO) as stream:
            return await stream.get_final_text()

    assert asyncio.run(ask()) == "Good day."


def test_the_clients_beta_reads_the_same(api):
    api.answer(*ANSWER)

    message = api.anthropic().beta.messages.create(model="test-model", max_tokens=5, messages=HELLO)

    assert message.content[0].text == "Good day."


@pytest.mark.parametrize("header", ["Authorization", "x-api-key"])
def test_the_key_counts_in_both_headers(api, header):
    api.answer(*ANSWER)
    value = f"Bearer {KEY}" if header == "Authorization" else KEY
    other = {"Authorization": "x-api-key", "x-api-key": "Authorization"}[header]
    client = api.anthropic(api_key="key-of-another", default_headers={header: value, other: "Bearer of another"})

    assert client.messages.create(model="test-model", max_tokens=5, messages=HELLO).content[0].text == "Good day."
