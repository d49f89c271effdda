"""`/v1/chat/completions` with the `openai` client, and the bytes of its streams."""

import json
import threading

import openai
import pytest

from tests.replies import llm_chunk
from workspace.wire import DifyError

HELLO = [{"role": "user", "content": "Hello"}]
PICTURE = {"type": "image", "format": "png", "mime_type": "image/png", "detail": "high"}
ANSWER = [llm_chunk("Good "), llm_chunk("day."), llm_chunk("", finish_reason="stop", total_tokens=7)]


def events(response):
    """The data of each server-sent event; the framing is checked on the way."""
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    blocks = response.text.split("\n\n")
    assert blocks.pop() == ""
    assert all(block.startswith("data: ") and "\n" not in block for block in blocks)
    return [block.removeprefix("data: ") for block in blocks]


def stream(api, **fields):
    return api.http.post("/v1/chat/completions", json={"messages": HELLO, "stream": True, **fields})


def chunks(api, **fields):
    """The chunks of a stream that ends as it should."""
    *found, done = events(stream(api, **fields))
    assert done == "[DONE]"
    return [json.loads(event) for event in found]


def deltas(found):
    return [chunk["choices"][0]["delta"] for chunk in found if chunk["choices"]]


def test_a_whole_answer_has_text_usage_and_finish_reason(api):
    api.answer(*ANSWER)

    completion = api.openai().chat.completions.create(model="test-model", messages=HELLO)

    assert completion.id.startswith("chatcmpl-")
    assert completion.object == "chat.completion"
    assert completion.model == "test-model"
    (choice,) = completion.choices
    assert choice.message.role == "assistant"
    assert choice.message.content == "Good day."
    assert choice.finish_reason == "stop"
    assert completion.usage.model_dump(exclude_none=True) == {
        "prompt_tokens": 6,
        "completion_tokens": 1,
        "total_tokens": 7,
    }


def test_a_streamed_answer_comes_in_chunks(api):
    api.answer(*ANSWER)

    found = list(api.openai().chat.completions.create(model="test-model", messages=HELLO, stream=True))

    assert "".join(chunk.choices[0].delta.content or "" for chunk in found) == "Good day."
    assert [chunk.choices[0].finish_reason for chunk in found] == [None, None, None, "stop"]


def test_all_chunks_have_one_id_and_the_role_comes_first(api):
    api.answer(*ANSWER)

    found = chunks(api)

    assert len({(chunk["id"], chunk["created"], chunk["model"], chunk["object"]) for chunk in found}) == 1
    assert found[0]["object"] == "chat.completion.chunk"
    assert deltas(found) == [{"role": "assistant", "content": ""}, {"content": "Good "}, {"content": "day."}, {}]
    assert all("usage" not in chunk for chunk in found)


def test_usage_comes_last_and_only_where_it_is_asked_for(api):
    api.answer(*ANSWER)

    *others, last = chunks(api, stream_options={"include_usage": True})

    assert all(chunk["usage"] is None for chunk in others)
    assert last["choices"] == []
    assert last["usage"] == {"prompt_tokens": 6, "completion_tokens": 1, "total_tokens": 7}


def test_usage_that_dify_does_not_tell_is_not_told_as_zero(api):
    api.answer(llm_chunk("Good day."))

    assert api.openai().chat.completions.create(model="test-model", messages=HELLO).usage is None
    assert all(chunk["choices"] for chunk in chunks(api, stream_options={"include_usage": True}))


def test_the_model_of_the_reply_is_the_one_that_was_named(api):
    api.settings["models"] = "gpt-4o = langgenius/openai/openai/gpt-4o-2024"
    api.answer(*ANSWER)

    assert api.openai().chat.completions.create(model="gpt-4o", messages=HELLO).model == "gpt-4o"
    assert api.asked[-1][1]["model"] == "gpt-4o-2024"
    assert stream(api).text.count('"model":"test-model"') == 4


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("max_tokens", "length"),
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        (None, "stop"),
        ("SAFETY", "content_filter"),
    ],
)
def test_finish_reasons_are_openais(api, reason, expected):
    api.answer(llm_chunk("Good", finish_reason=reason))

    assert api.openai().chat.completions.create(model="test-model", messages=HELLO).choices[0].finish_reason == expected
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks(api)] == [None, None, expected]


