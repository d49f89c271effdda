"""Paths and methods that are not there: JSON in every case, and what there is instead."""

import httpx
import openai
import pytest

from endpoints.http.routes import ROUTES
from tests.endpoints.valid_requests import VALID

METHODS = ["GET", "POST", "PUT", "DELETE"]


def error_of(answer):
    """The message, and whether OpenAI's API would write it so."""
    body = answer.json()
    if "jsonrpc" in body:
        assert set(body["error"]) == {"code", "message"}
        return body["error"]["message"], False
    if "error" in body:
        assert set(body["error"]) == {"message", "type", "param", "code"}
        return body["error"]["message"], True
    assert set(body) == {"code", "message", "status"}
    assert body["status"] == answer.status_code
    return body["message"], False


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("path", "as_openai"),
    [
        ("/no/such/route", False),
        ("/v1", True),
        ("/v1/files", True),
        ("/v1/images/generations", True),
        ("/v2/chat", True),
        ("/favicon.ico", False),
        ("/duck", False),
        ("/a%2Fb%3Fc", False),
        ("/%F0%9F%94%91", False),
        ("/" + "long/" * 1000, False),
        ("/x;y=1?z=%FF", False),
    ],
)
def test_a_path_that_is_not_there_is_told_with_those_that_are(api, method, path, as_openai):
    answer = api.http.request(method, path)

    message, spoken_as_openai = error_of(answer)
    assert answer.status_code == 404
    assert spoken_as_openai == as_openai
    assert message.startswith(f"There is no {method} /")
    assert all(f"{ROUTES[route]} {route}" in message for route in ROUTES)
    assert len(message) < 1200


@pytest.mark.parametrize("route", ROUTES)
def test_another_method_is_told_with_the_one_to_use(api, route):
    path = VALID[route][0].path
    for method in set(METHODS) - {ROUTES[route]}:
        answer = api.http.request(method, path)

        message, as_openai = error_of(answer)
        assert answer.status_code == 405
        assert answer.headers["Allow"] == ROUTES[route]
        assert as_openai == route.startswith(("/v1/", "/v2/"))
        assert f" takes {ROUTES[route]}, not {method}." in message
    assert api.asked == []


def test_a_head_request_has_the_status_and_no_body(api):
    for path, status in (("/v1/models", 200), ("/v1/embeddings", 405), ("/nowhere", 404), ("/", 200)):
        answer = api.http.head(path)
        assert (answer.status_code, answer.content) == (status, b"")


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/responses", "POST /v1/responses"),
        ("/v1/completions", "POST /v1/chat/completions"),
        ("/v1/messages", "POST /v1/chat/completions"),
        ("/chat/completions", "POST /v1/chat/completions"),
        ("/v1/v1/embeddings", "POST /v1/embeddings"),
        ("/v1/chat/completions/", "POST /v1/chat/completions"),
        ("/v1//models", "GET /v1/models"),
        ("/models", "GET /v1/models"),
    ],
)
def test_the_route_that_was_meant_is_named(api, path, meant):
    message, as_openai = error_of(api.http.post(path))

    assert f"Did you mean {meant}?" in message
    assert as_openai


def test_a_route_of_difys_api_is_named_in_its_own_form(api):
    message, as_openai = error_of(api.http.post("/agent/v1/chat-messages"))

    assert "There is no POST /agent/v1/chat-messages. Did you mean POST /chat-messages?" in message
    assert not as_openai


def test_slashes_in_front_do_not_matter(api):
    assert api.http.get(f"{api.url}//v1/models").status_code == 200


def test_the_client_of_openai_says_what_is_not_there(api):
    client = api.openai()

    with pytest.raises(openai.NotFoundError, match="There is no GET /v1/responses/resp_1"):
        client.responses.retrieve("resp_1")
    with pytest.raises(openai.NotFoundError, match="Did you mean POST /v1/chat/completions"):
        client.completions.create(model="test-model", prompt="Hi")
    with pytest.raises(openai.NotFoundError, match="There is no POST /v1/images/generations"):
        client.images.generate(prompt="A duck")
    with pytest.raises(openai.NotFoundError, match="GET /v1/models"):
        client.with_options(base_url=api.url).models.list()


def test_no_key_is_needed_to_learn_what_is_not_there(api):
    assert httpx.get(f"{api.url}/nowhere").status_code == 404
    assert httpx.post(f"{api.url}/v1/models").status_code == 405


def test_a_line_break_in_a_path_is_answered_by_the_sdk(api):
    """A known gap: no converter of a path takes one, so no code of this plugin is asked. Nobody's client sends one."""
    answer = api.http.get("/v1/models/a%0Ab")

    assert answer.status_code == 404
    assert answer.text.startswith("Failed to dispatch endpoint request")
