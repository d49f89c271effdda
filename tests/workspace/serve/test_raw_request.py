"""What a plugin gets of a request. What is expected here was recorded from the real plugin daemon, in Go."""

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from tests.workspace.serve.scripted import Caller, no_dify, write_scripted
from workspace.plugin.folder import read_plugin_folder
from workspace.plugin.process import PluginProcess
from workspace.serve.endpoint_host import MAX_BODY, EndpointHost

pytestmark = pytest.mark.usefixtures("child_process")

AGENT = "User-Agent: Go-http-client/1.1"
HOOK_HEADERS = ["Dify-Hook-Id: hook", "Dify-Hook-Url: http://h/e/hook/raw"]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EndpointHost]:
    folder = read_plugin_folder(write_scripted(tmp_path_factory.mktemp("plugin") / "scripted"))
    with ExitStack() as running:
        plugin = running.enter_context(PluginProcess(folder, no_dify))
        yield running.enter_context(EndpointHost(plugin, lambda: {"key": "test-key", "tone": "warm"}))


@pytest.fixture
def caller(host: EndpointHost) -> Iterator[Caller]:
    with closing(Caller(host)) as caller:
        yield caller


def raw(caller: Caller, line: str, *headers: str, body: bytes = b"") -> bytes:
    """The bytes that the plugin got."""
    caller.send(line, *headers, body=body)
    status, _, framed = caller.reply()
    assert status == 200
    size, _, rest = framed.partition(b"\r\n")
    return rest[: int(size, 16)]


def head(*lines: str) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def test_a_request_is_written_as_go_writes_it(caller: Caller) -> None:
    got = raw(caller, "GET /raw HTTP/1.1", "Host: h")

    assert got == head("GET /raw HTTP/1.1", "Host: h", AGENT, *HOOK_HEADERS)


def test_headers_are_sorted_and_named_in_gos_way_and_those_of_proxies_are_left_out(caller: Caller) -> None:
    got = raw(
        caller,
        "GET /raw HTTP/1.1",
        "Host: h",
        "x-b: 2",
        "X-B: 1",
        "X_under: u",
        "x-forwarded-for: 1",
        "X-Real-IP: 2",
        "X-Forwarded: 3",
        "X-Original-Forwarded-For: 4",
        "X-Original-Url: 5",
        "X-Forwarded-Host: fh",
        "authorization: Bearer test-key",
        "Cookie: a=1",
        "Cookie: b=2",
        "X-Empty:",
        "X-Space:   a  b  ",
        "X-Bin: \xff\xe9",
        "X-Fold: a\r\n   b",
        "Dify-Hook-Id: mine",
        "Connection: keep-alive",
        "Pragma: no-cache",
    )

    assert got == head(
        "GET /raw HTTP/1.1",
        "Host: h",
        AGENT,
        "Authorization: Bearer test-key",
        "Cache-Control: no-cache",
        "Connection: keep-alive",
        "Cookie: a=1",
        "Cookie: b=2",
        *HOOK_HEADERS,
        "Pragma: no-cache",
        "X-B: 2",
        "X-B: 1",
        "X-Bin: \xff\xe9",
        "X-Empty: ",
        "X-Fold: a b",
        "X-Forwarded-Host: fh",
        "X-Space: a  b",
        "X_under: u",
    )


@pytest.mark.parametrize(
    ("header", "lines"),
    [
        ("User-Agent: curl/8", ["User-Agent: curl/8", *HOOK_HEADERS]),
        ("User-Agent:", HOOK_HEADERS),
        ("Dify-Hook-Url: https://me/x", [AGENT, "Dify-Hook-Id: hook", "Dify-Hook-Url: https://me/x"]),
        ("Dify-Hook-Url:", [AGENT, *HOOK_HEADERS]),
        (
            "X-Forwarded-Proto: https",
            [AGENT, "Dify-Hook-Id: hook", "Dify-Hook-Url: https://h/e/hook/raw", "X-Forwarded-Proto: https"],
        ),
    ],
)
def test_some_headers_have_a_meaning(caller: Caller, header: str, lines: list[str]) -> None:
    assert raw(caller, "GET /raw HTTP/1.1", "Host: h", header) == head("GET /raw HTTP/1.1", "Host: h", *lines)


def test_the_original_host_takes_the_hosts_place(caller: Caller) -> None:
    got = raw(caller, "GET /raw HTTP/1.1", "Host: h", "X-Original-Host: orig.example")

    hook_url = "Dify-Hook-Url: http://orig.example/e/hook/raw"
    assert got == head("GET /raw HTTP/1.1", "Host: orig.example", AGENT, "Dify-Hook-Id: hook", hook_url)


