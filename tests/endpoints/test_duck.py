"""`/duck/<app_id>`, as a browser and as curl ask for it."""

import html
import json

import httpx
import pytest

from tests.app_replies import MESSAGE, RUN, chat, chat_end, error, workflow
from tests.endpoints.api import KEY
from workspace.wire import DifyError

QUACK = [
    chat("message", id=MESSAGE, answer="<script>alert('quack')</script> & \"Grüße\"\n<br>\u2028"),
    chat_end(),
]


def lines_of(reply):
    """Each line as a browser shows it."""
    assert reply.text.endswith(" <br>\n")
    return [html.unescape(line) for line in reply.text.removesuffix(" <br>\n").split(" <br>\n")]


def test_each_event_is_a_line_of_json_and_of_html(api):
    api.answer(*QUACK)

    reply = api.http.get("/duck/chat-app?query=Is+it+a+duck%3F")

    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert [json.loads(line) for line in lines_of(reply)] == QUACK
    assert api.asked == [
        (
            "app",
            {
                "app_id": "chat-app",
                "query": "Is it a duck?",
                "inputs": {},
                "response_mode": "streaming",
                "conversation_id": "",
                "user": "",
            },
        )
    ]


def test_what_the_events_hold_is_no_html(api):
    api.answer(*QUACK)

    text = api.http.get("/duck/chat-app").text

    assert "&lt;script&gt;alert('quack')&lt;/script&gt; &amp; " in text
    assert text.count("<") == text.count(" <br>\n") == len(QUACK)


@pytest.mark.parametrize("nothing", ["", "?query=", "?query=+", "?q=duck"])
def test_without_a_query_the_app_is_greeted(api, nothing):
    api.answer(*QUACK)

    api.http.get(f"/duck/chat-app{nothing}")

    assert api.asked[0][1]["query"] == "Hello! What can you do?"


@pytest.mark.parametrize("user", ["", "anyone", "Zoë"])
def test_a_browser_sends_the_key_as_a_password(api, user):
    api.answer(*QUACK)

    assert httpx.get(f"{api.url}/duck/chat-app", auth=httpx.BasicAuth(user, KEY)).status_code == 200


def test_a_browser_without_the_key_is_asked_for_it(api):
    for auth in (None, httpx.BasicAuth("anyone", "wrong")):
        reply = httpx.get(f"{api.url}/duck/chat-app", auth=auth)

        assert (reply.status_code, reply.json()["code"]) == (401, "unauthorized")
        assert reply.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert api.asked == []


def test_the_password_of_basic_opens_no_other_route(api):
    reply = httpx.get(f"{api.url}/parameters", auth=httpx.BasicAuth("anyone", KEY))

    assert reply.status_code == 401
    assert "Basic" not in reply.headers["WWW-Authenticate"]


def test_an_app_is_named_by_its_alias(api):
    api.settings["apps"] = "donald = 90c1"
    api.answer(*QUACK)

    api.http.get("/duck/donald")

    assert api.asked[0][1]["app_id"] == "90c1"


def test_inputs_filled_in_at_the_setting_go_to_the_app(api):
    api.settings["chat_app"] = {"app_id": "chat-app", "inputs": {"city": "Bonn"}, "files": []}
    api.answer(*QUACK)

    api.http.get("/duck/chat-app")

    assert api.asked[0][1]["inputs"] == {"city": "Bonn"}


def test_head_says_what_would_come_and_runs_no_app(api):
    reply = api.http.head("/duck/chat-app")

    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert api.http.head("/duck/elsewhere").status_code == 404
    assert api.asked == []


@pytest.mark.parametrize(
    ("answer", "status", "code", "sentence"),
    [
        ([DifyError("request failed: app not found")], 400, "app_unavailable", "app not found"),
        ([error("overloaded")], 503, "completion_request_error", "overloaded"),
        ([workflow("workflow_started", id=RUN)], 400, "not_chat_app", "/workflows/run"),
        ([], 502, "completion_request_error", "without an answer"),
    ],
)
def test_what_fails_before_the_first_event_is_an_http_error(api, answer, status, code, sentence):
    api.answer(*answer)

    reply = api.http.get("/duck/chat-app")

    assert (reply.status_code, reply.headers["Content-Type"]) == (status, "application/json")
    assert reply.json()["code"] == code
    assert sentence in reply.json()["message"]


def test_an_unknown_app_is_not_found(api):
    reply = api.http.get("/duck/elsewhere")

    assert (reply.status_code, reply.json()["code"]) == (404, "not_found")
    assert api.asked == []


@pytest.mark.parametrize(
    ("end", "last"),
    [
        (
            chat("error", status=400, code="invalid_param", message="key sk-abcdefgh12345678 <b>"),
            chat("error", status=400, code="invalid_param", message="key [hidden] <b>"),
        ),
        (
            DifyError("read app failed: EOF\nfailed to read data"),
            {
                "event": "error",
                "code": "completion_request_error",
                "message": "The answer to the chat app call was cut off: Dify closed the connection.",
                "status": 502,
            },
        ),
    ],
)
def test_what_fails_later_is_the_last_line(api, end, last):
    api.answer(QUACK[0], end)

    reply = api.http.get("/duck/chat-app")

    assert reply.status_code == 200
    assert [json.loads(line) for line in lines_of(reply)] == [QUACK[0], last]
    assert reply.text.count("<") == 2


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_another_method_is_refused(api, method):
    reply = api.http.request(method, "/duck/chat-app")

    assert (reply.status_code, reply.json()["code"], reply.headers["Allow"]) == (405, "method_not_allowed", "GET")
