"""`/v1/rerank` and `/v2/rerank` with both clients of `cohere`, and raw as Jina's clients send it."""

import cohere
import pytest

from tests.endpoints.api import KEY
from tests.replies import reranked
from workspace.wire import DifyError

DOCUMENTS = ["Oslo", "Lisbon", "Porto"]
RANKED = reranked((1, 0.75), (2, 0.5), (0, -0.25))


@pytest.fixture(autouse=True)
def ranking(api):
    api.answer(RANKED)


@pytest.fixture
def v1(api):
    with cohere.Client(KEY, base_url=api.url, timeout=30, max_retries=0) as client:
        yield client


@pytest.fixture
def v2(api):
    with cohere.ClientV2(KEY, base_url=api.url, timeout=30, max_retries=0) as client:
        yield client


def ask(api, route="/v1/rerank", **body):
    return api.http.post(route, json={"query": "Where is Lisbon?", "documents": DOCUMENTS, **body})


def test_the_client_gets_places_and_scores(api, v2):
    reply = v2.rerank(model="test-model", query="Where is Lisbon?", documents=DOCUMENTS)

    assert api.asked == [
        (
            "rerank",
            {
                "provider": "langgenius/test/test",
                "model": "test-model",
                "query": "Where is Lisbon?",
                "docs": DOCUMENTS,
                "top_n": 3,
                "score_threshold": -1e9,
            },
        )
    ]
    assert [(result.index, result.relevance_score) for result in reply.results] == [(1, 0.75), (2, 0.5), (0, -0.25)]
    assert reply.id
    assert reply.meta.api_version.version == "2"
    assert reply.model == "test-model"


def test_the_older_client_gets_its_documents_back_when_it_asks(v1):
    documents = ["Oslo", {"text": "Lisbon", "page": "7"}, {"text": "Porto"}]

    reply = v1.rerank(query="Where is Lisbon?", documents=documents, return_documents=True, top_n=3)

    assert [result.document.text for result in reply.results] == ["Lisbon", "Porto", "Oslo"]
    assert reply.results[0].document.page == "7"
    assert reply.meta.api_version.version == "1"


@pytest.mark.parametrize("asked", [{}, {"return_documents": False}, {"return_documents": None}])
@pytest.mark.parametrize("route", ["/v1/rerank", "/v2/rerank"])
def test_documents_go_back_only_when_asked_for(api, route, asked):
    results = ask(api, route, **asked).json()["results"]

    assert [set(result) for result in results] == [{"index", "relevance_score"}] * 3


def test_jinas_form_is_answered_too(api):
    documents = [{"text": text} for text in DOCUMENTS]

    reply = ask(api, model="test-model", documents=documents, top_n=1, return_documents=True).json()

    assert api.asked[0][1]["docs"] == DOCUMENTS
    assert reply["results"] == [{"index": 1, "relevance_score": 0.75, "document": {"text": "Lisbon"}}]
    assert (reply["model"], reply["usage"]) == ("test-model", {"total_tokens": 0})


def test_rank_fields_say_what_of_a_document_counts(api, v1):
    documents = [
        {"title": "Oslo", "body": "In Norway.", "text": "not this"},
        {"title": "Lisbon", "body": "In Portugal."},
        {"title": "Porto"},
    ]

    v1.rerank(query="Where is Lisbon?", documents=documents, rank_fields=["title", "body"], max_chunks_per_doc=3)

    assert api.asked[0][1]["docs"] == ["Oslo\nIn Norway.", "Lisbon\nIn Portugal.", "Porto"]


@pytest.mark.parametrize(
    ("top_n", "asked", "returned"), [(None, 3, [1, 2, 0]), (1, 1, [1]), (2, 2, [1, 2]), (100, 3, [1, 2, 0])]
)
def test_the_best_come_back_even_if_the_provider_returns_all(api, top_n, asked, returned):
    results = ask(api, top_n=top_n).json()["results"]

    assert api.asked[0][1]["top_n"] == asked
    assert [result["index"] for result in results] == returned


