import itertools
import json

import pytest

from switchboard.errors import InvalidInput, NoAnswer, NotConfigured, NotPermitted, TimedOut
from tests.replies import embedding
from tools.text_embedding import TextEmbeddingTool
from workspace.stub import StubbedDify, replies
from workspace.wire import DifyError

MODEL = {"provider": "langgenius/openai/openai", "model": "text-embedding-3-small", "model_type": "text-embedding"}


def embed(dify, **parameters):
    return dify.run(TextEmbeddingTool, {"model": MODEL, "texts": "one\ntwo", **parameters})


def test_the_whole_request_and_every_output():
    dify = StubbedDify(replies(embedding([[0.5, 1.0], [0.0, -1.0]])))

    outputs = embed(dify, input_type="query")

    assert dify.requests == [("text_embedding", {**MODEL, "texts": ["one", "two"], "input_type": "query"})]
    usage = outputs.variables.pop("usage")
    assert usage["total_tokens"] == 4
    assert outputs.variables == {"embeddings": [[0.5, 1.0], [0.0, -1.0]], "dimensions": 2}
    assert outputs.text == "2 texts embedded in 2 dimensions."


@pytest.mark.parametrize(
    ("texts", "sent"),
    [
        ("one\n\n  two  \r\nthree", ["one", "two", "three"]),
        ('["two\\nlines", "one"]', ["two\nlines", "one"]),
        (["a list", "as it is"], ["a list", "as it is"]),
    ],
)
def test_texts_are_lines_or_a_json_array(texts, sent):
    dify = StubbedDify(replies(embedding([[1.0]] * len(sent))))

    embed(dify, texts=texts)

    assert dify.requests[0][1]["texts"] == sent


@pytest.mark.parametrize(
    ("listed", "sent"),
    [
        (["three", "four"], ["three", "four"]),
        ([{"content": "three"}, {"text": "four"}], ["three", "four"]),
        ([None], ["one", "two"]),
        ([""], ["one", "two"]),
        (None, ["one", "two"]),
    ],
)
def test_a_list_of_another_node_wins_over_what_is_typed(listed, sent):
    dify = StubbedDify(replies(embedding([[1.0], [1.0]])))

    embed(dify, texts_list=listed)

    assert dify.requests[0][1]["texts"] == sent


def test_a_list_without_texts_gives_no_vectors_and_asks_nobody():
    dify = StubbedDify(replies())

    outputs = embed(dify, texts_list=[], texts=None)

    assert dify.requests == []
    assert outputs.variables == {"embeddings": [], "dimensions": 0, "usage": {}}
    assert outputs.text == "There are no texts to embed."


def test_texts_are_embedded_as_documents_unless_said_otherwise():
    dify = StubbedDify(replies(embedding([[1.0], [1.0]])))

    embed(dify)

    assert dify.requests[0][1]["input_type"] == "document"


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"model": None}, "Choose an embedding model"),
        ({"model": {**MODEL, "model_type": "tts"}}, "needs an embedding model, but .* is a text-to-speech model"),
        ({"texts": ""}, "`texts` is empty, and no list is chosen in `texts_list`"),
        ({"texts": " \n \n"}, "`texts` is empty"),
        ({"texts": "[]"}, "`texts` is empty"),
        ({"texts": '["a", ""]'}, "item 2 is empty"),
        ({"texts": '["a", 2]'}, "item 2 is a number"),
        ({"texts": '["a"\n "b"]'}, "not valid JSON: .* at line 2, column 2"),
        ({"texts": '["a", "\\ud800"]'}, "surrogate"),
        ({"texts": {"a": 1}}, "not an object"),
        ({"texts": "x" * 6_000_000}, r"The list of texts takes 6\.0 MB"),
        ({"input_type": "image"}, "`input_type` has to be one of document, query"),
    ],
)
def test_bad_input_is_refused_before_dify_is_asked(parameters, sentence):
    dify = StubbedDify(replies())

    with pytest.raises(InvalidInput, match=sentence):
        embed(dify, **parameters)

    assert dify.requests == []


def test_vectors_too_large_for_the_wire_are_refused_with_the_number_that_would_fit():
    dify = StubbedDify(replies(embedding([[0.123456789012345] * 3000] * 100)))

    with pytest.raises(InvalidInput, match=r"vectors of 100 texts .* About 95 texts would fit"):
        embed(dify, texts=json.dumps(["text"] * 100))


@pytest.mark.parametrize(
    ("events", "error"),
    [
        ([DifyError("permission denied, you need to enable text-embedding access in plugin manifest")], NotPermitted),
        ([DifyError("invoke text embedding model failed: data is nil")], NotConfigured),
        ([embedding([[1.0]])], NoAnswer),
        ([embedding([[1.0], []])], NoAnswer),
        ([{"model": "m"}], NoAnswer),
        ([], NoAnswer),
        (itertools.repeat(None, 250), TimedOut),
    ],
)
def test_failures_are_told_apart(events, error):
    with pytest.raises(error):
        embed(StubbedDify(replies(*events)))