@pytest.mark.parametrize(
    ("target", "seen", "hook_path"),
    [
        ("/raw/a%2Fb%20c%3Fd%25/", "/raw/a/b%20c%3Fd%25/", "/raw/a/b c?d%/"),
        ("/raw/!$&'()*+,;=:@~-._/", "/raw/%21$&%27%28%29%2A+,;=:@~-._/", "/raw/!$&'()*+,;=:@~-._/"),
        ("/raw/%C3%A9/%41%7e|[]", "/raw/%C3%A9/A~%7C%5B%5D", "/raw/Ã©/A~|[]"),
        ("/raw/Ã\xa0", "/raw/%C3%A0", "/raw/Ã\xa0"),
        ("/raw/%00%0a%0d%ff", "/raw/%00%0A%0D%FF", "/raw/\x00  \xff"),
        ("/raw/../x//y/./", "/raw/../x//y/./", "/raw/../x//y/./"),
        ("/raw#frag?x", "/raw%23frag?x=", "/raw#frag"),
        ("/raw?", "/raw?", "/raw"),
        ("/raw?b=2&a=1&b=1&c&=x&&d=%20+%2B", "/raw?=x&a=1&b=2&b=1&c=&d=++%2B", "/raw"),
        ("/raw?e=%zz&f;g=1&%C3%A9=Ã©&h=a/b?c!*'()~-._", "/raw?h=a%2Fb%3Fc%21%2A%27%28%29~-._&%C3%A9=%C3%A9", "/raw"),
    ],
)
def test_a_path_is_decoded_and_escaped_anew_and_its_query_sorted(
    caller: Caller, target: str, seen: str, hook_path: str
) -> None:
    got = raw(caller, f"GET {target} HTTP/1.1", "Host: h")

    hook_url = f"Dify-Hook-Url: http://h/e/hook{hook_path}"
    assert got == head(f"GET {seen} HTTP/1.1", "Host: h", AGENT, "Dify-Hook-Id: hook", hook_url)


def test_an_escaped_hook_is_the_hook(caller: Caller) -> None:
    assert raw(caller, "GET =/%65/ho%6Fk%2Fraw HTTP/1.1", "Host: h").startswith(b"GET /raw HTTP/1.1\r\n")


@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS"])
def test_an_empty_body_of_most_methods_is_none(caller: Caller, method: str) -> None:
    expected = head(f"{method} /raw HTTP/1.1", "Host: h", AGENT, *HOOK_HEADERS)

    assert raw(caller, f"{method} /raw HTTP/1.1", "Host: h") == expected
    assert raw(caller, f"{method} /raw HTTP/1.1", "Host: h", "Content-Length: 0") == expected


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    ("framing", "body"),
    [((), b""), (("Content-Length: 0",), b""), (("Transfer-Encoding: chunked",), b"0\r\n\r\n")],
)
def test_an_empty_body_of_post_and_put_is_the_end_of_a_chunked_one(
    caller: Caller, method: str, framing: tuple[str, ...], body: bytes
) -> None:
    got = raw(caller, f"{method} /raw HTTP/1.1", "Host: h", *framing, body=body)

    chunked = "Transfer-Encoding: chunked"
    assert got == head(f"{method} /raw HTTP/1.1", "Host: h", AGENT, chunked, *HOOK_HEADERS) + b"0\r\n\r\n"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    ("framing", "body"),
    [
        (("Content-Length: 11",), b"hello world"),
        (("Transfer-Encoding: chunked",), b"5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n"),
        (("Transfer-Encoding: chunked", "Content-Length: 3"), b"b\r\nhello world\r\n0\r\n\r\n"),
    ],
)
def test_a_body_is_whole_and_has_its_length(caller: Caller, method: str, framing: tuple[str, ...], body: bytes) -> None:
    got = raw(caller, f"{method} /raw HTTP/1.1", "Host: h", "Content-Type: text/x", *framing, body=body)

    lines = ["Host: h", AGENT, "Content-Length: 11", "Content-Type: text/x", *HOOK_HEADERS]
    assert got == head(f"{method} /raw HTTP/1.1", *lines) + b"hello world"


def test_a_body_is_cut_at_10_mib_and_the_next_request_is_understood(caller: Caller) -> None:
    caller.send("POST /script HTTP/1.1", "Host: h", f"Content-Length: {MAX_BODY + 1000}")
    steps = b'[{"status": 200, "headers": {}, "result": "6f6b"}]'
    caller.socket.sendall(steps + b" " * (MAX_BODY - len(steps)) + b"x" * 1000)  # JSON only without what is cut off

    assert caller.reply()[2] == b"2\r\nok\r\n0\r\n\r\n"
    assert raw(caller, "GET /raw HTTP/1.1", "Host: h") == head("GET /raw HTTP/1.1", "Host: h", AGENT, *HOOK_HEADERS)


def test_a_caller_that_asks_first_is_told_to_go_on(caller: Caller) -> None:
    caller.send("POST /raw HTTP/1.1", "Host: h", "Expect: 100-continue", "Content-Length: 5")
    assert caller.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"

    caller.socket.sendall(b"hello")
    assert b"Expect: 100-continue\r\n\r\nhello" in caller.reply()[2]


@pytest.mark.parametrize(("header", "line"), [("Connection: keep-alive", []), ("X-Header: 1", ["Connection: close"])])
def test_a_request_of_http_1_0_says_what_becomes_of_the_connection(
    caller: Caller, header: str, line: list[str]
) -> None:
    caller.send("GET /raw HTTP/1.0", "Host: h", header)

    status, _, body = caller.rest().partition(b"\r\n\r\n")
    assert status.startswith(b"HTTP/1.0 200 OK\r\n")
    lines = sorted([*HOOK_HEADERS, header])
    assert body == head("GET /raw HTTP/1.1", "Host: h", AGENT, *line, *lines)


def test_the_settings_go_along(caller: Caller) -> None:
    caller.send("GET /settings HTTP/1.1", "Host: h")

    assert b'{"key": "test-key", "tone": "warm"}' in caller.reply()[2]
