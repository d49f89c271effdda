"""Tools in responses: what the model is given, and its calls as items."""

import openai
import pytest

from tests.replies import llm_chunk, tool_call

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"type": "function", "name": "weather", "description": "Now", "parameters": SCHEMA, "strict": True}
TIME = {"type": "function", "name": "time", "parameters": None, "strict": False}
PATCH = {"type": "custom", "name": "patch", "description": "Edits."}
GRAMMAR = {"type": "grammar", "syntax": "lark", "definition": "start: /.+/"}
CRM = {"type": "namespace", "name": "crm", "description": "Customers", "tools": [{**WEATHER, "name": "find"}, PATCH]}
PARIS, OSLO = '{"city": "Paris"}', '{"city": "Oslo"}'
NO_PARAMETERS = {"type": "object", "properties": {}}
CALLED = llm_chunk("", tool_calls=[tool_call("weather", PARIS, id="c1")], finish_reason="tool_calls", total_tokens=5)


def ask(api, **fields):
    return api.openai().responses.create(**{"model": "test-model", "input": "Rain in Paris?", **fields})


def called(api, **fields):
    """The items of a whole answer, and of the end of a streamed one, which have to be alike but for their ids."""
    whole = [item.to_dict() for item in ask(api, **fields).output]
    *_, last = ask(api, stream=True, **fields)
    streamed = [item.to_dict() for item in last.response.output]
    for item in (*whole, *streamed):
        assert item.pop("id")
    assert whole == streamed
    return whole


def functions(api, **fields):
    """The functions that the model is given, by name."""
    api.answer(CALLED)
    ask(api, **fields)
    return {tool.pop("name"): tool for tool in api.asked[-1][1]["tools"] or []}


def test_tools_reach_dify(api):
    assert functions(api, tools=[WEATHER, TIME]) == {
        "weather": {"description": "Now", "parameters": SCHEMA},
        "time": {"description": "", "parameters": NO_PARAMETERS},
    }


def test_a_call_is_an_item_with_its_events(api):
    api.answer(
        llm_chunk("", tool_calls=[tool_call("weather", "", id="c1")]),
        llm_chunk("", tool_calls=[tool_call("", '{"city": ')]),
        llm_chunk("", tool_calls=[tool_call("", '"Paris"}')]),
        llm_chunk("", finish_reason="tool_use", total_tokens=9),
    )

    item = {"type": "function_call", "status": "completed", "call_id": "c1", "name": "weather", "arguments": PARIS}
    assert called(api, tools=[WEATHER]) == [item]
    found = list(ask(api, tools=[WEATHER], stream=True))
    assert [event.type.removeprefix("response.") for event in found] == [
        "created",
        "in_progress",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]
    assert (found[2].item.arguments, found[2].item.status) == ("", "in_progress")
    assert "".join(event.delta for event in found[3:5]) == found[5].arguments == PARIS
    assert {event.item_id for event in found[3:6]} == {found[2].item.id} == {found[6].item.id}


def test_several_calls_are_items_of_their_own(api):
    calls = [tool_call("weather", PARIS, id="c1"), tool_call("weather", OSLO, id="c2"), tool_call("time", "", id="c3")]
    api.answer(llm_chunk("", tool_calls=calls, finish_reason="tool_calls"))

    assert [(item["call_id"], item["name"], item["arguments"]) for item in called(api, tools=[WEATHER, TIME])] == [
        ("c1", "weather", PARIS),
        ("c2", "weather", OSLO),
        ("c3", "time", "{}"),
    ]


def test_a_call_that_goes_on_after_the_next_has_begun_arrives_whole(api):
    api.answer(
        llm_chunk("", tool_calls=[tool_call("weather", '{"city": ', id="c1"), tool_call("time", "{", id="c2")]),
        llm_chunk("", tool_calls=[tool_call("", '"Paris"}', id="c1"), tool_call("", "}", id="c2")]),
    )

    assert [item["arguments"] for item in called(api, tools=[WEATHER, TIME])] == [PARIS, "{}"]


