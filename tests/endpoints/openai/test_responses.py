"""`/v1/responses` with the `openai` client, and the events of its streams."""

import json
import threading

import openai
import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

from tests.replies import llm_chunk, tool_call
from workspace.wire import DifyError

ANSWER = [llm_chunk("Good "), llm_chunk("day."), llm_chunk("", finish_reason="stop", total_tokens=7)]
THOUGHT = [llm_chunk("<think>\nA greet"), llm_chunk("ing.\n</think>\n\nGood day.", finish_reason="stop")]
EVENT: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)
TIMED_OUT = DifyError("read llm model failed: request failed: HTTPSConnectionPool: Read timed out.")
DOWN = DifyError("read llm model failed: request failed: the provider is down")
CUT = DifyError("read llm model failed: EOF\nfailed to read data")
TOO_OFTEN = DifyError("read llm model failed: request failed: [openai] Rate Limit Error, Error code: 429 - slow down")


def stream(api, **fields):
    return api.http.post("/v1/responses", json={"input": "Hello", "stream": True, **fields})


def events(api, **fields):
    """The events of a stream as (type, fields); the framing, the numbers and the fields are checked on the way."""
    response = stream(api, **fields)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    blocks = response.text.split("\n\n")
    assert blocks.pop() == ""
    found = []
    for number, block in enumerate(blocks):
        kind, data = block.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert kind == f"event: {event['type']}"
        assert event.pop("sequence_number") == number
        EVENT.validate_python({**event, "sequence_number": number})
        found.append((event.pop("type").removeprefix("response."), event))
    return found


def create(api, **fields):
    return api.openai().responses.create(**{"model": "test-model", "input": "Hello", **fields})


def test_a_whole_answer_has_text_usage_and_status(api):
    api.answer(*ANSWER)

    response = create(api)

    assert response.id.startswith("resp_")
    assert (response.object, response.model, response.status) == ("response", "test-model", "completed")
    assert response.output_text == "Good day."
    (message,) = response.output
    assert (message.type, message.role, message.status) == ("message", "assistant", "completed")
    assert message.id.startswith("msg_")
    assert (response.usage.input_tokens, response.usage.output_tokens, response.usage.total_tokens) == (6, 1, 7)
    assert response.created_at <= response.completed_at
    assert response.error is None


def test_every_field_of_the_api_is_there_as_its_client_declares_it(api):
    api.answer(*ANSWER)

    Response.model_validate(api.http.post("/v1/responses", json={"input": "Hello"}).json(), strict=True)


def test_the_reply_repeats_what_was_asked_and_says_that_nothing_is_kept(api):
    tool = {"type": "function", "name": "weather", "parameters": None, "strict": True, "description": "Now"}
    asked = {
        "instructions": "Be brief.",
        "temperature": 0.5,
        "top_p": 0.9,
        "max_output_tokens": 20,
        "parallel_tool_calls": False,
        "tools": [tool],
        "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "weather"}]},
        "text": {"format": {"type": "json_object"}, "verbosity": "low"},
        "reasoning": {"effort": "low", "summary": "auto"},
        "metadata": {"a": "b"},
        "prompt_cache_key": "k",
        "safety_identifier": "s",
        "user": "ana",
    }
    api.answer(*ANSWER)

    reply = api.http.post("/v1/responses", json={"input": "Hello", "store": True, **asked}).json()

    assert {name: reply[name] for name in asked} == asked
    assert reply["store"] is False
    assert (reply["background"], reply["previous_response_id"]) == (False, None)


def test_the_events_of_an_answer_come_in_the_apis_order(api):
    api.answer(*ANSWER)

    found = events(api)

    assert [kind for kind, _ in found] == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    by_kind = dict(found)
    assert by_kind["created"]["response"]["status"] == "in_progress"
    assert by_kind["created"]["response"]["output"] == []
    item = by_kind["output_item.done"]["item"]
    assert by_kind["output_item.added"]["item"] == {**item, "content": [], "status": "in_progress"}
    places = [(event["item_id"], event["output_index"], event["content_index"]) for _, event in found[3:8]]
    assert set(places) == {(item["id"], 0, 0)}
    assert [event["delta"] for kind, event in found if kind == "output_text.delta"] == ["Good ", "day."]
    assert by_kind["output_text.done"]["text"] == "Good day."
    assert by_kind["content_part.done"]["part"] == item["content"][0]
    completed = by_kind["completed"]["response"]
    assert completed["output"] == [item]
    assert completed["usage"]["total_tokens"] == 7
    assert {completed["id"]} == {by_kind[kind]["response"]["id"] for kind in ("created", "in_progress")}


