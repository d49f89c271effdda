"""`/v1/embeddings` with the `openai` client, and raw where the client would not send such a thing."""

import base64
import json
import math
import struct

import openai
import pytest

from tests.replies import embedding
from workspace.wire import DifyError

VECTORS = [[0.1, -2.5, 3e-7], [1.0, 0.0, -0.25]]


def ask(api, **body):
    return api.http.post("/v1/embeddings", json={"input": ["one", "two"], **body})


def error_of(response):
    return response.json()["error"]


def test_the_client_gets_a_vector_for_each_text_in_its_order(api):
    api.answer(embedding(VECTORS))

    reply = api.openai().embeddings.create(model="test-model", input=["one", "two"])

    assert api.asked == [
        (
            "text_embedding",
            {
                "provider": "langgenius/test/test",
                "model": "test-model",
                "texts": ["one", "two"],
                "input_type": "document",
            },
        )
    ]
    assert [(item.index, item.object) for item in reply.data] == [(0, "embedding"), (1, "embedding")]
    # the client asks for base64, so what it gets is rounded to float32
    for item, vector in zip(reply.data, VECTORS, strict=True):
        assert item.embedding == pytest.approx(vector, rel=1e-6)
    assert (reply.model, reply.object) == ("test-model", "list")
    assert (reply.usage.prompt_tokens, reply.usage.total_tokens) == (4, 4)


def test_one_text_gets_one_vector(api):
    api.answer(embedding(VECTORS[:1]))

    reply = api.openai().embeddings.create(model="test-model", input="one", encoding_format="float")

    assert [item.embedding for item in reply.data] == VECTORS[:1]
    assert api.asked[0][1]["texts"] == ["one"]


@pytest.mark.parametrize("encoding_format", [{}, {"encoding_format": None}, {"encoding_format": "float"}])
def test_vectors_are_numbers_as_the_model_gave_them_unless_base64_is_asked_for(api, encoding_format):
    api.answer(embedding(VECTORS))

    assert [item["embedding"] for item in ask(api, **encoding_format).json()["data"]] == VECTORS


def test_base64_is_float32_in_little_endian(api):
    api.answer(embedding(VECTORS))

    encoded = [item["embedding"] for item in ask(api, encoding_format="base64").json()["data"]]

    assert encoded == [base64.b64encode(struct.pack("<3f", *vector)).decode() for vector in VECTORS]


@pytest.mark.parametrize(
    ("input_type", "asked"),
    [
        (None, "document"),
        ("document", "document"),
        ("search_document", "document"),
        ("passage", "document"),
        ("query", "query"),
        ("search_query", "query"),
    ],
)
def test_a_caller_can_say_that_a_text_is_a_query(api, input_type, asked):
    api.answer(embedding(VECTORS))

    api.openai().embeddings.create(input=["one", "two"], model="test-model", extra_body={"input_type": input_type})

    assert api.asked[0][1]["input_type"] == asked


@pytest.mark.parametrize(
    ("named", "provider", "model", "told"),
    [
        ({}, "langgenius/test/test", "test-model", "test-model"),
        ({"model": None}, "langgenius/test/test", "test-model", "test-model"),
        ({"model": "ada"}, "langgenius/openai/openai", "text-embedding-3-small", "ada"),
        ({"model": "text-embedding-3-small"}, "langgenius/openai/openai", "text-embedding-3-small", "ada"),
        (
            {"model": "langgenius/openai/openai/text-embedding-3-small"},
            "langgenius/openai/openai",
            "text-embedding-3-small",
            "ada",
        ),
    ],
)
def test_a_model_is_named_in_any_of_its_names_or_not_at_all(api, named, provider, model, told):
    api.settings["models"] = "ada = text-embedding:langgenius/openai/openai/text-embedding-3-small"
    api.answer(embedding(VECTORS))

    reply = ask(api, **named).json()

    assert (api.asked[0][1]["provider"], api.asked[0][1]["model"]) == (provider, model)
    assert reply["model"] == told


def test_vectors_of_the_length_asked_for_are_what_was_asked_for(api):
    api.answer(embedding(VECTORS))

    assert ask(api, dimensions=3).status_code == 200


def test_another_length_is_refused_with_the_one_there_is(api):
    api.answer(embedding(VECTORS))

    with pytest.raises(openai.BadRequestError) as failure:
        api.openai().embeddings.create(model="test-model", input=["one", "two"], dimensions=2)

    assert failure.value.param == "dimensions"
    assert "have 3 dimensions" in failure.value.message
    assert "or send 3" in failure.value.message


def test_80_vectors_of_1536_arrive_whole(api):
    vectors = [[math.sin(text * 1536 + place) for place in range(1536)] for text in range(80)]
    api.answer(embedding(vectors))

    response = ask(api, input=["text"] * 80)

    assert len(response.content) > 2_400_000
    assert [item["embedding"] for item in response.json()["data"]] == vectors


