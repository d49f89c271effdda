"""Tools in chat completions: what the model is given, and its calls as OpenAI's client puts them together."""

import json

import openai
import pytest

from tests.replies import llm_chunk, tool_call

HELLO = [{"role": "user", "content": "Rain in Paris?"}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {
    "type": "function",
    "function": {"name": "weather", "description": "Now", "parameters": SCHEMA, "strict": True},
}
TIME = {"type": "function", "function": {"name": "time"}}
NAMED = {"type": "function", "function": {"name": "weather"}}
PARIS, OSLO = '{"city": "Paris"}', '{"city": "Oslo"}'
CALLED = llm_chunk("", tool_calls=[tool_call("weather", PARIS, id="c1")], finish_reason="tool_calls", total_tokens=5)


def ask(api, **fields):
    return api.openai().chat.completions.create(model="test-model", messages=HELLO, **fields)


def streamed(api, **fields):
    """The calls of a stream as (id, name, arguments), and the finish reason."""
    calls, finish_reasons = {}, []
    for chunk in ask(api, stream=True, **fields):
        (choice,) = chunk.choices
        finish_reasons.append(choice.finish_reason)
        for call in choice.delta.tool_calls or ():
            found = calls.setdefault(call.index, ["", "", ""])
            found[0] += call.id or ""
            found[1] += call.function.name or ""
            found[2] += call.function.arguments or ""
    assert finish_reasons[:-1] == [None] * (len(finish_reasons) - 1)
    return [tuple(call) for call in calls.values()], finish_reasons[-1]


def whole(api, **fields):
    choice = ask(api, **fields).choices[0]
    calls = choice.message.tool_calls or ()
    return [(call.id, call.function.name, call.function.arguments) for call in calls], choice.finish_reason


def test_tools_reach_dify(api):
    api.answer(CALLED)

    ask(api, tools=[WEATHER, TIME])

    assert api.asked[0][1]["tools"] == [
        {"name": "weather", "description": "Now", "parameters": SCHEMA},
        {"name": "time", "description": "", "parameters": {"type": "object", "properties": {}}},
    ]


@pytest.mark.parametrize("answer", [streamed, whole])
def test_calls_are_put_together_from_their_fragments(api, answer):
    api.answer(
        llm_chunk("Let me see."),
        llm_chunk("", tool_calls=[tool_call("weather", "", id="c1")]),
        llm_chunk("", tool_calls=[tool_call("", '{"city": ')]),
        llm_chunk("", tool_calls=[tool_call("", '"Paris"}'), tool_call("weather", OSLO, id="c2")]),
        llm_chunk("", finish_reason="tool_use", total_tokens=9),
    )

    assert answer(api, tools=[WEATHER]) == ([("c1", "weather", PARIS), ("c2", "weather", OSLO)], "tool_calls")


@pytest.mark.parametrize("answer", [streamed, whole])
def test_calls_without_ids_get_some(api, answer):
    api.answer(llm_chunk("", tool_calls=[tool_call("weather", PARIS), tool_call("time", "")], finish_reason="stop"))

    calls, finish_reason = answer(api, tools=[WEATHER, TIME])

    assert [call[1:] for call in calls] == [("weather", PARIS), ("time", "{}")]
    assert len({call[0] for call in calls} - {""}) == 2
    assert finish_reason == "tool_calls"


def test_a_message_of_calls_alone_has_no_content(api):
    api.answer(CALLED)

    assert ask(api, tools=[WEATHER]).choices[0].message.content is None


def test_the_clients_own_stream_helper_reads_the_calls(api):
    api.answer(CALLED)

    with api.openai().chat.completions.stream(model="test-model", messages=HELLO, tools=[WEATHER]) as stream:
        (call,) = stream.get_final_completion().choices[0].message.tool_calls

    assert (call.id, call.function.name, call.function.parsed_arguments) == ("c1", "weather", json.loads(PARIS))


def test_no_tools_are_sent_where_none_shall_be_called(api):
    api.answer(llm_chunk("Yes."))

    ask(api, tools=[WEATHER], tool_choice="none")

    assert api.asked[0][1]["tools"] is None


def test_a_named_function_is_the_only_one_sent(api):
    api.answer(CALLED)

    assert whole(api, tools=[TIME, WEATHER], tool_choice=NAMED)[0] == [("c1", "weather", PARIS)]

    payload = api.asked[0][1]
    assert [tool["name"] for tool in payload["tools"]] == ["weather"]
    system, user = payload["prompt_messages"]
    assert (system["role"], system["content"]) == ("system", "Do not answer in text now: call the function weather.")
    assert user["content"] == "Rain in Paris?"


def test_a_wish_to_call_is_added_to_the_system_message_there_is(api):
    api.answer(CALLED)
    messages = [{"role": "system", "content": "Be brief."}, *HELLO]

    api.openai().chat.completions.create(
        model="test-model", messages=messages, tools=[WEATHER, TIME], tool_choice="required"
    )

    system, _ = api.asked[0][1]["prompt_messages"]
    assert system["content"] == "Be brief.\n\nDo not answer in text now: call one of the functions weather, time."


@pytest.mark.parametrize("choice", ["required", NAMED])
def test_a_model_that_does_not_call_as_it_has_to_is_no_answer(api, choice):
    api.answer(llm_chunk("It is raining.", finish_reason="stop"))

    with pytest.raises(openai.InternalServerError, match="without calling a function") as failure:
        ask(api, tools=[WEATHER], tool_choice=choice)
    assert failure.value.status_code == 502

    with pytest.raises(openai.APIError, match="without calling a function"):
        list(ask(api, tools=[WEATHER], tool_choice=choice, stream=True))


@pytest.mark.parametrize("answer", [streamed, whole])
def test_only_the_first_call_is_handed_on_where_they_may_not_be_parallel(api, answer):
    api.answer(
        llm_chunk("", tool_calls=[tool_call("weather", PARIS, id="c1"), tool_call("weather", OSLO, id="c2")]),
        llm_chunk("", tool_calls=[tool_call("time", "{}", id="c3")], finish_reason="tool_calls"),
    )

    assert answer(api, tools=[WEATHER, TIME], parallel_tool_calls=False)[0] == [("c1", "weather", PARIS)]


def test_an_answer_cut_within_a_call_says_so(api):
    api.answer(llm_chunk("", tool_calls=[tool_call("weather", '{"ci', id="c1")], finish_reason="length"))

    assert whole(api, tools=[WEATHER]) == ([("c1", "weather", '{"ci')], "length")
