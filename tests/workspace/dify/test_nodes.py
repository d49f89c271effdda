"""The nodes that plugins can run, in Dify's own node classes."""

import json

import pytest
from dify_plugin.entities.workflow_node import ClassConfig, ModelConfig, ParameterConfig

from tests.workspace.dify.app_calls import session_of
from tests.workspace.dify.fake_models import EVERYTHING, FakeModels
from tests.workspace.dify.model_calls import error_of
from workspace.engines import ToolCall
from workspace.engines.offline import OfflineModels
from workspace.local import local_dify

MODEL = ModelConfig(provider="p", name="m", completion_params={})
CITY = ParameterConfig(name="city", type="string", description="Where to", required=True)
SEATS = ParameterConfig(name="seats", type="number", description="How many", required=False)
CLASSES = [ClassConfig(id="1", name="Praise"), ClassConfig(id="2", name="Complaint")]
PAYLOADS = {
    "node_parameter_extractor": {"parameters": [CITY.model_dump()]},
    "node_question_classifier": {"classes": [each.model_dump() for each in CLASSES]},
}


def extract(session, parameters=(CITY, SEATS), query="Two to Lisbon, please.", **more):
    extractor = session.workflow_node.parameter_extractor
    return extractor.invoke(parameters=list(parameters), query=query, **{"model": MODEL, **more})


def classify(session, query="The lamp is broken.", **more):
    return session.workflow_node.question_classifier.invoke(CLASSES, query=query, **{"model": MODEL, **more})


CALLS = {"parameter extractor": extract, "question classifier": classify}


def calling(**arguments):
    return FakeModels(calls=(ToolCall("c1", "extract_parameter", json.dumps(arguments)),))


def test_what_the_model_extracts_is_put_out_under_its_names():
    models = calling(city="Lisbon", seats=2)

    response = extract(session_of(models), instruction="Only cities.")

    assert response.outputs.pop("__usage")["total_tokens"] == 6
    assert response.outputs == {"__is_success": 1, "__reason": None, "city": "Lisbon", "seats": 2}
    assert response.inputs["query"] == "Two to Lisbon, please."
    assert response.process_data["tool_call"]["function"]["name"] == "extract_parameter"
    [asked] = models.asked
    assert asked["model"] == "m"
    [tool] = asked["tools"]
    assert set(tool["parameters"]["properties"]) == {"city", "seats"}
    assert "Only cities." in json.dumps(asked["messages"])


@pytest.mark.parametrize(
    ("extracted", "reason"),
    [
        ({"seats": 2}, "Invalid number of parameters"),
        ({"city": "Lisbon"}, "Invalid number of parameters"),
        ({"city": "Lisbon", "seats": "two"}, "Invalid value for parameter seats"),
    ],
)
def test_an_answer_without_every_parameter_or_of_another_type_is_no_success(extracted, reason):
    response = extract(session_of(calling(**extracted)))

    assert response.outputs["__is_success"] == 0
    assert response.outputs["__reason"].startswith(reason)


def test_a_list_comes_as_dify_sends_it_with_its_type():
    cities = ParameterConfig(name="cities", type="array[string]", description="Where to", required=True)

    response = extract(session_of(calling(cities=["Lisbon", "Faro"])), [cities])

    assert response.outputs["__is_success"] == 1
    assert response.outputs["cities"] == {"value_type": "array[string]", "value": ["Lisbon", "Faro"]}


def test_the_offline_engine_extracts_and_classifies():
    session = session_of(OfflineModels(), default_model="extractive")
    flag = ParameterConfig(name="seat", type="select", options=["window", "aisle"], description="Seat", required=False)

    found = extract(session, [CITY, SEATS, flag], "Two seats to Lisbon by the window, please.").outputs
    assert (found["city"], found["seats"], found["seat"]) == ("Lisbon", 2, "window")

    assert classify(session).outputs["class_name"] == "Complaint"


def test_the_class_that_the_model_names_is_put_out():
    models = FakeModels(words=('{"category_id": "2", ', '"category_name": "Complaint"}'))

    outputs = classify(session_of(models), instruction="Irony counts.").outputs

    assert (outputs["class_name"], outputs["class_id"], outputs["class_label"]) == ("Complaint", "2", "CLASS 2")
    assert "Irony counts." in json.dumps(models.asked[0]["messages"])


def test_an_answer_that_names_no_class_is_the_first_one_as_in_dify():
    models = FakeModels(words=('{"category_name": "Complaint"}',))

    assert classify(session_of(models)).outputs["class_name"] == "Praise"


def test_an_answer_that_is_no_json_fails_the_node():
    text = error_of(lambda: classify(session_of(FakeModels(words=("A complaint.",)))))

    assert text.startswith("invoke question classifier failed: validate request failed: ")


@pytest.mark.parametrize(("noun", "call"), CALLS.items())
def test_of_a_node_that_fails_the_reason_is_lost(noun, call):
    text = error_of(lambda: call(session_of(FakeModels(fails="overloaded"))))

    lines = [
        f"Key: 'InvokeNodeResponse.{name}' Error:Field validation for '{name}' failed on the 'required' tag"
        for name in ("ProcessData", "Outputs", "Inputs")
    ]
    assert text == f"invoke {noun} failed: validate request failed: {'\n'.join(lines)}"


@pytest.mark.parametrize(("noun", "call"), CALLS.items())
def test_a_model_without_parameters_is_lost_in_data_is_nil(noun, call, session):
    unset = ModelConfig(provider="p", name="m")

    assert error_of(lambda: call(session, model=unset)) == f"invoke {noun} failed: data is nil"


@pytest.mark.parametrize("name", ["__reason", "__is_success"])
def test_a_name_that_dify_keeps_for_itself_is_lost_too(name, session):
    wanted = [CITY.model_copy(update={"name": name})]

    assert error_of(lambda: extract(session, wanted)) == "invoke parameter extractor failed: data is nil"


@pytest.mark.parametrize(("noun", "call"), CALLS.items())
def test_a_model_that_is_not_known_does_not_exist(noun, call):
    text = error_of(lambda: call(session_of(FakeModels(), known_models={"other"})))

    assert text == f"invoke {noun} failed: request failed: Model m not exist."


@pytest.mark.parametrize("kind", ["boolean", "array[boolean]", "date", ""])
def test_the_daemon_knows_fewer_types_than_dify(kind, session):
    text = error_of(lambda: extract(session, [CITY.model_copy(update={"type": kind})]))

    tag = "oneof" if kind else "required"
    where = "InvokeParameterExtractorRequest.Parameters[0].Type"
    assert text.endswith(f"Key: '{where}' Error:Field validation for 'Type' failed on the '{tag}' tag")


@pytest.mark.parametrize(
    ("invoke_type", "missing"),
    [(invoke_type, key) for invoke_type, own in PAYLOADS.items() for key in ("query", "model", *own)],
)
def test_what_the_daemon_requires_has_to_be_there(invoke_type, missing, models):
    payload = {**PAYLOADS[invoke_type], "model": MODEL.model_dump(mode="json"), "query": "q", "instruction": ""}
    payload.pop(missing, None)

    text = error_of(lambda: list(local_dify(EVERYTHING, models).handle(invoke_type, payload)))

    assert text.startswith("unmarshal backwards invoke request failed: error validating struct: Key: ")
    assert "failed on the 'required' tag" in text
    assert models.asked == []
