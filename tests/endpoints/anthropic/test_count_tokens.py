"""`/v1/messages/count_tokens` with the `anthropic` client. No reverse invocation counts, so it is an estimate."""

import base64

import anthropic
import pytest

from tests.replies import PNG

HELLO = [{"role": "user", "content": "Hello"}]
TOOL = {"name": "weather", "description": "Now", "input_schema": {"type": "object", "properties": {}}}
PICTURE = {
    "type": "image",
    "source": {"type": "base64", "media_type": "image/png", "data": base64.b64encode(PNG * 1000).decode()},
}


def count(api, messages=HELLO, **fields):
    return api.anthropic().messages.count_tokens(**{"model": "test-model", "messages": messages, **fields}).input_tokens


def test_four_bytes_are_a_token(api):
    assert count(api) == 2
    assert count(api, [{"role": "user", "content": "x" * 4000}]) == 1000
    assert count(api, [{"role": "user", "content": "日本語"}]) == 3
    assert count(api, system="x" * 395) == 100
    assert api.asked == []


def test_tools_and_their_calls_count(api):
    call = {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "weather", "input": {"a": "b"}}]}

    assert count(api, tools=[TOOL]) == 12
    assert count(api, [*HELLO, call]) == 6


def test_a_picture_counts_the_same_whatever_its_size(api):
    assert count(api, [{"role": "user", "content": [PICTURE, {"type": "text", "text": "What?"}]}]) == 1602


def test_neither_max_tokens_nor_a_model_has_to_be_named(api):
    answer = api.http.post("/v1/messages/count_tokens?beta=true", json={"messages": HELLO})

    assert answer.json() == {"input_tokens": 2}


def test_an_app_is_counted_by_its_query(api):
    assert count(api, model="app/chat-app") == 2
    assert count(api, model="app/chat-app", system="Be brief.") == 8


def test_a_model_out_of_reach_is_not_counted_for(api):
    with pytest.raises(anthropic.NotFoundError):
        count(api, model="gpt-5")
