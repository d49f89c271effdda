"""What a caller gets of what a plugin answers. What is expected here was recorded from the real plugin daemon."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.workspace.serve.scripted import HEADERS, AnsweredQueue, Caller, chunk
from workspace.serve.endpoint_host import EndpointHost
from workspace.wire import Payload

type Call = Callable[..., Caller]
type Serve = Callable[..., EndpointHost]


def daemon_error(reply: tuple[int, dict[str, str], bytes]) -> tuple[int, int, dict[str, Any]]:
    """Status, code, and the error that the message holds as JSON."""
    status, headers, body = reply
    assert headers["content-type"] == "application/json; charset=utf-8"
    error = json.loads(body)
    assert error["data"] is None
    return status, error["code"], json.loads(error["message"])


# -- status, headers, body


def test_a_stream_goes_out_in_the_plugins_chunks(call: Call) -> None:
    caller = call()
    caller.script(HEADERS, chunk("a"), chunk(""), chunk("bcd"))

    status, headers, body = caller.reply()
    assert (status, headers["content-type"], body) == (200, "text/plain", b"1\r\na\r\n3\r\nbcd\r\n0\r\n\r\n")


def test_a_chunk_leaves_before_the_next_one_is_there(serve_scripted: Serve, call: Call) -> None:
    released = threading.Event()

    def dify(_invoke_type: str, _payload: Payload) -> Iterator[Payload | None]:
        released.wait(30)
        yield {}

    caller = call(serve_scripted(dify))
    caller.script({**HEADERS, "status": 202}, chunk(""), "wait", chunk("late"))
    assert caller.until_head().startswith(b"HTTP/1.1 202 Accepted\r\n")

    released.set()
    assert caller.until(b"0\r\n\r\n") == b"4\r\nlate\r\n0\r\n\r\n"


def test_headers_are_named_in_gos_way_and_stay_on_one_line(call: Call) -> None:
    caller = call()
    caller.script({"status": 201, "headers": {"x-foo_BAR": "é", "X-A": " a\r\nb: c ", "not a name": "1"}, **chunk("x")})

    head = caller.until_head().decode()
    assert head.startswith("HTTP/1.1 201 Created\r\n")
    assert "\r\nX-Foo_bar: é\r\n" in head
    assert "\r\nX-A: a  b: c\r\n" in head
    assert "not a name" not in head


def test_status_and_headers_may_come_in_several_messages_before_the_first_chunk(call: Call) -> None:
    caller = call()
    caller.script(HEADERS, {"status": 201, "headers": {"content-type": "text/late", "X-A": "1"}}, chunk("a"))

    status, headers, _ = caller.reply()
    assert (status, headers["content-type"], headers["x-a"]) == (201, "text/plain", "1")


def test_a_reply_without_any_chunk_has_no_body(call: Call) -> None:
    caller = call()
    caller.script({**HEADERS, "status": 203})

    status, headers, body = caller.reply()
    assert (status, headers["content-length"], body) == (203, "0", b"")


@pytest.mark.parametrize(
    ("declared", "body", "connection"),
    [
        ("5", b"hello", "goes on"),
        ("3", b"", "ends"),
        ("9", b"hello", "ends"),
        ("abc", b"5\r\nhello\r\n0\r\n\r\n", "goes on"),
    ],
)
def test_a_content_length_is_kept_to(call: Call, declared: str, body: bytes, connection: str) -> None:
    caller = call()
    caller.script({"status": 200, "headers": {"Content-Length": declared}, **chunk("hello")})

    head = caller.until_head()
    assert (b"Transfer-Encoding: chunked" in head) == (declared == "abc")
    if connection == "ends":
        assert caller.rest() == body
    else:
        assert caller.until(body[-5:]) == body


def test_what_frames_a_reply_is_the_hosts_affair(call: Call) -> None:
    caller = call()
    caller.script({"status": 200, "headers": {"Transfer-Encoding": "gzip", "Connection": "close"}, **chunk("a")})

    head, _, body = caller.rest().partition(b"\r\n\r\n")
    assert body == b"1\r\na\r\n0\r\n\r\n"
    assert head.count(b"Transfer-Encoding: chunked") == head.count(b"Connection: close") == 1
    assert b"gzip" not in head


def test_head_has_the_headers_alone(call: Call) -> None:
    caller = call()
    caller.script(HEADERS, chunk("a"), chunk("b"), method="HEAD")
    caller.script(HEADERS, chunk("c"))

    assert b"chunked" not in caller.until_head()
    assert caller.reply()[2] == b"1\r\nc\r\n0\r\n\r\n"


@pytest.mark.parametrize("status", [204, 304])
def test_some_statuses_have_no_body(call: Call, status: int) -> None:
    caller = call()
    caller.script({"status": status, "headers": {"Content-Length": "5"}, **chunk("hello")})
    caller.script(HEADERS, chunk("c"))

    assert caller.until_head().startswith(f"HTTP/1.1 {status} ".encode())
    assert caller.reply()[2] == b"1\r\nc\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("status", "body"),
    [(None, b"1\r\na\r\n0\r\n\r\n"), (100, b"1\r\na\r\n0\r\n\r\n"), (1000, b""), (99, b"")],
)
def test_a_status_that_is_none_becomes_200(call: Call, status: int | None, body: bytes) -> None:
    caller = call()
    caller.script({"status": status, "headers": {}, **chunk("a")})

    assert caller.reply()[::2] == (200, body)


def test_a_caller_of_http_1_0_gets_the_body_as_it_is(call: Call) -> None:
    caller = call()
    caller.script(HEADERS, chunk("a"), chunk("b"), version="HTTP/1.0")

    head, _, body = caller.rest().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200 OK\r\n")
    assert body == b"ab"


def test_what_was_answered_is_told_without_the_query(call: Call, answered: AnsweredQueue) -> None:
    caller = call()
    caller.send("GET /raw?key=test-key HTTP/1.1", "Host: h", "Connection: close")
    caller.rest()

    told = answered.get(timeout=30)
    assert told[:3] == ("GET", "/e/hook/raw", 200)
    assert told.note == ""
    assert told.seconds > 0


# -- routes


@pytest.mark.parametrize("method", ["PATCH", "TRACE", "CONNECT", "FOO", "get"])
def test_the_daemon_has_no_route_for_other_methods(call: Call, method: str) -> None:
    caller = call()
    caller.send(f"{method} /raw HTTP/1.1", "Host: h", "Content-Length: 5", body=b"hello")

    status, headers, body = caller.reply()
    assert (status, headers["content-type"]) == (404, "application/json; charset=utf-8")
    assert json.loads(body) == {"code": "not_found", "message": "route not found"}


@pytest.mark.parametrize("target", ["/", "/elsewhere", "/e", "/e/", "/E/hook/raw", "/echo/hook/raw"])
def test_other_paths_are_no_routes(call: Call, target: str) -> None:
    caller = call()
    caller.send(f"GET ={target} HTTP/1.1", "Host: h")

    status, _, body = caller.reply()
    assert (status, json.loads(body)) == (404, {"code": "not_found", "message": "route not found"})


@pytest.mark.parametrize("hook", ["other", "", "hoo", "hook2"])
def test_an_unknown_hook_has_no_endpoint(call: Call, hook: str) -> None:
    caller = call()
    caller.send(f"POST =/e/{hook}/raw HTTP/1.1", "Host: h", "Content-Length: 5", body=b"hello")

    error = {"message": "endpoint not found", "error_type": "PluginDaemonBadRequestError", "args": None}
    assert daemon_error(caller.reply()) == (404, -400, error)


@pytest.mark.parametrize(("method", "status"), [("GET", 301), ("POST", 307), ("PATCH", 404)])
def test_a_hook_alone_is_sent_to_its_root(call: Call, method: str, status: int) -> None:
    caller = call()
    caller.send(f"{method} =/e/hook?x=%20 HTTP/1.1", "Host: h")

    found, headers, _ = caller.reply()
    assert (found, headers.get("location")) == (status, None if status == 404 else "/e/hook/?x=%20")


def test_a_path_with_a_bad_escape_is_a_bad_request(call: Call) -> None:
    caller = call()
    caller.send("GET /raw/%zz HTTP/1.1", "Host: h")

    assert caller.reply()[::2] == (400, b"400 Bad Request")


# -- errors


ERROR = ["KeyError", "<no> 'é'", {"traceback": "in line 1 & 2"}]


@pytest.mark.parametrize("before", [[], [HEADERS]])
def test_an_error_before_the_first_chunk_is_an_error_of_the_daemon_with_all_that_the_sdk_tells(
    call: Call, before: list[Any]
) -> None:
    caller = call()
    caller.script(*before, ERROR)

    reply = caller.reply()
    text = r'{"args":{"traceback":"in line 1 \u0026 2"},"error_type":"KeyError","message":"\u003cno\u003e ' + "'é'\"}"
    error = {"message": text, "error_type": "PluginDaemonInternalServerError", "args": None}
    assert daemon_error(reply) == (500, -500, error)


def test_an_error_after_the_first_chunk_is_appended_to_the_body(call: Call) -> None:
    caller = call()
    caller.script(HEADERS, chunk("a"), ["ValueError", "no", {}])

    text = b'{"args":null,"error_type":"ValueError","message":"no"}'
    assert caller.reply()[::2] == (200, b"1\r\na\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(text), text))


@pytest.mark.parametrize(
    "message",
    [
        {"status": "200"},
        {"headers": ["a"]},
        {"headers": {"a": 1}},
        {"status": 200, "result": 5},
        {"status": 200, "result": "zz"},
        {"status": 200, "result": "abc"},
    ],
)
def test_a_message_that_go_cannot_decode_is_an_error(call: Call, message: dict[str, Any]) -> None:
    caller = call()
    caller.script(message)

    status, code, error = daemon_error(caller.reply())
    assert (status, code) == (500, -500)
    assert json.loads(error["message"])["error_type"] == "unmarshal_error"


@pytest.mark.parametrize("message", [{"result": "zz"}, {"status": 500}, {"result": None}])
def test_such_a_message_after_the_first_chunk_ends_the_reply(call: Call, message: dict[str, Any]) -> None:
    caller = call()
    caller.script(HEADERS, chunk("a"), message, chunk("b"))

    assert caller.reply()[2] == b"1\r\na\r\n0\r\n\r\n"


def test_a_chunked_body_that_is_broken_is_an_error(call: Call) -> None:
    caller = call()
    caller.send("POST /raw HTTP/1.1", "Host: h", "Transfer-Encoding: chunked", body=b"zz\r\nhello\r\n")

    status, code, error = daemon_error(caller.reply())
    assert (status, code, error["message"]) == (500, -500, "invalid byte in chunk length")
    assert caller.rest() == b""


def test_a_reply_may_take_so_long_after_its_first_chunk(serve_scripted: Serve, call: Call) -> None:
    ended = threading.Event()

    def dify(_invoke_type: str, _payload: Payload) -> Iterator[Payload | None]:
        ended.wait(30)
        yield {}

    caller = call(serve_scripted(dify, longest=0.02))
    caller.script(HEADERS, chunk("a"), "wait", chunk("b"))

    _, _, body = caller.reply()
    ended.set()
    error = json.loads(body.split(b"\r\n")[3])
    assert body.startswith(b"1\r\na\r\n")
    assert json.loads(error["message"])["message"] == "killed by timeout"
