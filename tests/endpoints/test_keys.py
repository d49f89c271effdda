"""Who is let in, on every route."""

import base64
import http.client
from urllib.parse import urlsplit

import httpx
import openai
import pytest

from endpoints.http.routes import ROUTES
from tests.endpoints.api import KEY
from tests.endpoints.error_forms import form_of
from tests.endpoints.valid_requests import VALID

PATHS = {route: valid[0].path for route, valid in VALID.items()}
WITH_A_KEY = [route for route in ROUTES if route != "/"]  # the page that says how to connect is for anybody
every_route = pytest.mark.parametrize("route", WITH_A_KEY)


def ask(api, route="/v1/models", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.request(ROUTES[route], api.url + PATHS[route], headers=named, timeout=30)


@every_route
@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "Bearer", f"Token {KEY}", KEY])
def test_no_route_lets_in_who_has_no_key(api, route, authorization):
    answer = ask(api, route, **{"Authorization": authorization} if authorization else {})

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic " if route.startswith("/duck") else "Bearer ")
    assert answer.headers["x-should-retry"] == "false"  # Claude Code goes on for minutes without it
    if form_of(route) == "mcp":
        assert (answer.json()["jsonrpc"], answer.json()["id"]) == ("2.0", None)
    elif form_of(route) == "openai":
        assert answer.json()["error"]["code"] == "invalid_api_key"
        assert answer.json()["error"]["type"] == "authentication_error"
    elif form_of(route) == "anthropic":
        assert answer.json()["error"]["type"] == "authentication_error"
    else:
        assert (answer.json()["code"], answer.json()["status"]) == ("unauthorized", 401)
    assert KEY not in answer.text
    assert api.asked == []


@every_route
def test_a_group_without_a_key_lets_nobody_in(api, route):
    for stored, given in ((None, "Bearer None"), ("", "Bearer"), ("  ", f"Bearer {KEY}"), (0, "Bearer 0")):
        api.settings["api_key"] = stored
        assert ask(api, route, Authorization=given).status_code == 401
    assert api.asked == []


def test_a_group_whose_key_was_never_stored_lets_nobody_in(api):
    del api.settings["api_key"]

    assert ask(api, Authorization="Bearer None").status_code == 401


def test_the_client_of_openai_knows_a_wrong_key(api):
    with pytest.raises(openai.AuthenticationError, match="Incorrect API key provided") as refused:
        api.openai().with_options(api_key="wrong").models.list()

    assert refused.value.code == "invalid_api_key"


@pytest.mark.parametrize("header", ["api-key", "Cookie", "Proxy-Authorization"])
def test_the_key_counts_in_no_other_header(api, header):
    assert ask(api, **{header: KEY}).status_code == 401
    assert ask(api, **{header: f"Bearer {KEY}"}).status_code == 401


@every_route
def test_the_key_counts_as_anthropics_clients_send_it(api, route):
    assert ask(api, route, **{"x-api-key": KEY}).status_code != 401
    assert ask(api, route, **{"x-api-key": KEY, "Authorization": "Bearer key-of-another"}).status_code != 401
    assert ask(api, route, **{"x-api-key": "key-of-another", "Authorization": f"Bearer {KEY}"}).status_code != 401
    assert ask(api, route, **{"x-api-key": f"Bearer {KEY}"}).status_code == 401
    assert ask(api, route, **{"x-api-key": "wrong"}).status_code == 401


def test_the_key_counts_in_no_query(api):
    assert httpx.get(f"{api.url}/v1/models?api_key={KEY}&key={KEY}").status_code == 401


def test_a_key_beyond_ascii_is_sent_as_utf8(api):
    api.settings["api_key"] = "clé 鍵 🔑"

    answer = httpx.get(f"{api.url}/v1/models", headers={"Authorization": "Bearer clé 鍵 🔑".encode()})

    assert answer.status_code == 200


def test_only_the_route_for_browsers_takes_the_key_as_a_password(api):
    password = "Basic " + base64.b64encode(f"anyone:{KEY}".encode()).decode()

    for route in WITH_A_KEY:
        refused = ask(api, route, Authorization=password).status_code == 401
        assert refused == (not route.startswith("/duck"))


def test_of_two_keys_the_last_counts(api):
    """The SDK keeps the last of several headers with one name."""

    def send(*keys):
        address = urlsplit(api.url)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=30)
        connection.putrequest("GET", f"{address.path}/v1/models")
        for key in keys:
            connection.putheader("Authorization", f"Bearer {key}")
        connection.endheaders()
        status = connection.getresponse().status
        connection.close()
        return status

    assert send("wrong", KEY) == 200
    assert send(KEY, "wrong") == 401


def test_the_key_is_asked_for_before_anything_else(api):
    api.settings |= {"models": "broken", "chat_model": "broken"}

    for path, content in (("/v1/embeddings", b"{"), ("/v1/rerank", b"x" * 11_000_000), ("/chat-messages", b"")):
        assert httpx.post(api.url + path, content=content, timeout=30).status_code == 401
