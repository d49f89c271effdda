"""Tools in messages: what the model is given, its calls, and what is sent back."""

import base64

import anthropic
import pytest

from tests.replies import PNG, llm_chunk, tool_call

QUESTION = {"role": "user", "content": "Rain in Paris?"}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"name": "weather", "description": "Now", "input_schema": SCHEMA}
TIME = {"name": "time", "input_schema": {"type": "object", "properties": {}}, "type": "custom"}
PARIS, OSLO = '{"city": "Paris"}', '{"city": "Oslo"}'
CALLED = llm_chunk("", tool_calls=[tool_call("weather", PARIS, id="c1")], finish_reason="tool_calls", total_tokens=5)
PICTURE = {
    "type": "image",
    "source": {"type": "base64", "media_type": "image/png", "data": base64.b64encode(PNG).decode()},
}


def whole(api, **fields):
    asked = {"model": "test-model", "max_tokens": 50, "messages": [QUESTION], **fields}
    return api.anthropic().messages.create(**asked)


def streamed(api, **fields):
    asked = {"model": "test-model", "max_tokens": 50, "messages": [QUESTION], **fields}
    with api.anthropic().messages.stream(**asked) as stream:
        return stream.get_final_message()


def calls(message):
    return [(part.id, part.name, part.input) for part in message.content if part.type == "tool_use"]


both_ways = pytest.mark.parametrize("answer", [whole, streamed])


def test_tools_reach_dify(api):
    api.answer(CALLED)

    whole(api, tools=[{**WEATHER, "strict": True, "input_examples": [], "cache_control": {"type": "ephemeral"}}, TIME])

    assert api.asked[0][1]["tools"] == [
        {"name": "weather", "description": "Now", "parameters": SCHEMA},
        {"name": "time", "description": "", "parameters": TIME["input_schema"]},
    ]


@both_ways
def test_calls_are_put_together_from_their_fragments(api, answer):
    api.answer(
        llm_chunk("Let me see."),
        llm_chunk("", tool_calls=[tool_call("weather", "", id="c1")]),
        llm_chunk("", tool_calls=[tool_call("", '{"city": ')]),
        llm_chunk("", tool_calls=[tool_call("", '"Paris"}'), tool_call("weather", OSLO, id="c2")]),
        llm_chunk("", finish_reason="tool_use", total_tokens=9),
    )

    message = answer(api, tools=[WEATHER])

    assert message.content[0].text == "Let me see."
    assert calls(message) == [("c1", "weather", {"city": "Paris"}), ("c2", "weather", {"city": "Oslo"})]
    assert message.stop_reason == "tool_use"


@both_ways
def test_calls_without_ids_and_input_get_some(api, answer):
    api.answer(llm_chunk("", tool_calls=[tool_call("time", ""), tool_call("weather", PARIS)], finish_reason="stop"))

    message = answer(api, tools=[WEATHER, TIME])

    assert [call[1:] for call in calls(message)] == [("time", {}), ("weather", {"city": "Paris"})]
    assert len({call[0] for call in calls(message)} - {""}) == 2
    assert message.stop_reason == "tool_use"


def test_two_rounds_with_a_tool(api):
    """With what the client made of the reply, thinking and all, sent back as it is."""
    api.answer(llm_chunk("<think>\nWhere?</think>"), CALLED)
    first = streamed(api, tools=[WEATHER], thinking={"type": "adaptive"})
    api.answer(llm_chunk("It rains.", finish_reason="stop"))

    result = {"type": "tool_result", "tool_use_id": "c1", "content": "Rain."}
    second = whole(
        api,
        tools=[WEATHER],
        messages=[
            QUESTION,
            {"role": "assistant", "content": first.content},
            {"role": "user", "content": [{"type": "text", "text": "Be brief."}, result]},
        ],
    )

    assert [part.type for part in first.content] == ["thinking", "tool_use"]
    assert second.content[0].text == "It rains."
    _, calling, returned, said = api.asked[1][1]["prompt_messages"]
    assert (calling["role"], calling["content"]) == ("assistant", "<think>\nWhere?\n</think>\n\n")
    assert calling["tool_calls"] == [
        {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": PARIS}}
    ]
    assert (returned["role"], returned["content"]) == ("tool", "Rain.")
    assert (returned["tool_call_id"], returned["name"]) == ("c1", "weather")
    assert (said["role"], said["content"]) == ("user", "Be brief.")


def returned(api, **result):
    """Role and content of the messages that the result of a tool becomes."""
    api.answer(llm_chunk("Yes.", finish_reason="stop"))
    call = {"type": "tool_use", "id": "c1", "name": "weather", "input": {}}
    messages = [
        QUESTION,
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", **result}]},
    ]
    whole(api, messages=messages, tools=[WEATHER])
    return [(message["role"], message["content"]) for message in api.asked[-1][1]["prompt_messages"][2:]]


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ({"content": "Rain."}, "Rain."),
        ({"content": [{"type": "text", "text": "Rain."}, {"type": "text", "text": "Wind."}]}, "Rain.\nWind."),
        ({"content": [{"type": "tool_reference", "tool_name": "wind"}]}, "wind"),
        ({"content": "No such city", "is_error": True}, "Error: No such city"),
        ({"is_error": True}, "Error"),
        ({"content": []}, ""),
        ({}, ""),
    ],
)
def test_the_result_of_a_tool_is_a_text(api, result, text):
    assert returned(api, **result) == [("tool", text)]


