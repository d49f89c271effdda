"""Answers that follow a JSON schema."""

import json

import openai
import pytest
from pydantic import BaseModel

from tests.replies import llm_chunk, tool_call
from workspace.wire import DifyError

HELLO = [{"role": "user", "content": "Who wrote Dune?"}]
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "alive": {"type": "boolean"}},
    "required": ["name", "alive"],
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "author", "schema": SCHEMA, "strict": True}}
TOOL = {"type": "function", "function": {"name": "search"}}
HERBERT = {"name": "Frank Herbert", "alive": "false"}
NOT_JSON = DifyError(
    "read llm model failed: request failed: Failed to parse structured output: a secret of the model's"
)


def structured(value):
    """The chunk with which Dify ends: the whole object."""
    return {**llm_chunk(""), "structured_output": value}


ANSWER = [
    llm_chunk("<think>Easy.</think>"),
    llm_chunk('```json\n{"name": "Frank Her'),
    llm_chunk('bert", "alive": "false"}'),
    llm_chunk("", finish_reason="stop", total_tokens=7),
    structured(HERBERT),
]


def ask(api, **fields):
    return api.openai().chat.completions.create(model="test-model", messages=HELLO, response_format=FORMAT, **fields)


def test_the_content_is_the_object_that_dify_made_of_the_answer(api):
    api.answer(*ANSWER)

    completion = ask(api, temperature=0)

    message = completion.choices[0].message
    assert json.loads(message.content) == {"name": "Frank Herbert", "alive": False}
    assert message.reasoning_content == "Easy."
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage.total_tokens == 7


def test_the_schema_reaches_dify_and_no_other_form_does(api):
    stored = {"response_format": "JSON", "json_schema": "{}", "temperature": 1}
    api.settings["chat_model"] = {**api.settings["chat_model"], "completion_params": stored}
    api.answer(*ANSWER)

    ask(api)

    ((kind, payload),) = api.asked
    assert kind == "llm_structured_output"
    assert payload["structured_output_schema"] == SCHEMA
    assert payload["completion_params"] == {"temperature": 1}


def test_a_stream_has_the_object_in_one_piece(api):
    api.answer(*ANSWER)

    found = list(ask(api, stream=True))

    contents = [chunk.choices[0].delta.content for chunk in found]
    (content,) = filter(None, contents)
    assert json.loads(content) == {"name": "Frank Herbert", "alive": False}
    assert found[-1].choices[0].finish_reason == "stop"


def test_the_clients_parse_reads_it_into_a_class(api):
    class Author(BaseModel):
        name: str
        alive: bool

    api.answer(*ANSWER)

    completion = api.openai().chat.completions.parse(model="test-model", messages=HELLO, response_format=Author)

    assert completion.choices[0].message.parsed == Author(name="Frank Herbert", alive=False)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ([llm_chunk("I do not know."), NOT_JSON], "did not answer with the JSON object"),
        ([llm_chunk("{}", finish_reason="stop")], "no object for the JSON schema"),
        ([], "without an answer"),
    ],
)
def test_an_answer_without_the_object_is_an_error(api, answer, sentence, streamed):
    api.answer(*answer)

    with pytest.raises(openai.APIStatusError, match=sentence) as failure:
        ask(api, stream=streamed)

    assert failure.value.status_code == 502
    assert "secret" not in str(failure.value)


def test_an_empty_object_is_one(api):
    api.answer(structured({}))

    assert ask(api).choices[0].message.content == "{}"


def test_a_model_may_call_a_tool_instead(api):
    call = tool_call("search", "{}", id="c1")
    api.answer(llm_chunk("", tool_calls=[call], finish_reason="tool_calls", total_tokens=3), NOT_JSON)

    completion = ask(api, tools=[TOOL])

    (choice,) = completion.choices
    assert [found.function.name for found in choice.message.tool_calls] == ["search"]
    assert (choice.message.content, choice.finish_reason) == (None, "tool_calls")
    assert completion.usage.total_tokens == 3
