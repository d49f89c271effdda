import json

import pytest
from dify_plugin.entities.model.message import UserPromptMessage

from tests.workspace.dify.app_calls import session_of
from tests.workspace.dify.fake_models import EVERYTHING, FakeModels
from tests.workspace.dify.model_calls import LLM, error_of, llm_payload
from workspace.engines import ToolCall
from workspace.engines.offline import OfflineModels
from workspace.local import local_dify

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "population": {"type": "integer"}, "coastal": {"type": "boolean"}},
    "required": ["city", "population", "coastal"],
}


def ask(models, *, schema=SCHEMA, text="Hi", **options):
    messages = [UserPromptMessage(content=text)]
    return session_of(models, **options).model.llm_structured_output.invoke(LLM, messages, schema)


def test_the_text_streams_and_the_last_chunk_alone_has_the_whole_object():
    *chunks, last = ask(FakeModels(words=('{"city": ', '"Lisbon"}')))

    assert [chunk.delta.message.content for chunk in chunks] == ['{"city": ', '"Lisbon"}', ""]
    assert all(chunk.structured_output is None for chunk in chunks)
    assert chunks[-1].delta.usage.total_tokens == 9
    assert chunks[-1].delta.finish_reason == "stop"
    assert last.structured_output == {"city": "Lisbon"}
    assert (last.delta.message.content, last.delta.usage, last.delta.finish_reason) == ("", None, None)


def test_the_schema_reaches_the_model_beside_the_other_parameters():
    models = FakeModels(words=("{}",))
    payload = llm_payload(completion_params={"temperature": 0}, structured_output_schema=SCHEMA)
    list(local_dify(EVERYTHING, models).handle("llm_structured_output", payload))

    [asked] = models.asked
    assert asked["parameters"].pop("temperature") == 0
    assert json.loads(asked["parameters"].pop("json_schema"))["schema"] == SCHEMA
    assert asked["parameters"] == {}


def test_the_offline_engine_fills_the_schema():
    text = "Read this: Lisbon has a population of 545000. It is coastal."

    *_, last = ask(OfflineModels(), text=text)

    assert last.structured_output == {"city": "Lisbon", "population": 545000, "coastal": True}


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ('<think>{"city"? perhaps}</think>{"city": "Faro"}', {"city": "Faro"}),
        ('```json\n{"city": "Faro"}\n```', {"city": "Faro"}),
        ('[{"city": "Faro"}, {"city": "Porto"}]', {"city": "Faro"}),
        ('{"population": NaN}', {"population": None}),
    ],
)
def test_the_object_is_found_in_what_a_model_writes_around_it(answer, found):
    *_, last = ask(FakeModels(words=(answer,)))

    assert last.structured_output == found


@pytest.mark.parametrize("answer", ["Good day.", '{"city": "Lis', ""])
def test_an_answer_without_a_whole_object_is_an_error_after_its_text(answer):
    said = []

    def read():
        said.extend(chunk.delta.message.content for chunk in ask(FakeModels(words=(answer,))))

    assert error_of(read) == (
        f"read llm with structured output model failed: request failed: Failed to parse structured output: {answer}"
    )
    assert "".join(said) == answer


def test_a_model_that_calls_a_tool_instead_fails_as_in_dify():
    models = FakeModels(calls=(ToolCall("call_1", "look_up", "{}"),))

    assert error_of(lambda: list(ask(models))).endswith("Failed to parse structured output: ")


def test_a_model_that_is_not_known_has_no_credentials():
    assert error_of(lambda: list(ask(FakeModels(), known_models=["other"]))) == (
        "invoke llm with structured output model failed: request failed with status code: 400 and respond with: "
        '{"code": "invalid_param", "message": "Model m credentials is not initialized.", "status": 400}\n'
    )