def test_the_picture_that_a_tool_returns_comes_in_a_message_after_it(api):
    (_, text), (role, parts) = returned(api, content=[PICTURE])

    assert text == "What this returned is in the next message of the user."
    assert (role, [part["type"] for part in parts]) == ("user", ["text", "image"])
    assert parts[0]["data"] == "What weather (c1) returned:"


def test_the_results_of_several_tools_come_in_order_and_before_what_else_is_said(api):
    api.answer(llm_chunk("Yes.", finish_reason="stop"))
    names = ("c1", "c2")
    call = {"type": "tool_use", "name": "weather", "input": {}}
    whole(
        api,
        messages=[
            QUESTION,
            {"role": "assistant", "content": [{**call, "id": each} for each in names]},
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "c1", "content": [PICTURE]},
                    {"type": "text", "text": "And?"},
                    {"type": "tool_result", "tool_use_id": "c2", "content": "Snow."},
                ],
            },
        ],
    )

    *_, first, second, shown, said = api.asked[0][1]["prompt_messages"]
    assert [message["tool_call_id"] for message in (first, second)] == ["c1", "c2"]
    assert [part["type"] for part in shown["content"]] == ["text", "image"]
    assert (said["role"], said["content"]) == ("user", "And?")


def test_no_tools_are_sent_where_none_shall_be_called(api):
    api.answer(llm_chunk("Yes."))

    whole(api, tools=[WEATHER], tool_choice={"type": "none"})

    assert api.asked[0][1]["tools"] is None


@pytest.mark.parametrize(
    ("choice", "sent", "wish"),
    [
        ({"type": "tool", "name": "weather"}, ["weather"], "call the function weather."),
        ({"type": "any"}, ["time", "weather"], "call one of the functions time, weather."),
    ],
)
def test_a_model_that_has_to_call_is_told_in_words(api, choice, sent, wish):
    api.answer(CALLED)

    assert calls(whole(api, tools=[TIME, WEATHER], tool_choice=choice)) == [("c1", "weather", {"city": "Paris"})]

    payload = api.asked[0][1]
    assert [tool["name"] for tool in payload["tools"]] == sent
    assert payload["prompt_messages"][0]["content"] == f"Do not answer in text now: {wish}"


def test_a_model_that_does_not_call_as_it_has_to_is_no_answer(api):
    api.answer(llm_chunk("It is raining.", finish_reason="stop"))
    choice = {"type": "any"}

    with pytest.raises(anthropic.InternalServerError, match="without calling a function") as failure:
        whole(api, tools=[WEATHER], tool_choice=choice)
    assert failure.value.status_code == 502

    with pytest.raises(anthropic.APIStatusError, match="without calling a function"):
        streamed(api, tools=[WEATHER], tool_choice=choice)


@both_ways
def test_only_the_first_call_is_handed_on_where_they_may_not_be_parallel(api, answer):
    api.answer(
        llm_chunk("", tool_calls=[tool_call("weather", PARIS, id="c1"), tool_call("weather", OSLO, id="c2")]),
        llm_chunk("", finish_reason="tool_calls"),
    )

    message = answer(api, tools=[WEATHER], tool_choice={"type": "auto", "disable_parallel_tool_use": True})

    assert calls(message) == [("c1", "weather", {"city": "Paris"})]


@both_ways
def test_an_answer_cut_within_a_call_says_so_and_has_what_is_there(api, answer):
    cut = '{"city": "Oslo", "day"'
    api.answer(llm_chunk("", tool_calls=[tool_call("weather", cut, id="c1")], finish_reason="length"))

    message = answer(api, tools=[WEATHER])

    assert message.stop_reason == "max_tokens"
    assert calls(message) == [("c1", "weather", {"city": "Oslo"})]


@pytest.mark.parametrize("arguments", ["Paris", '{"city": ', '["Paris"]'])
def test_an_input_that_is_no_object_is_no_answer(api, arguments):
    api.answer(llm_chunk("", tool_calls=[tool_call("weather", arguments, id="c1")], finish_reason="tool_calls"))

    with pytest.raises(anthropic.InternalServerError, match="The model called weather with something that is no JSON"):
        whole(api, tools=[WEATHER])


def test_the_tool_runner_of_the_client_brings_all_that_was_said(api):
    """It leaves the conversation with the server, as a thread, unless the server says that it keeps none."""

    @anthropic.beta_tool
    def weather(city: str) -> str:
        """The weather."""
        return f"Rain in {city}."

    def answer(_invoke_type, payload):
        told = payload["prompt_messages"][-1]["role"] == "tool"
        yield llm_chunk("Rain.", finish_reason="stop") if told else CALLED

    api.handler = answer
    runner = api.anthropic().beta.messages.tool_runner(
        model="test-model", max_tokens=50, messages=[QUESTION], tools=[weather]
    )

    assert [message.stop_reason for message in runner] == ["tool_use", "end_turn"]
    assert [[message["role"] for message in payload["prompt_messages"]] for _, payload in api.asked] == [
        ["user"],
        ["user", "assistant", "tool"],
    ]
    assert [len(payload["tools"]) for _, payload in api.asked] == [1, 1]
