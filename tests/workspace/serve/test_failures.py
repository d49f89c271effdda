"""What becomes of requests when the plugin, the caller or the host goes away."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.workspace.serve.scripted import HEADERS, MAIN, AnsweredQueue, Caller, chunk, no_dify, write_scripted
from workspace.plugin.folder import read_plugin_folder
from workspace.plugin.process import PluginProcess
from workspace.serve.endpoint_host import EndpointHost
from workspace.serve.kept_plugin import KeptPlugin
from workspace.wire import Payload

pytestmark = pytest.mark.usefixtures("child_process")

type Call = Callable[..., Caller]
type Serve = Callable[..., EndpointHost]


def gated() -> tuple[threading.Event, Callable[[str, Payload], Iterator[Payload | None]]]:
    """An event, and a Dify that answers when it is set."""
    released = threading.Event()

    def dify(_invoke_type: str, _payload: Payload) -> Iterator[Payload | None]:
        released.wait(30)
        yield {}

    return released, dify


# -- the plugin


@pytest.mark.parametrize("before", [[], [HEADERS]])
def test_a_plugin_that_ends_is_told_and_started_again(call: Call, answered: AnsweredQueue, before: list[Any]) -> None:
    caller = call()
    caller.script(*before, "die")
    status, _, body = caller.reply()

    error = json.loads(json.loads(body)["message"])
    assert (status, error["error_type"]) == (502, "PluginGone")
    assert error["message"] == (
        "The plugin ended with exit code 3. In Dify, its callers would wait until they give up."
    )
    assert answered.get(timeout=30).note == "The plugin ended with exit code 3."
    caller.script(HEADERS, chunk("a"))
    assert caller.reply()[2] == b"1\r\na\r\n0\r\n\r\n"


def test_a_plugin_that_ends_within_a_reply_cuts_it_off(call: Call, answered: AnsweredQueue) -> None:
    caller = call()
    caller.script(HEADERS, chunk("a"), "die")

    assert caller.rest().endswith(b"\r\n\r\n1\r\na\r\n")
    assert answered.get(timeout=30).note == "The plugin ended with exit code 3."


def test_everyone_who_waits_hears_of_a_line_for_which_the_daemon_kills_a_plugin(
    serve_scripted: Serve, call: Call
) -> None:
    released, dify = gated()
    host = serve_scripted(dify)
    waiting, killing = call(host), call(host)
    waiting.script(HEADERS, chunk("a"), "wait")
    waiting.until_head()
    killing.script({"size": 3_000_000, "times": 1})

    assert b"a line of more than 5 MiB, for which Dify's daemon kills it." in killing.reply()[2]
    assert waiting.rest() == b"1\r\na\r\n"
    released.set()


def test_a_plugin_that_does_not_start_again_is_tried_with_each_request(tmp_path: Path) -> None:
    folder = write_scripted(tmp_path / "scripted")
    kept = KeptPlugin(lambda: PluginProcess(read_plugin_folder(folder), no_dify))
    with EndpointHost(kept, dict) as host:
        caller = Caller(host)
        (folder / "main.py").write_text("raise SystemExit('no more')")
        caller.script("die")
        caller.reply()
        caller.send("GET /raw HTTP/1.1", "Host: h")
        status, _, body = caller.reply()
        assert (status, json.loads(json.loads(body)["message"])["error_type"]) == (502, "PluginStartError")

        write_scripted(folder, MAIN)
        caller.send("GET /raw HTTP/1.1", "Host: h")
        assert caller.reply()[0] == 200
        caller.close()
    kept.close()


def test_a_plugin_that_is_closed_stays_so(tmp_path: Path) -> None:
    folder = read_plugin_folder(write_scripted(tmp_path / "scripted"))
    starts: list[PluginProcess] = []

    def start() -> PluginProcess:
        starts.append(PluginProcess(folder, no_dify))
        return starts[-1]

    kept = KeptPlugin(start)
    with EndpointHost(kept, dict) as host:
        kept.close()
        caller = Caller(host)
        caller.send("GET /raw HTTP/1.1", "Host: h")
        assert caller.reply()[0] == 502
        caller.close()
    assert len(starts) == 1


# -- the caller


def test_a_caller_that_leaves_takes_nobody_along(serve_scripted: Serve, call: Call, answered: AnsweredQueue) -> None:
    released, dify = gated()
    host = serve_scripted(dify)
    leaving = call(host)
    leaving.script(HEADERS, chunk("a"), "wait", {"size": 1_000_000, "times": 20})
    leaving.until_head()
    leaving.close()
    released.set()

    other = call(host)
    other.script(HEADERS, chunk("a"), "wait", chunk("b"))
    assert other.reply()[2] == b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n"
    assert {answered.get(timeout=30).note for _ in "ab"} == {"the caller has left", ""}


def test_200_streams_at_once_all_arrive_whole(serve_scripted: Serve, call: Call) -> None:
    released, dify = gated()
    host = serve_scripted(dify)
    callers = [call(host) for _ in range(200)]
    for caller in callers:
        caller.script(HEADERS, chunk("a"), "wait", chunk("b"))
    for caller in callers:
        caller.until_head()
    released.set()

    assert {caller.until(b"0\r\n\r\n") for caller in callers} == {b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n"}


def test_a_connection_carries_many_requests_even_sent_ahead(call: Call) -> None:
    caller = call()
    for text in "abc":
        caller.script(HEADERS, chunk(text))

    assert [caller.reply()[2][3:4] for _ in "abc"] == [b"a", b"b", b"c"]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["GET /e/hook/raw HTTP/1.1", "Connection: close"], b"400 Bad Request"),
        (["GET /e/hook/raw HTTP/1.1", "Host: a", "Host: b"], b"400 Bad Request"),
        (["GET /e/hook/raw HTTP/1.1", "Host: a", "no colon"], b"400 Bad Request"),
        (["GET /e/hook/raw HTTP/1.1", "Host: a", "a b: c"], b"400 Bad Request"),
        (["POST /e/hook/raw HTTP/1.1", "Host: a", "Content-Length: abc"], b"400 Bad Request"),
        (["POST /e/hook/raw HTTP/1.1", "Host: a", "Content-Length: -1"], b"400 Bad Request"),
        (["POST /e/hook/raw HTTP/1.1", "Host: a", "Content-Length: 3", "Content-Length: 5"], b"400 Bad Request"),
        (["\x16\x03\x01 hello"], b"400 Bad HTTP/0.9 request type"),
        (["GET /e/hook/raw HTTP/x"], b"400 Bad request version"),
        (["GET /e/hook/raw HTTP/1.1", *[f"X-{place}: 1" for place in range(200)]], b"431 Too many headers"),
    ],
)
def test_what_is_no_http_is_refused_and_the_connection_closed(call: Call, lines: list[str], problem: bytes) -> None:
    caller = call()
    caller.socket.sendall("\r\n".join([*lines, "", ""]).encode())

    head, _, body = caller.rest().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 4")
    assert body.startswith(problem)


# -- the host


def test_closing_ends_the_connections_that_are_open(serve_scripted: Serve, call: Call) -> None:
    released, dify = gated()
    host = serve_scripted(dify)
    idle, streaming = call(host), call(host)
    idle.send("GET /raw HTTP/1.1", "Host: h")
    idle.reply()
    streaming.script(HEADERS, chunk("a"), "wait")
    streaming.until_head()
    host.close()
    host.close()

    assert idle.rest() == b""
    assert streaming.rest() == b"1\r\na\r\n"
    released.set()
    with pytest.raises(ConnectionRefusedError):
        call(host)


def test_a_port_that_is_taken_is_an_error(serve_scripted: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="Address already in use"):
        serve_scripted(port=taken.getsockname()[1])


def test_other_paths_can_have_an_application_of_their_own(serve_scripted: Serve, call: Call) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ["PATH_INFO"].encode()]

    caller = call(serve_scripted(app=app))
    caller.send("GET =/events HTTP/1.1", "Host: h")
    assert caller.reply()[2] == b"7\r\n/events\r\n0\r\n\r\n"