def test_the_clients_stream_helper_puts_the_answer_together(api):
    api.answer(*ANSWER)

    with api.openai().responses.stream(model="test-model", input="Hello") as found:
        texts = [event.snapshot for event in found if event.type == "response.output_text.delta"]
        response = found.get_final_response()

    assert texts == ["Good ", "Good day."]
    assert (response.output_text, response.status, response.usage.total_tokens) == ("Good day.", "completed", 7)


def test_usage_that_dify_does_not_tell_is_not_told_as_zero(api):
    api.answer(llm_chunk("Good day."))

    assert create(api).usage is None
    assert events(api)[-1][1]["response"]["usage"] is None


@pytest.mark.parametrize(
    ("reason", "status", "incomplete"),
    [
        ("max_tokens", "incomplete", "max_output_tokens"),
        ("SAFETY", "incomplete", "content_filter"),
        ("end_turn", "completed", None),
        (None, "completed", None),
    ],
)
def test_why_an_answer_ended_is_its_status(api, reason, status, incomplete):
    api.answer(llm_chunk("Good", finish_reason=reason))

    response = create(api)
    assert (response.status, response.output[0].status) == (status, status)
    assert (response.incomplete_details and response.incomplete_details.reason) == incomplete

    kind, last = events(api)[-1]
    assert (kind, last["response"]["status"], last["response"]["output"][0]["status"]) == (status, status, status)


def test_reasoning_is_an_item_before_the_answer(api):
    api.answer(*THOUGHT)

    reasoning, message = create(api).output

    assert (reasoning.type, reasoning.content[0].text, reasoning.summary) == ("reasoning", "A greeting.", [])
    assert message.content[0].text == "Good day."
    found = events(api)
    assert [kind for kind, _ in found][2:10] == [
        "output_item.added",
        "content_part.added",
        "reasoning_text.delta",
        "reasoning_text.delta",
        "reasoning_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
    ]
    assert "".join(event["delta"] for kind, event in found if kind == "reasoning_text.delta") == "A greeting.\n"
    assert [event["output_index"] for kind, event in found if kind == "output_item.done"] == [0, 1]


def test_a_whole_answer_is_parted_at_a_closing_tag_that_nothing_opens(api):
    api.answer(llm_chunk("A greeting.\n</thi"), llm_chunk("nk>\n\nGood day.", finish_reason="stop"))

    thought, message = create(api).output

    assert (thought.type, thought.content[0].text.strip()) == ("reasoning", "A greeting.")
    assert message.content[0].text == "Good day."


@pytest.mark.parametrize("asked", [{"summary": "auto"}, {"generate_summary": "detailed"}])
def test_reasoning_is_a_summary_for_who_asks_for_one(api, asked):
    api.answer(*THOUGHT)

    reasoning, _ = create(api, reasoning=asked).output

    assert (reasoning.summary[0].text, reasoning.content) == ("A greeting.", None)
    assert [kind for kind, _ in events(api, reasoning=asked)][2:10] == [
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
        "output_item.added",
    ]


def test_an_answer_that_is_empty_is_an_empty_message(api):
    api.answer(llm_chunk("", finish_reason="stop", total_tokens=3))

    assert create(api).output[0].content[0].text == ""
    assert [kind for kind, _ in events(api)][2:] == [
        "output_item.added",
        "content_part.added",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]


def test_text_of_any_script_arrives_as_it_is(api):
    text = 'Ünï "quoted" \\ \u2028 日本語 🎉\n\n\t\x00'
    api.answer(*(llm_chunk(letter) for letter in text))

    assert create(api).output_text == text
    assert events(api)[-1][1]["response"]["output"][0]["content"][0]["text"] == text