def test_only_the_first_call_is_handed_on_where_they_may_not_be_parallel(api):
    calls = [tool_call("weather", PARIS, id="c1"), tool_call("weather", OSLO, id="c2")]
    api.answer(llm_chunk("", tool_calls=calls, finish_reason="tool_calls"))

    assert [item["call_id"] for item in called(api, tools=[WEATHER], parallel_tool_calls=False)] == ["c1"]


def test_an_answer_cut_within_a_call_says_so(api):
    api.answer(llm_chunk("", tool_calls=[tool_call("weather", '{"ci', id="c1")], finish_reason="length"))

    (item,) = called(api, tools=[WEATHER])
    assert (item["arguments"], item["status"]) == ('{"ci', "incomplete")
    *_, last = ask(api, tools=[WEATHER], stream=True)
    assert last.type == "response.incomplete"


def test_the_clients_stream_helper_reads_the_calls(api):
    api.answer(CALLED)

    with api.openai().responses.stream(model="test-model", input="Rain?", tools=[WEATHER]) as stream:
        (call,) = stream.get_final_response().output

    assert (call.call_id, call.name, call.parsed_arguments) == ("c1", "weather", {"city": "Paris"})


def test_a_round_of_two_turns_goes_back_as_it_came(api):
    """The output of a response is the input of the next, as the API's guide has it."""
    api.answer(
        llm_chunk("<think>Look.</think>I will look.", tool_calls=[tool_call("weather", PARIS, id="c1")]),
        llm_chunk("", tool_calls=[tool_call("patch", '{"input": "x"}', id="c2")], finish_reason="tool_calls"),
    )
    said = [{"role": "user", "content": "Rain?"}]
    said += ask(api, input=said, tools=[WEATHER, PATCH]).output
    said += [
        {"type": "function_call_output", "call_id": "c1", "output": "No."},
        {"type": "custom_tool_call_output", "call_id": "c2", "output": "Done."},
    ]
    api.answer(llm_chunk("It does not rain.", finish_reason="stop"))

    assert ask(api, input=said, tools=[WEATHER, PATCH]).output_text == "It does not rain."

    _, assistant, first, second = api.asked[-1][1]["prompt_messages"]
    assert assistant["content"] == "<think>\nLook.\n</think>\n\nI will look."
    assert [call["function"] for call in assistant["tool_calls"]] == [
        {"name": "weather", "arguments": PARIS},
        {"name": "patch", "arguments": '{"input": "x"}'},
    ]
    assert [(tool["name"], tool["content"]) for tool in (first, second)] == [("weather", "No."), ("patch", "Done.")]


def test_a_custom_tool_is_a_function_of_one_string(api):
    assert functions(api, tools=[PATCH, {**PATCH, "name": "draw", "format": GRAMMAR}]) == {
        "patch": {
            "description": "Edits.",
            "parameters": {
                "type": "object",
                "properties": {"input": {"type": "string", "description": "All of the input, as plain text."}},
                "required": ["input"],
            },
        },
        "draw": {
            "description": "Edits.",
            "parameters": {
                "type": "object",
                "properties": {
                    "input": {
                        "type": "string",
                        "description": "All of the input, as plain text. It follows this lark grammar:\nstart: /.+/",
                    }
                },
                "required": ["input"],
            },
        },
    }


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (['{"input": "*** Begin', '\\n+a"}'], "*** Begin\n+a"),
        (['{"input": "line\nbreak"}'], "line\nbreak"),
        (['{"patch": "a"}'], "a"),
        (['{"input": 5, "b": 1}'], '{"input": 5, "b": 1}'),
        (["*** Begin"], "*** Begin"),
        (["{}"], "{}"),
    ],
)
def test_the_call_of_a_custom_tool_is_plain_text(api, arguments, text):
    first, *others = arguments
    api.answer(
        llm_chunk("", tool_calls=[tool_call("patch", first, id="c1")]),
        *(llm_chunk("", tool_calls=[tool_call("", more)]) for more in others),
        llm_chunk("", finish_reason="tool_calls"),
    )

    item = {"type": "custom_tool_call", "status": "completed", "call_id": "c1", "name": "patch", "input": text}
    assert called(api, tools=[PATCH]) == [item]
    found = list(ask(api, tools=[PATCH], stream=True))
    assert [event.type.removeprefix("response.") for event in found[2:-1]] == [
        "output_item.added",
        "custom_tool_call_input.delta",
        "custom_tool_call_input.done",
        "output_item.done",
    ]
    assert (found[2].item.input, found[3].delta, found[4].input) == ("", text, text)