def test_results_are_sorted_and_told_once_whatever_the_provider_does(api):
    api.answer(reranked((0, -3.5), (1, 0.75), (0, -3.5)))

    results = ask(api).json()["results"]

    assert results == [{"index": 1, "relevance_score": 0.75}, {"index": 0, "relevance_score": -3.5}]


def test_a_model_is_named_by_its_full_id_where_the_key_reaches_the_workspace(api):
    api.settings["reach"] = "workspace"

    reply = ask(api, model="langgenius/cohere/cohere/rerank-v3.5").json()

    assert (api.asked[0][1]["provider"], api.asked[0][1]["model"]) == ("langgenius/cohere/cohere", "rerank-v3.5")
    assert reply["model"] == "langgenius/cohere/cohere/rerank-v3.5"


@pytest.mark.parametrize(
    ("body", "param", "sentence"),
    [
        ({"query": None}, "query", "The field `query` has to be text."),
        ({"query": ""}, "query", "The field `query` is wrong: it is empty."),
        ({"documents": None}, "documents", "The field `documents` has to be a list."),
        ({"documents": "Oslo"}, "documents", "The field `documents` has to be a list."),
        ({"documents": []}, "documents", "The field `documents` has to be a list of 1 or more."),
        ({"documents": ["Oslo", ""]}, "documents[1]", "The field `documents[1]` is wrong: it is empty."),
        ({"documents": ["Oslo", 7]}, "documents[1]", "The field `documents[1]` has to be text or an object."),
        ({"documents": ["Oslo", {"body": "x"}]}, "documents[1]", "has to be text, or an object with text in text."),
        ({"documents": [{"text": ["Oslo"]}]}, "documents[0]", "has to be text, or an object with text in text."),
        ({"documents": [{"text": "x"}], "rank_fields": ["a", "b"]}, "documents[0]", "with text in a or b."),
        ({"top_n": 0}, "top_n", "The field `top_n` has to be at least 1."),
        ({"top_n": "all"}, "top_n", "The field `top_n` has to be a whole number."),
        ({"return_documents": "perhaps"}, "return_documents", "has to be true or false"),
    ],
)
@pytest.mark.parametrize("route", ["/v1/rerank", "/v2/rerank"])
def test_a_wrong_field_is_named_before_dify_is_asked(api, route, body, param, sentence):
    response = ask(api, route, **body)

    error = response.json()["error"]
    assert response.status_code == 400
    assert sentence in error["message"]
    assert error["param"] == param
    assert api.asked == []


def test_more_text_than_dify_carries_is_too_large(api):
    response = ask(api, documents=["é" * 1_000_000] * 3)

    assert response.status_code == 413
    assert "The query with its documents takes 6.0 MB" in response.json()["error"]["message"]
    assert api.asked == []


def test_the_clients_know_a_wrong_key_by_its_status(api):
    with (
        cohere.ClientV2("wrong", base_url=api.url) as client,
        pytest.raises(cohere.UnauthorizedError, match="Incorrect API key provided"),
    ):
        client.rerank(model="test-model", query="Where is Lisbon?", documents=DOCUMENTS)


def test_the_clients_know_an_unknown_model_by_its_status(api, v2):
    with pytest.raises(cohere.NotFoundError, match="The model `rerank-v9` does not exist"):
        v2.rerank(model="rerank-v9", query="Where is Lisbon?", documents=DOCUMENTS)

    assert api.asked == []


@pytest.mark.parametrize(
    ("answer", "status", "sentence"),
    [
        (reranked(), 502, "test-model returned no documents"),
        (reranked((3, 0.5)), 502, "returned a document that it was not given"),
        (reranked((-1, 0.5)), 502, "returned a document that it was not given"),
        (DifyError("permission denied, you need to enable rerank access in plugin manifest"), 403, "does not ask for"),
        (DifyError("invoke rerank model failed: data is nil"), 400, "Check that the model chosen"),
        (DifyError("invoke rerank model failed: request failed: overloaded"), 503, "overloaded"),
    ],
)
def test_a_failure_is_told_in_openais_form(api, answer, status, sentence):
    api.answer(answer)

    response = ask(api)

    assert response.status_code == status
    assert sentence in response.json()["error"]["message"]