def test_reasoning_is_kept_apart(api):
    api.answer(llm_chunk("<think>\nA greet"), llm_chunk("ing.\n</th"), llm_chunk("ink>\n\nGood day."))

    message = api.openai().chat.completions.create(model="test-model", messages=HELLO).choices[0].message

    assert (message.content, message.reasoning_content) == ("Good day.", "A greeting.")
    assert deltas(chunks(api))[1:] == [
        {"reasoning_content": "A greet"},
        {"reasoning_content": "ing.\n"},
        {"content": "Good day."},
        {},
    ]


def test_text_of_any_script_arrives_as_it_is(api):
    text = 'Ünï "quoted" \\ \u2028 日本語 🎉\n\n\t\x00'
    api.answer(*(llm_chunk(letter) for letter in text))

    assert api.openai().chat.completions.create(model="test-model", messages=HELLO).choices[0].message.content == text
    assert "".join(delta.get("content", "") for delta in deltas(chunks(api))) == text


def test_what_a_model_draws_is_shown_in_markdown(api):
    picture = {**PICTURE, "base64_data": "iVBORw==", "url": ""}
    sound = {"type": "audio", "format": "mp3", "mime_type": "audio/mpeg", "url": "https://x/a.mp3", "filename": "a.mp3"}
    api.answer(llm_chunk([{"type": "text", "data": "Look: "}, picture, sound]))

    content = api.openai().chat.completions.create(model="test-model", messages=HELLO).choices[0].message.content

    assert content == "Look: ![image](data:image/png;base64,iVBORw==)[a.mp3](https://x/a.mp3)"


def test_an_answer_that_is_empty_is_one(api):
    api.answer(llm_chunk("", finish_reason="length", total_tokens=3))

    choice = api.openai().chat.completions.create(model="test-model", messages=HELLO).choices[0]

    assert (choice.message.content, choice.finish_reason) == ("", "length")
    assert deltas(chunks(api)) == [{"role": "assistant", "content": ""}, {}]


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("failure", "status", "sentence"),
    [
        (DifyError("invoke llm model failed: request failed: Model test-model not exist."), 400, "not exist"),
        (DifyError("read llm model failed: request failed: HTTPSConnectionPool: Read timed out."), 504, "longer than"),
        (DifyError("read llm model failed: request failed: the provider is down"), 502, "the provider is down"),
        (None, 502, "without an answer"),
    ],
)
def test_an_error_before_the_first_token_is_an_http_error(api, streamed, failure, status, sentence):
    api.answer(*[failure] if failure else [])

    with pytest.raises(openai.APIStatusError, match=sentence) as caught:
        api.openai().chat.completions.create(model="test-model", messages=HELLO, stream=streamed)

    assert caught.value.status_code == status


def test_a_chunk_without_content_is_no_token_yet(api):
    api.answer(llm_chunk(""), DifyError("read llm model failed: request failed: the provider is down"))

    assert stream(api).status_code == 502


def test_an_error_after_the_first_token_is_an_event_and_the_end(api):
    api.answer(llm_chunk("Good "), DifyError("read llm model failed: request failed: the provider is down"))

    found = api.openai().chat.completions.create(model="test-model", messages=HELLO, stream=True)
    assert next(found).choices[0].delta.role == "assistant"
    assert next(found).choices[0].delta.content == "Good "
    with pytest.raises(openai.APIError, match="the provider is down"):
        next(found)

    last = json.loads(events(stream(api))[-1])
    assert last["error"]["type"] == "api_error"
    assert set(last["error"]) == {"message", "type", "param", "code"}


def test_a_token_leaves_before_the_next_one_is_there(api):
    first_was_read = threading.Event()

    def answer(_type, _payload):
        yield llm_chunk("Good ")
        assert first_was_read.wait(20)
        yield llm_chunk("day.")

    api.handler = answer
    with api.http.stream("POST", "/v1/chat/completions", json={"messages": HELLO, "stream": True}) as response:
        lines = response.iter_lines()
        assert any('"content":"Good "' in line for line in lines)
        first_was_read.set()
        assert [line for line in lines if line][-1] == "data: [DONE]"


def test_many_small_chunks_arrive_in_order(api):
    numbers = [f"{number} " for number in range(1_000)]  # as many as the daemon holds for a plugin
    api.answer(*map(llm_chunk, numbers), llm_chunk("", finish_reason="stop"))

    assert [delta["content"] for delta in deltas(chunks(api))[1:-1]] == numbers


def test_a_picture_of_a_megabyte_arrives_whole(api):
    data = "iVBO" * 400_000
    api.answer(llm_chunk([{**PICTURE, "base64_data": data}]))

    assert data in api.openai().chat.completions.create(model="test-model", messages=HELLO).choices[0].message.content
    assert data in "".join(delta.get("content", "") for delta in deltas(chunks(api)))
