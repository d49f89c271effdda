"""The protocol itself: eras and versions, what has no answer, and messages that are none."""

import subprocess
import sys

import httpx
import pytest

from tests.endpoints.api import KEY, ROOT
from tests.endpoints.mcp.messages import ERAS, MODERN, VERSION, post, request, result

HANDSHAKES = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
HELLO = {"capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


@pytest.mark.parametrize(
    ("asked", "given"), [*((each, each) for each in HANDSHAKES), ("2023-01-01", "2025-11-25"), (MODERN, "2025-11-25")]
)
def test_the_handshake_settles_on_the_version_that_the_client_asks_for_if_there_is_it(api, asked, given):
    told = result(post(api, "initialize", era="2025-06-18", protocolVersion=asked, **HELLO))

    assert told == {
        "protocolVersion": given,
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "switchboard", "title": "Switchboard", "version": "0.1.0"},
    }


@pytest.mark.parametrize("header", [{}, {"Mcp-Protocol-Version": "2099-01-01"}, {"Mcp-Protocol-Version": MODERN}])
def test_the_handshake_passes_whatever_version_a_header_says_before_it(api, header):
    body, _ = request("initialize", "2025-06-18", {"protocolVersion": "2025-06-18", **HELLO})

    answer = api.http.post("/mcp", json=body, headers=header)

    assert result(answer)["protocolVersion"] == "2025-06-18"
    assert "Mcp-Session-Id" not in answer.headers


def test_who_shakes_no_hands_discovers_all_versions(api):
    told = result(post(api, "server/discover"))

    assert told["supportedVersions"] == [MODERN, *reversed(HANDSHAKES)]
    assert (told["resultType"], told["ttlMs"], told["cacheScope"]) == ("complete", 0, "private")
    assert told["capabilities"] == {"tools": {}}
    assert told["_meta"] == {
        "io.modelcontextprotocol/serverInfo": {"name": "switchboard", "title": "Switchboard", "version": "0.1.0"}
    }


def test_a_ping_is_answered_with_nothing(api):
    assert result(post(api, "ping", era="2025-11-25")) == {}
    assert set(result(post(api, "ping"))) == {"resultType", "_meta"}  # gone from this version, and asked for yet


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("what", ["prompts", "resources", "resources/templates"])
def test_what_there_is_not_is_an_empty_list(api, era, what):
    told = result(post(api, f"{what}/list", era=era))

    assert [] in told.values()
    assert ({"resultType", "ttlMs", "cacheScope"} <= set(told)) == (era == MODERN)


@pytest.mark.parametrize(
    "message",
    [
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}},
        {"jsonrpc": "2.0", "method": "anything/at-all"},
        {"jsonrpc": "2.0", "id": 5, "result": {}},
        {"jsonrpc": "2.0", "id": 5, "error": {"code": -1, "message": "no"}},
    ],
)
def test_what_asks_for_no_answer_gets_none(api, message):
    answer = api.http.post("/mcp", json=message)

    assert (answer.status_code, answer.content) == (202, b"")


@pytest.mark.parametrize(
    ("body", "number", "sentence"),
    [
        (b"", -32700, "The body is empty. Send a JSON object."),
        (b'{"jsonrpc"', -32700, "The body is not valid JSON: EOF while parsing an object at line 1 column 10."),
        (b"[]", -32600, "The body has to be a JSON object: one message. Send several one by one."),
        (b"null", -32600, "The body has to be a JSON object: one message. Send several one by one."),
        (b"{}", -32600, "The field `jsonrpc` is missing."),
        (b'{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600, "The field `jsonrpc` has to be '2.0'."),
        (
            b'{"jsonrpc":"2.0","id":null,"method":"ping"}',
            -32600,
            "The field `id` has to be a whole number or text.",
        ),
        (
            b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}',
            -32600,
            "The field `id` has to be a whole number or text.",
        ),
        (b'{"jsonrpc":"2.0","id":1}', -32600, "The field `method` is missing."),
        (b'{"jsonrpc":"2.0","id":1,"method":5}', -32600, "The field `method` has to be text."),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', -32600, "The field `params` has to be an object."),
        (b'{"jsonrpc":"2.0","method":5}', -32600, "The field `method` has to be text."),
    ],
)
def test_what_is_no_message_is_refused_in_a_sentence(api, body, number, sentence):
    answer = api.http.post("/mcp", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {"jsonrpc": "2.0", "id": None, "error": {"code": number, "message": sentence}}


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b" " * 10 * 1024 * 1024, {"Content-Type": "application/json"}, 413),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"{}", {"Content-Type": "application/json", "Content-Encoding": "gzip"}, 415),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_with_its_status(api, content, headers, status):
    answer = api.http.post("/mcp", content=content, headers=headers)

    assert answer.status_code == status
    assert answer.json()["error"]["code"] == -32700


@pytest.mark.parametrize(
    ("era", "method", "status"),
    [
        ("2025-06-18", "logging/setLevel", 200),
        ("2025-06-18", "prompts/get", 200),
        (MODERN, "prompts/get", 404),
        (MODERN, "subscriptions/listen", 404),
    ],
)
def test_a_method_that_is_not_there_is_named(api, era, method, status):
    answer = post(api, method, era=era)

    assert answer.status_code == status
    assert answer.json()["error"] == {
        "code": -32601,
        "message": f"There is no method {method} here. There are initialize, ping, server/discover, tools/list, "
        "tools/call.",
    }
    assert isinstance(answer.json()["id"], int)


