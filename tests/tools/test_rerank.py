import itertools

import pytest

from switchboard.errors import InvalidInput, NoAnswer, NotPermitted, ProviderFailed, TimedOut
from switchboard.ranking import NO_THRESHOLD
from tests.replies import reranked
from tools.rerank import RerankTool
from workspace.stub import StubbedDify, replies
from workspace.wire import DifyError

MODEL = {"provider": "langgenius/cohere/cohere", "model": "rerank-v3.5", "model_type": "rerank"}


def rerank(dify, **parameters):
    return dify.run(
        RerankTool, {"model": MODEL, "query": "Where is Lisbon?", "documents": "Oslo\nLisbon\nPorto", **parameters}
    )


def test_the_whole_request_and_every_output():
    dify = StubbedDify(replies(reranked((1, 0.9), (2, 0.5))))

    outputs = rerank(dify, top_n=2, score_threshold=0.25)

    assert dify.requests == [
        (
            "rerank",
            {
                **MODEL,
                "query": "Where is Lisbon?",
                "docs": ["Oslo", "Lisbon", "Porto"],
                "top_n": 2,
                "score_threshold": 0.25,
            },
        )
    ]
    assert outputs.variables == {
        "documents": [{"index": 1, "text": "Lisbon", "score": 0.9}, {"index": 2, "text": "Porto", "score": 0.5}],
        "best": "Lisbon",
    }
    assert outputs.text == "[1] 0.900  Lisbon\n[2] 0.500  Porto"


def test_both_numbers_are_sent_as_real_numbers_when_none_is_given():
    dify = StubbedDify(replies(reranked((0, -3.5))))

    outputs = rerank(dify, top_n=None, score_threshold="")

    [(_, payload)] = dify.requests
    assert (payload["top_n"], payload["score_threshold"]) == (3, NO_THRESHOLD)
    assert outputs.variables["best"] == "Oslo"


def test_order_threshold_and_number_hold_even_if_the_provider_ignores_them():
    dify = StubbedDify(replies(reranked((0, 0.1), (2, 0.7), (1, 0.9))))

    outputs = rerank(dify, top_n="1", score_threshold="0.5")

    assert outputs.variables["documents"] == [{"index": 1, "text": "Lisbon", "score": 0.9}]


def test_a_document_that_comes_twice_counts_once():
    outputs = rerank(StubbedDify(replies(reranked((1, 0.9), (1, 0.9)))))

    assert [document["index"] for document in outputs.variables["documents"]] == [1]


def test_a_number_larger_than_the_list_is_the_whole_list():
    dify = StubbedDify(replies(reranked((1, 0.9))))

    rerank(dify, top_n=100)

    assert dify.requests[0][1]["top_n"] == 3


def test_scores_of_any_size_count_without_a_threshold():
    assert rerank(StubbedDify(replies(reranked((0, -2e9))))).variables["best"] == "Oslo"


def test_no_document_above_the_threshold_is_an_answer():
    outputs = rerank(StubbedDify(replies(reranked((0, 0.1)))), score_threshold=0.5)

    assert outputs.variables == {"documents": [], "best": ""}
    assert outputs.text == "No document scored 0.5 or more."


def test_the_text_has_each_document_on_a_line_with_its_index():
    """That is all that an agent's model sees of it."""
    outputs = rerank(
        StubbedDify(replies(reranked((1, 0.5), (0, 0.25)))), documents=["Oslo", " Lisbon \r\nlies\there. "]
    )

    assert outputs.text == "[1] 0.500  Lisbon lies here.\n[0] 0.250  Oslo"


