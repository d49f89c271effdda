import json

import pytest

from switchboard.errors import InvalidInput, NoAnswer, NotPermitted, ProviderFailed
from tools.parameter_extractor import ParameterExtractorTool
from workspace.stub import StubbedDify, replies
from workspace.wire import DifyError

MODEL = {"provider": "langgenius/openai/openai", "model": "gpt-4o", "model_type": "llm"}
CITY = {"name": "city", "type": "string", "description": "Where to", "required": True}


def node(**outputs):
    return {"process_data": {}, "inputs": {}, "outputs": outputs}


def extract(dify, parameters=(CITY,), **more):
    given = {"model": MODEL, "query": "Two tickets to Évora, please.", "parameters": json.dumps(parameters)}
    return dify.run(ParameterExtractorTool, {**given, **more})


def test_the_whole_request_and_every_output():
    seats = {"name": "seats", "type": "integer", "description": "How many"}
    dify = StubbedDify(replies(node(__is_success=1, __reason=None, __usage={}, city="Évora", seats=2)))

    outputs = extract(dify, [CITY, seats], instruction="Only cities.")

    assert dify.requests == [
        (
            "node_parameter_extractor",
            {
                "query": "Two tickets to Évora, please.",
                "instruction": "Only cities.",
                "parameters": [
                    {**CITY, "options": []},
                    {"name": "seats", "type": "number", "description": "How many", "required": False, "options": []},
                ],
                "model": {
                    "provider": MODEL["provider"],
                    "name": "gpt-4o",
                    "mode": "chat",
                    "completion_params": {},
                },
            },
        )
    ]
    assert outputs.variables == {"parameters": {"city": "Évora", "seats": 2}, "success": True, "reason": ""}
    assert (outputs.texts, outputs.json) == (['{"city": "Évora", "seats": 2}'], [])


def test_what_was_not_found_is_null_and_the_reason_is_told():
    outputs = extract(StubbedDify(replies(node(__is_success=0, __reason="No city."))))

    assert outputs.variables == {"parameters": {"city": None}, "success": False, "reason": "No city."}
    assert outputs.json == [{"success": False, "reason": "No city."}]


def test_a_list_is_a_list_though_dify_gives_it_with_its_type():
    given = {"value_type": "array[string]", "value": ["Évora", "Faro"]}
    dify = StubbedDify(replies(node(__is_success=1, cities=given, days=[1, 2])))
    wanted = [{**CITY, "name": "cities", "type": "array[string]"}, {**CITY, "name": "days", "type": "array[number]"}]

    outputs = extract(dify, wanted)

    assert outputs.variables["parameters"] == {"cities": ["Évora", "Faro"], "days": [1, 2]}


def test_a_single_object_will_do():
    dify = StubbedDify(replies(node(__is_success=1, city="Oslo")))

    assert extract(dify, CITY).variables["parameters"] == {"city": "Oslo"}


@pytest.mark.parametrize(
    ("written", "sent"),
    [("boolean", "bool"), ("integer", "number"), ("float", "number"), ("text", "string"), ("array[string]",) * 2],
)
def test_types_go_by_the_names_that_dify_knows(written, sent):
    dify = StubbedDify(replies(node(__is_success=1)))

    extract(dify, [{**CITY, "type": written}])

    assert dify.requests[0][1]["parameters"][0]["type"] == sent


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ([], "has to be a JSON array"),
        ("city", "has to be a JSON array"),
        (["city"], "item 1 has to be an object"),
        ([CITY, {"type": "string"}], "item 2 needs a `name`"),
        ([{**CITY, "name": "__reason"}], "other than __reason"),
        ([{**CITY, "type": "date"}], "`type` has to be one of string"),
        ([{**CITY, "type": ["string"]}], "`type` has to be one of string"),
        ([{**CITY, "type": "select"}], "needs `options`"),
        ([{**CITY, "options": [1]}], "`options` has to be an array of strings"),
        ([{**CITY, "required": "yes"}], "`required` has to be true or false"),
        ([CITY, CITY], "asks for `city` more than once"),
    ],
)
def test_bad_parameters_are_refused_before_dify_is_asked(parameters, sentence):
    dify = StubbedDify(replies())

    with pytest.raises(InvalidInput, match=sentence):
        extract(dify, parameters)

    assert dify.requests == []


@pytest.mark.parametrize(
    ("events", "error"),
    [
        ([DifyError("permission denied, you need to enable node access in plugin manifest")], NotPermitted),
        ([DifyError("invoke parameter extractor failed: request failed: overloaded")], ProviderFailed),
        (
            [
                DifyError(
                    "invoke parameter extractor failed: validate request failed: Key: 'InvokeNodeResponse.Outputs' "
                    "Error:Field validation for 'Outputs' failed on the 'required' tag"
                )
            ],
            ProviderFailed,
        ),
        ([{"outputs": {}}], NoAnswer),
        ([], NoAnswer),
    ],
)
def test_failures_are_told_apart(events, error):
    with pytest.raises(error):
        extract(StubbedDify(replies(*events)))
