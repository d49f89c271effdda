import pytest

from endpoints.http.routes import ROUTES, methods_of, similar_route


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v1/models", ["GET"]),
        ("/v1/models/app/some-id", ["GET"]),
        ("/v1/chat/completions", ["POST"]),
        ("/some-id/chat-messages", ["POST"]),
        ("/duck/some-id", ["GET"]),
        ("/duck/chat-messages", ["GET", "POST"]),
        ("/v1/chat", []),
        ("/v1/models/", []),
        ("/v1//models", []),
        ("/", ["GET"]),
        ("", []),
    ],
)
def test_the_methods_of_a_path(path, methods):
    assert methods_of(path) == methods


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/chat/completions", "/v1/chat/completions"),
        ("/v1/v1/chat/completions", "/v1/chat/completions"),
        ("/v1/chat/completions/", "/v1/chat/completions"),
        ("/V1/Models", "/v1/models"),
        ("/v1//models", "/v1/models"),
        ("/models", "/v1/models"),
        ("/v1/completions", "/v1/chat/completions"),
        ("/responses", "/v1/responses"),
        ("/v1/complete", "/v1/messages"),
        ("/v1/messages/batches", "/v1/messages"),
        ("/v1/chat-messages", "/chat-messages"),
        ("/agent/v1/chat-messages", "/chat-messages"),
        ("/api/openai/v1/chat/completions", "/v1/chat/completions"),
        ("/proxy/v1/messages", "/v1/messages"),
        ("/app/90c1/workflows/run/", "/workflows/run"),
        ("/completions", "/v1/chat/completions"),
        ("/v1/engines/gpt-4o/completions", "/v1/chat/completions"),
        ("/openai/deployments/gpt-4o/chat/completions", "/v1/chat/completions"),
        ("/api/chat", "/v1/chat/completions"),
        ("/api/tags", "/v1/models"),
        ("/v1/reranking", "/v1/rerank"),
        ("/support/audio/speech", "/v1/audio/speech"),
        ("/agent/chat-message", "/chat-messages"),
        ("/agent/v1/chat_messages", "/chat-messages"),
        ("/agent/workflow/run", "/workflows/run"),
        ("/v1/images/generations", None),
        ("/v1", None),
        ("/", None),
        ("/favicon.ico", None),
    ],
)
def test_the_route_that_was_meant(path, route):
    assert similar_route(path) == route


def test_a_route_that_takes_an_id_is_never_what_was_meant():
    for path in ROUTES:
        assert "<" not in (similar_route(path) or "")


def test_a_long_path_takes_no_time():
    assert similar_route("/v1/models" * 100_000) is None