@pytest.mark.parametrize("number", [1, 20, 1000])
def test_the_text_stays_short_however_long_the_documents_are(number):
    long = "word " * (200_000 // number)

    outputs = rerank(StubbedDify(replies(reranked(*((at, 0.5) for at in range(number))))), documents=[long] * number)

    assert len(outputs.text) < 8000 + 20 * number
    assert outputs.text.count("…") == number
    assert outputs.variables["best"] == long


@pytest.mark.parametrize(
    "listed",
    [
        ["Bergen", "Faro"],
        [{"content": "Bergen", "title": "a", "metadata": {"score": None}}, {"content": "Faro"}],
        [{"index": 1, "text": "Bergen", "score": 0.9}, "Faro"],
        "[{'content': 'Bergen'}, {'content': 'Faro'}]",
        ["['Bergen', 'Faro']"],
        ['```json\n["Bergen", "Faro"]\n```'],
    ],
)
def test_a_list_of_another_node_wins_over_what_is_typed(listed):
    dify = StubbedDify(replies(reranked((1, 0.9))))

    outputs = rerank(dify, documents_list=listed)

    assert dify.requests[0][1]["docs"] == ["Bergen", "Faro"]
    assert outputs.variables["best"] == "Faro"


@pytest.mark.parametrize("unset", [None, "", [None], [""]])
def test_what_dify_sends_for_a_list_that_is_not_set_is_none(unset):
    dify = StubbedDify(replies(reranked((1, 0.9))))

    rerank(dify, documents_list=unset)

    assert dify.requests[0][1]["docs"] == ["Oslo", "Lisbon", "Porto"]


def test_a_retrieval_that_found_nothing_gives_nothing_and_asks_nobody():
    dify = StubbedDify(replies())

    outputs = rerank(dify, documents_list=[], documents="")

    assert dify.requests == []
    assert outputs.variables == {"documents": [], "best": ""}
    assert outputs.text == "There are no documents to sort."


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"documents_list": [1, 2]}, "`documents_list` .* item 1 is a number"),
        ({"documents_list": [{"title": "a"}]}, "`documents_list` .* item 1 is an object without `content` or `text`"),
        ({"documents_list": ["Oslo", None]}, "`documents_list` .* item 2 is null"),
        ({"documents_list": ["Oslo", " "]}, "`documents_list`: item 2 is empty"),
        ({"documents_list": {"id": 1}}, "`documents_list` .* not an object"),
        (
            {"documents_list": [""], "documents": None},
            "`documents` is empty, and no list is chosen in `documents_list`",
        ),
        ({"model": {}}, "Choose a rerank model"),
        ({"model": {}, "documents_list": []}, "Choose a rerank model"),
        ({"model": {**MODEL, "model_type": "llm"}}, "is a language model"),
        ({"query": "  "}, "`query` is empty"),
        ({"documents": ""}, "`documents` is empty"),
        ({"documents": '["Oslo", {"name": "Lisbon"}]'}, "item 2 is an object without `content` or `text`"),
        ({"documents": "[Oslo]"}, "`documents` is not valid JSON"),
        ({"documents": "Oslo\udfff"}, "surrogate"),
        ({"documents": "x" * 6_000_000}, "takes 6.0 MB"),
        ({"top_n": 0}, "`top_n` has to be a whole number of at least 1"),
        ({"top_n": 1.5}, "`top_n` has to be a whole number"),
        ({"top_n": "many"}, "`top_n` has to be a number"),
        ({"score_threshold": "high"}, "`score_threshold` has to be a number"),
        ({"score_threshold": "nan"}, "`score_threshold` has to be a number"),
        ({"score_threshold": True}, "`score_threshold` has to be a number"),
    ],
)
def test_bad_input_is_refused_before_dify_is_asked(parameters, sentence):
    dify = StubbedDify(replies())

    with pytest.raises(InvalidInput, match=sentence):
        rerank(dify, **parameters)

    assert dify.requests == []


@pytest.mark.parametrize(
    ("events", "error"),
    [
        ([DifyError("permission denied, you need to enable rerank access in plugin manifest")], NotPermitted),
        ([DifyError("invoke rerank model failed: request failed: overloaded")], ProviderFailed),
        ([reranked()], NoAnswer),
        ([reranked((7, 0.5))], NoAnswer),
        ([reranked((-1, 0.5))], NoAnswer),
        ([{"docs": "none"}], NoAnswer),
        ([], NoAnswer),
        (itertools.repeat(None, 250), TimedOut),
    ],
)
def test_failures_are_told_apart(events, error):
    with pytest.raises(error):
        rerank(StubbedDify(replies(*events)))