@pytest.mark.parametrize("tokens", [[1, 2, 3], [[1, 2], [3]], [0]])
def test_numbers_of_tokens_are_refused_with_langchains_option(api, tokens):
    with pytest.raises(openai.BadRequestError) as failure:
        api.openai().embeddings.create(model="test-model", input=tokens)

    assert "check_embedding_ctx_length=False" in failure.value.message
    assert failure.value.param == "input"
    assert api.asked == []


@pytest.mark.parametrize(
    ("body", "param", "sentence"),
    [
        ({"input": ""}, "input", "The field `input` is wrong: it is empty."),
        ({"input": []}, "input", "The field `input` has to be text or a list of 1 or more."),
        ({"input": None}, "input", "The field `input` has to be text or a list."),
        ({"input": 7}, "input", "The field `input` has to be text or a list."),
        ({"input": {"text": "one"}}, "input", "The field `input` has to be text or a list."),
        ({"input": ["one", ""]}, "input[1]", "The field `input[1]` is wrong: it is empty."),
        ({"input": ["one", None]}, "input[1]", "The field `input[1]` has to be text."),
        ({"input": ["one", 7]}, "input[1]", "The field `input[1]` has to be text."),
        ({"encoding_format": "int8"}, "encoding_format", "has to be 'float' or 'base64'"),
        ({"dimensions": "many"}, "dimensions", "The field `dimensions` has to be a whole number."),
        ({"dimensions": 0.5}, "dimensions", "The field `dimensions` has to be a whole number."),
        ({"input_type": "clustering"}, "input_type", "has to be 'document', 'search_document', 'passage', 'query' or"),
        ({"model": ["a"]}, "model", "The field `model` has to be text"),
    ],
)
def test_a_wrong_field_is_named_before_dify_is_asked(api, body, param, sentence):
    response = ask(api, **body)

    assert response.status_code == 400
    assert sentence in error_of(response)["message"]
    assert (error_of(response)["param"], error_of(response)["type"]) == (param, "invalid_request_error")
    assert api.asked == []


def test_the_input_is_required(api):
    response = api.http.post("/v1/embeddings", json={"model": "test-model"})

    assert (response.status_code, error_of(response)["message"]) == (400, "The field `input` is missing.")


def test_a_model_that_the_key_does_not_reach_is_not_found(api):
    with pytest.raises(openai.NotFoundError) as failure:
        api.openai().embeddings.create(model="text-embedding-3-large", input="one")

    assert (failure.value.code, failure.value.param) == ("model_not_found", "model")
    assert api.asked == []


def test_a_chat_model_makes_no_vectors(api):
    api.settings["models"] = "gpt-4o = langgenius/openai/openai/gpt-4o"

    with pytest.raises(openai.BadRequestError, match="`gpt-4o` is of type llm, and this route takes models of type"):
        api.openai().embeddings.create(model="gpt-4o", input="one")


def test_more_text_than_dify_carries_is_too_large(api):
    response = ask(api, input=["é" * 1_000_000] * 3)

    assert response.status_code == 413
    assert "The list of texts takes 6.0 MB" in error_of(response)["message"]
    assert error_of(response)["code"] == "request_too_large"
    assert api.asked == []


@pytest.mark.parametrize(
    ("vectors", "sentence"),
    [
        (VECTORS[:1], "test-model returned 1 vectors for 2 texts."),
        ([*VECTORS, VECTORS[0]], "test-model returned 3 vectors for 2 texts."),
        ([[], []], "test-model returned vectors that are empty"),
        ([[0.5], [0.5, 1.0]], "differ in length"),
    ],
)
@pytest.mark.parametrize("encoding_format", ["float", "base64"])
def test_vectors_that_cannot_be_used_are_a_failure_of_the_model(api, vectors, sentence, encoding_format):
    api.answer(embedding(vectors))

    response = ask(api, encoding_format=encoding_format)

    assert response.status_code == 502
    assert sentence in error_of(response)["message"]
    assert error_of(response)["type"] == "api_error"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("permission denied, you need to enable text-embedding access in plugin manifest", 403),
        ("invoke text embedding model failed: data is nil", 400),
        ("invoke text embedding model failed: request failed: InvokeRateLimitError: slow down", 502),
        ("invocation exited without response after 250 seconds", 504),
    ],
)
def test_a_failure_in_dify_is_told_in_openais_form(api, text, status):
    api.answer(DifyError(text))

    response = ask(api)

    assert response.status_code == status
    assert set(error_of(response)) == {"message", "type", "param", "code"}
    assert "Traceback" not in json.dumps(error_of(response))
