import json

import pytest

from switchboard.errors import InvalidInput, NoAnswer, NotConfigured, ProviderFailed
from tests.replies import llm_chunk, llm_usage
from tools.llm_structured_output import LLMStructuredOutputTool
from workspace.stub import StubbedDify, replies
from workspace.wire import DifyError

MODEL = {"provider": "langgenius/openai/openai", "model": "gpt-4o", "model_type": "llm", "mode": "chat"}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def ask(dify, **parameters):
    given = {"model": MODEL, "prompt": "Which city?", "schema": json.dumps(SCHEMA)}
    return dify.run(LLMStructuredOutputTool, {**given, **parameters})


def complete(found, **chunk):
    return {**llm_chunk("", **chunk), "structured_output": found}


def test_the_whole_request_and_every_output():
    dify = StubbedDify(
        replies(llm_chunk('{"city"'), llm_chunk(': "Évora"}'), complete({"city": "Évora"}, total_tokens=9))
    )

    outputs = ask(
        dify, system_prompt="Be brief.", model={**MODEL, "completion_params": {"temperature": 0, "stop": ["."]}}
    )

    [(invoke_type, payload)] = dify.requests
    assert invoke_type == "llm_structured_output"
    assert payload["structured_output_schema"] == SCHEMA
    assert (payload["completion_params"], payload["stop"], payload["stream"]) == ({"temperature": 0}, ["."], True)
    assert [(each["role"], each["content"]) for each in payload["prompt_messages"]] == [
        ("system", "Be brief."),
        ("user", "Which city?"),
    ]
    assert outputs.variables["structured_output"] == {"city": "Évora"}
    assert outputs.variables["usage"]["total_tokens"] == llm_usage(9)["total_tokens"]
    assert outputs.texts == ['{"city": "Évora"}']


def test_an_object_with_nothing_in_it_is_an_answer():
    assert ask(StubbedDify(replies(complete({})))).variables["structured_output"] == {}


def test_a_boolean_that_dify_gives_as_text_is_one_again():
    schema = {"type": "object", "properties": {"capital": {"type": "boolean"}, "name": {"type": "string"}}}
    dify = StubbedDify(replies(complete({"capital": "True", "name": "true"})))

    outputs = ask(dify, schema=json.dumps(schema))
    assert outputs.variables["structured_output"] == {"capital": True, "name": "true"}
    assert json.loads(outputs.texts[0]) == {"capital": True, "name": "true"}


def test_a_model_that_writes_no_json_is_an_error_that_says_what_to_do():
    dify = StubbedDify(replies(llm_chunk("I cannot say."), complete(None, finish_reason="length")))

    with pytest.raises(NoAnswer, match=r"gpt-4o gave no JSON object .*finish reason: length.*higher token limit"):
        ask(dify)


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        ("", "`schema` is empty"),
        ("{}", "`schema` is empty"),
        ("city", "not valid JSON"),
        ("[]", r'a JSON object such as {"properties": .*, not a list'),
        ('{"type": "array", "items": {}}', "has to describe an object"),
        ('{"type": "object"}', "has no `properties`"),
        ('{"properties": {"city": "string"}}', "the property city has to be a schema"),
        ('{"properties": {"city": {}}, "required": ["town"]}', "`required` has to be"),
        ('{"properties": {"city": {}}, "required": "city"}', "`required` has to be"),
    ],
)
def test_a_schema_that_cannot_be_filled_in_is_refused_before_dify_is_asked(schema, sentence):
    dify = StubbedDify(replies())

    with pytest.raises(InvalidInput, match=sentence):
        ask(dify, schema=schema)

    assert dify.requests == []


def test_a_schema_without_a_type_is_that_of_an_object():
    dify = StubbedDify(replies(complete({"city": "Oslo"})))

    ask(dify, schema='{"properties": {"city": {}}}')

    assert dify.requests[0][1]["structured_output_schema"]["type"] == "object"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "additionalProperties": {"type": "number"}},
        {"type": "object", "$ref": "#/$defs/Trip", "$defs": {"Trip": SCHEMA}},
        {"type": "object", "allOf": [SCHEMA], "required": ["city"]},
        {"type": "object", "properties": {"city": True}},
    ],
)
def test_properties_may_be_said_in_any_way_that_json_schema_knows(schema):
    dify = StubbedDify(replies(complete({"city": "Oslo"})))

    ask(dify, schema=json.dumps(schema))

    assert dify.requests[0][1]["structured_output_schema"] == schema


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("invoke llm model failed: request failed: Model schema not found for gpt-4o", NotConfigured),
        ("read llm model failed: request failed: overloaded", ProviderFailed),
    ],
)
def test_failures_are_told_apart(text, error):
    with pytest.raises(error):
        ask(StubbedDify(replies(DifyError(text))))