@pytest.mark.parametrize(("era", "status"), [("2025-06-18", 200), (MODERN, 400)])
@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({}, "The field `name` is missing."),
        ({"name": "embed", "arguments": []}, "The field `arguments` has to be an object."),
    ],
)
def test_a_call_that_is_none_is_refused(api, era, status, params, sentence):
    answer = post(api, "tools/call", era=era, **params)

    assert answer.status_code == status
    assert answer.json()["error"] == {"code": -32602, "message": sentence}


@pytest.mark.parametrize(
    "headers", [{"Mcp-Protocol-Version": "2099-01-01"}, {"Mcp-Protocol-Version": "banana", "Mcp-Method": "tools/list"}]
)
def test_a_version_that_is_not_served_is_told_with_those_that_are(api, headers):
    answer = api.http.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, headers=headers)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, -32022)
    assert error["data"] == {"supported": [*HANDSHAKES, MODERN], "requested": headers["Mcp-Protocol-Version"]}


def test_a_version_in_the_body_that_is_not_served_is_told_too(api):
    body, headers = request("tools/list", MODERN, {"_meta": {VERSION: "2031-01-01"}})

    answer = api.http.post("/mcp", json=body, headers=headers)

    assert answer.json()["error"]["code"] == -32022
    assert answer.json()["error"]["data"]["requested"] == "2031-01-01"


def test_a_request_without_a_handshake_has_to_say_its_version(api):
    headers = {"Mcp-Protocol-Version": MODERN, "Mcp-Method": "tools/list"}
    answer = api.http.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, headers=headers)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == -32602
    assert VERSION in answer.json()["error"]["message"]


@pytest.mark.parametrize("name", ["Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name"])
@pytest.mark.parametrize("value", [None, "2025-06-18"])
def test_headers_that_say_something_else_than_the_body_are_refused(api, name, value):
    body, headers = request("tools/call", MODERN, {"name": "moderate", "arguments": {"text": "a"}})
    headers = {**headers, name: value} if value else {each: headers[each] for each in headers if each != name}

    answer = api.http.post("/mcp", json=body, headers=headers)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == -32020
    assert f"`{name}`" in answer.json()["error"]["message"]
    assert api.asked == []


def test_a_name_that_is_not_ascii_is_read_from_the_header_as_clients_write_it(api):
    body, headers = request("tools/call", MODERN, {"name": "größe", "arguments": {}})

    told = result(api.http.post("/mcp", json=body, headers={**headers, "Mcp-Name": "=?base64?Z3LDtsOfZQ==?="}))

    assert told["isError"] is True


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_other_methods_are_refused_with_the_one_there_is(api, method):
    answer = api.http.request(method, "/mcp")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert answer.json()["jsonrpc"] == "2.0"
    assert answer.json()["error"]["message"].startswith(f"/mcp takes POST, not {method}.")


def test_a_path_that_goes_on_is_answered_in_the_same_form(api):
    answer = api.http.post("/mcp/", json={})

    assert answer.status_code == 404
    assert "Did you mean POST /mcp?" in answer.json()["error"]["message"]


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", f"Basic {KEY}"])
def test_nobody_without_the_key_is_told_anything(api, authorization):
    body, headers = request("tools/list", MODERN)
    answer = httpx.post(
        f"{api.url}/mcp", json=body, headers={**headers, **({"Authorization": authorization} if authorization else {})}
    )

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert answer.json()["error"]["code"] == -32600
    assert "API key" in answer.json()["error"]["message"]
    assert api.asked == []


@pytest.mark.parametrize(
    ("allowed", "origin", "status"),
    [
        (None, "https://chat.example.com", 403),
        ("https://other.example.com", "https://chat.example.com", 403),
        ("https://chat.example.com", "null", 403),
        ("https://chat.example.com", "https://chat.example.com", 200),
        ("*", "https://chat.example.com", 200),
        (None, None, 200),
    ],
)
def test_web_pages_that_the_settings_do_not_name_are_refused(api, allowed, origin, status):
    api.settings["allowed_origins"] = allowed
    body, headers = request("ping", "2025-06-18")

    answer = api.http.post("/mcp", json=body, headers={**headers, **({"Origin": origin} if origin else {})})

    assert answer.status_code == status
    if status == 403:
        assert answer.json()["error"]["message"].startswith("Web pages of this origin may not call this endpoint.")


def test_settings_that_cannot_be_read_are_told_as_such(api):
    api.settings["tools"] = "current_time"

    answer = post(api, "tools/list")

    assert answer.status_code == 500
    assert answer.headers["x-should-retry"] == "false"
    assert answer.json()["error"]["code"] == -32603
    assert "`tools`" in answer.json()["error"]["message"]


def test_the_types_of_the_protocol_are_imported_with_the_first_message_and_not_before(child_process):
    program = "import sys, dify_plugin, endpoints.mcp.mcp; print('mcp_types' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"