def test_an_answer_that_follows_a_schema_is_read_into_a_class(api):
    class Author(BaseModel):
        name: str
        alive: bool

    ending = {**llm_chunk("", finish_reason="stop"), "structured_output": {"name": "Herbert", "alive": "false"}}
    api.answer(llm_chunk('{"name": "Her'), ending)

    response = api.openai().responses.parse(model="test-model", input="Who wrote Dune?", text_format=Author)

    assert response.output_parsed == Author(name="Herbert", alive=False)
    ((kind, payload),) = api.asked
    assert kind == "llm_structured_output"
    assert set(payload["structured_output_schema"]["properties"]) == {"name", "alive"}
    with api.openai().responses.stream(model="test-model", input="Who?", text_format=Author) as found:
        assert found.get_final_response().output_parsed == Author(name="Herbert", alive=False)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("failure", "raised", "status", "sentence"),
    [
        ([DifyError("invoke llm model failed: request failed: Model x not exist.")], openai.BadRequestError, 400, "x"),
        ([TIMED_OUT], openai.InternalServerError, 504, "longer than"),
        ([llm_chunk(""), DOWN], openai.InternalServerError, 502, "the provider is down"),
        ([], openai.InternalServerError, 502, "without an answer"),
    ],
)
def test_an_error_before_the_first_token_is_an_http_error(api, streamed, failure, raised, status, sentence):
    api.answer(*failure)

    with pytest.raises(raised, match=sentence) as caught:
        create(api, stream=streamed)

    assert caught.value.status_code == status


@pytest.mark.parametrize(("broken", "sentence"), [(DOWN, "the provider is down"), (CUT, "was cut off")])
def test_an_error_after_the_first_token_is_told_by_two_events_and_raised_by_the_client(api, broken, sentence):
    api.answer(llm_chunk("Good "), broken)

    *_, (kind, failed), (last, error) = events(api)
    assert (kind, last) == ("failed", "error")
    response = failed["response"]
    assert (response["status"], response["error"]["code"]) == ("failed", "server_error")
    assert sentence in response["error"]["message"]
    assert [(item["status"], item["content"][0]["text"]) for item in response["output"]] == [("incomplete", "Good ")]
    assert error["message"] == error["error"]["message"] == response["error"]["message"]

    kinds = []
    with pytest.raises(openai.APIError, match=sentence):
        kinds.extend(event.type for event in create(api, stream=True))
    assert kinds[-1] == "response.failed"
    with (
        pytest.raises(openai.APIError, match=sentence),
        api.openai().responses.stream(model="test-model", input="Hello") as found,
    ):
        found.get_final_response()


def test_a_provider_that_was_asked_too_often_has_the_code_that_clients_wait_for(api):
    api.answer(llm_chunk("Good "), TOO_OFTEN)

    assert events(api)[-2][1]["response"]["error"]["code"] == "rate_limit_exceeded"


def test_a_token_leaves_before_the_next_one_is_there(api):
    first_was_read = threading.Event()

    def answer(_type, _payload):
        yield llm_chunk("Good ")
        assert first_was_read.wait(20)
        yield llm_chunk("day.")

    api.handler = answer
    with api.http.stream("POST", "/v1/responses", json={"input": "Hello", "stream": True}) as response:
        lines = response.iter_lines()
        assert any('"delta":"Good "' in line for line in lines)
        first_was_read.set()
        assert [line for line in lines if line][-2] == "event: response.completed"


def test_many_small_chunks_arrive_in_order(api):
    numbers = [f"{number} " for number in range(1_000)]  # as many as the daemon holds for a plugin
    api.answer(*map(llm_chunk, numbers), llm_chunk("", finish_reason="stop"))

    assert [event["delta"] for kind, event in events(api) if kind == "output_text.delta"] == numbers


def test_text_and_calls_are_items_in_the_order_in_which_they_begin(api):
    api.answer(
        llm_chunk("<think>Hm.</think>Let me see."),
        llm_chunk("", tool_calls=[tool_call("weather", "{}", id="c1")]),
        llm_chunk("Wait.", finish_reason="tool_calls"),
    )
    tools = [{"type": "function", "name": "weather"}]

    found = events(api, tools=tools)

    kinds = ["reasoning", "message", "function_call", "message"]
    assert [item.type for item in create(api, tools=tools).output] == kinds
    changes = [
        (kind, event["item"]["type"]) for kind, event in found if kind in ("output_item.added", "output_item.done")
    ]
    assert changes == [(f"output_item.{change}", kind) for kind in kinds for change in ("added", "done")]