def test_tools_of_a_namespace_go_by_their_own_names(api):
    assert list(functions(api, tools=[CRM, WEATHER])) == ["find", "patch", "weather"]

    api.answer(llm_chunk("", tool_calls=[tool_call("find", PARIS, id="c1"), tool_call("patch", "x", id="c2")]))
    assert [(item["type"], item["namespace"], item["name"]) for item in called(api, tools=[CRM, WEATHER])] == [
        ("function_call", "crm", "find"),
        ("custom_tool_call", "crm", "patch"),
    ]


def test_tools_that_are_called_alike_have_their_namespace_in_front(api):
    other = {**WEATHER, "name": "find"}
    assert list(functions(api, tools=[CRM, other])) == ["crm__find", "patch", "find"]

    api.answer(llm_chunk("", tool_calls=[tool_call("crm__find", PARIS, id="c1"), tool_call("find", OSLO, id="c2")]))
    found = called(api, tools=[CRM, other])
    assert [(item.get("namespace"), item["name"]) for item in found] == [("crm", "find"), (None, "find")]

    api.answer(CALLED)
    history = [{**found[0], "status": None}, {"type": "function_call_output", "call_id": "c1", "output": "x"}]
    ask(api, input=history, tools=[CRM, other])
    assert api.asked[-1][1]["prompt_messages"][0]["tool_calls"][0]["function"]["name"] == "crm__find"


def test_tools_may_come_among_the_input(api):
    item = {"type": "additional_tools", "role": "developer", "tools": [CRM, {**WEATHER, "description": "Anew"}]}

    given = functions(api, input=[item, {"role": "user", "content": "Hi"}], tools=[WEATHER])

    assert list(given) == ["weather", "find", "patch"]
    assert given["weather"]["description"] == "Anew"


def test_what_codex_sends_with_each_request_and_needs_nothing_of_is_passed_over(api):
    tools = [WEATHER, {"type": "web_search", "external_web_access": False}, {"type": "tool_search"}]

    assert list(functions(api, tools=tools)) == ["weather"]


@pytest.mark.parametrize(
    ("choice", "given", "has_to_call"),
    [
        ("auto", ["weather", "time", "patch"], False),
        ("none", [], False),
        ("required", ["weather", "time", "patch"], True),
        ({"type": "function", "name": "time"}, ["time"], True),
        ({"type": "custom", "name": "patch"}, ["patch"], True),
        (
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "weather"}]},
            ["weather"],
            False,
        ),
        (
            {
                "type": "allowed_tools",
                "mode": "required",
                "tools": [{"type": "custom", "name": "patch"}, {"type": "function", "name": "time"}],
            },
            ["time", "patch"],
            True,
        ),
    ],
)
def test_a_choice_of_tools_says_which_are_given_and_whether_one_has_to_be_called(api, choice, given, has_to_call):
    assert list(functions(api, tools=[WEATHER, TIME, PATCH], tool_choice=choice)) == given

    first = api.asked[-1][1]["prompt_messages"][0]
    assert (first["role"] == "system" and first["content"].startswith("Do not answer in text now")) == has_to_call


def test_a_model_that_does_not_call_as_it_has_to_is_no_answer(api):
    api.answer(llm_chunk("It is raining.", finish_reason="stop"))

    with pytest.raises(openai.InternalServerError, match="without calling a function"):
        ask(api, tools=[WEATHER], tool_choice="required")
    with pytest.raises(openai.APIError, match="without calling a function"):
        list(ask(api, tools=[WEATHER], tool_choice="required", stream=True))
