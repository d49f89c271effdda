"""Web pages of other origins: what a browser needs to see before it lets them call."""

import httpx
import pytest

from endpoints.http.routes import ROUTES
from tests.endpoints.valid_requests import VALID
from tests.replies import llm_chunk

PAGE = "https://chat.example.com"


@pytest.fixture
def allowing(api):
    api.settings["allowed_origins"] = f"http://localhost:3000, {PAGE}/"
    return api


def preflight(api, path, origin=PAGE, headers="authorization,content-type,x-stainless-os"):
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": headers}
    return httpx.options(api.url + path, headers=asked)


@pytest.mark.parametrize("path", [*(valid[0].path for valid in VALID.values()), "/", "/no/such/route"])
def test_a_preflight_needs_no_key_on_any_path(allowing, path):
    answer = preflight(allowing, path)

    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization,content-type,x-stainless-os"
    assert {"GET", "POST"} <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))


@pytest.mark.parametrize("route", ROUTES)
def test_a_page_reads_errors_too(allowing, route):
    headers = {"Origin": PAGE, "Authorization": "Bearer wrong"}
    answer = httpx.request(ROUTES[route], allowing.url + VALID[route][0].path, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert "Origin" in answer.headers["Vary"].split(", ")


@pytest.mark.parametrize(("method", "path"), [("GET", "/no/such/route"), ("PUT", "/v1/models"), ("POST", "/")])
def test_a_page_reads_that_a_route_is_not_there(allowing, method, path):
    answer = httpx.request(method, allowing.url + path, headers={"Origin": PAGE})

    assert answer.status_code in (404, 405)
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE


def test_a_page_reads_a_stream(allowing):
    allowing.answer(llm_chunk("Good "), llm_chunk("day.", finish_reason="stop", total_tokens=5))
    body = {"model": "test-model", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}

    answer = allowing.http.post("/v1/chat/completions", json=body, headers={"Origin": PAGE})

    assert "[DONE]" in answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{PAGE}.evil.example"])
def test_another_page_reads_nothing(allowing, origin):
    for answer in (
        preflight(allowing, "/v1/models", origin),
        allowing.http.get("/v1/models", headers={"Origin": origin}),
    ):
        assert answer.is_success
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_without_origins_in_the_settings_no_page_reads_anything(api):
    for answer in (preflight(api, "/v1/models"), api.http.get("/v1/models", headers={"Origin": PAGE})):
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_star_lets_every_page_in_that_has_the_key(api):
    api.settings["allowed_origins"] = "*"

    assert api.http.get("/v1/models", headers={"Origin": "null"}).headers["Access-Control-Allow-Origin"] == "*"
    assert httpx.get(f"{api.url}/v1/models", headers={"Origin": PAGE}).status_code == 401
