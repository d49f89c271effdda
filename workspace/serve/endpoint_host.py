"""A plugin's endpoints over HTTP, with all that the plugin daemon does to a request and to a reply.

    with EndpointHost(plugin, lambda: {"api_key": "test-key"}) as host:
        httpx.get(f"{host.url}/v1/models")

It differs from the daemon in this: a request whose plugin ends gets an answer, where it would wait until its caller
gives up; a body beyond 10 MiB is read to its end; a reply without a Content-Type gets none; a page of the plugin that a
page from elsewhere leads to is sandboxed.

Source: dify-plugin-daemon, `internal/server/endpoint.go`, `internal/service/endpoint.go`,
`internal/core/io_tunnel/endpoint_service.go`; and what a running daemon answers.
"""

import contextlib
import math
import re
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self
from urllib.parse import unquote_to_bytes

from workspace.plugin.calls import Messages
from workspace.plugin.errors import PluginCallError, PluginError, PluginTimeout
from workspace.serve.daemon_errors import JSON, NO_ROUTE, error_body, session_error
from workspace.serve.exchange import Exchange, MalformedBody
from workspace.serve.http_server import HttpServer
from workspace.serve.raw_request import BAD_ESCAPE, canonical, copied_request, escaped_path, one_line
from workspace.serve.reply_queue import Losses, ReplyQueue
from workspace.wire import Payload

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

METHODS = frozenset({"HEAD", "GET", "POST", "PUT", "DELETE", "OPTIONS"})
MAX_BODY = 10 * 1024 * 1024
"""Bytes of a request's body that the plugin gets; the rest is cut off without a word."""
LONGEST = 600.0
"""Seconds a reply may take after its first chunk."""

FOREIGN = ("cross-site", "same-site")
SANDBOX = "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts"

_ROUTE = re.compile(rb"/e/([^/]*)(/.*)|/e/([^/]+)", re.DOTALL)
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


class Plugin(Protocol):
    def call(
        self, request: Payload, /, *, context: Mapping[str, Any], timeout: float, through: Messages
    ) -> Iterator[Payload]:
        """See `PluginProcess.call`."""


class Answered(NamedTuple):
    """A request that is over. `path` has no query; `note` says what was lost or went wrong, "" if nothing."""

    method: str
    path: str
    status: int
    seconds: float
    note: str


class EndpointHost:
    """Serves `/e/<hook>/...` on a port of localhost (0: any that is free) until it is closed.

    `settings` are those of the group, asked for with each request. `app` answers what is not below `/e/`. `losses` are
    the daemon's unless said otherwise. `on_answer` is called from other threads. Raises OSError if the port is taken.
    """

    def __init__(
        self,
        plugin: Plugin,
        settings: Callable[[], dict[str, Any]],
        *,
        hook: str = "hook",
        port: int = 0,
        app: "WSGIApplication | None" = None,
        losses: Losses = Losses(),  # noqa: B008 - it cannot be changed
        longest: float = LONGEST,
        on_answer: Callable[[Answered], None] = lambda _answered: None,
    ) -> None:
        self._plugin = plugin
        self._settings = settings
        self._hook = hook
        self._losses = losses
        self._longest = longest
        self._on_answer = on_answer
        self._endpoint_id = str(uuid.uuid4())
        self._server = HttpServer(app or no_route, direct={"/e/": self._answer}, port=port)
        self.url = f"{self._server.url}/e/{hook}"

    def close(self) -> None:
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answer(self, exchange: Exchange) -> None:
        started = time.monotonic()
        path = exchange.target.partition("?")[0]
        try:
            self._route(exchange, path)
            exchange.end()
        except ConnectionError:
            exchange.note = exchange.note or "the caller has left"
            exchange.cut()
        self._on_answer(Answered(exchange.method, path, exchange.status, time.monotonic() - started, exchange.note))

    def _route(self, exchange: Exchange, escaped: str) -> None:
        if BAD_ESCAPE.search(escaped):
            exchange.reply(400, "text/plain; charset=utf-8", b"400 Bad Request")
            return
        path = unquote_to_bytes(escaped)
        found = _ROUTE.fullmatch(path)
        if exchange.method not in METHODS or not found:
            exchange.reply(404, JSON, NO_ROUTE)
            return
        hook, rest, alone = found.groups()
        if alone:
            _redirect(exchange, path)
        elif hook != self._hook.encode():
            body = error_body("endpoint not found", code=-400, error_type="PluginDaemonBadRequestError")
            exchange.reply(404, JSON, body)
        else:
            self._invoke(exchange, rest)

    def _invoke(self, exchange: Exchange, path: bytes) -> None:
        try:
            body = exchange.body(MAX_BODY)
        except MalformedBody as error:
            exchange.reply(500, JSON, error_body(str(error)))
            return
        request = {
            "user_id": "",
            "type": "endpoint",
            "action": "invoke_endpoint",
            "raw_http_request": copied_request(exchange, body, hook=self._hook, path=path).hex(),
            "settings": self._settings(),
        }
        replies = ReplyQueue(self._losses)
        context = {"endpoint_id": self._endpoint_id}
        messages = self._plugin.call(request, context=context, timeout=math.inf, through=replies)
        try:
            self._relay(exchange, messages, replies)
        except PluginCallError as error:
            _fail(exchange, session_error(error))
        except PluginTimeout as error:
            exchange.write(error_body(str(error)))
        except PluginError as error:
            exchange.note = str(error).partition("\n")[0]
            if exchange.status:
                exchange.cut()
            else:
                sentence = f"{exchange.note} In Dify, its callers would wait until they give up."
                exchange.reply(502, JSON, error_body(sentence, code=-502, error_type=type(error).__name__))

    def _relay(self, exchange: Exchange, messages: Iterator[Payload], replies: ReplyQueue) -> None:
        status, headers, first = _beginning(messages)
        headers += _sandbox(exchange)
        if first is None or not 100 <= status <= 999:
            exchange.begin(status if 200 <= status <= 999 else 200, [*headers, ("Content-Length", "0")])
            return
        exchange.begin(max(status, 200), headers)
        exchange.write(first)
        replies.limit(self._longest)
        if replies.lost_in_race():
            if replies.lost:
                exchange.note = f"{_lost(replies)}: the reply ended right after its first chunk"
            return
        for message in messages:
            try:
                exchange.write(bytes.fromhex(message["result"]))
            except (KeyError, TypeError, ValueError):  # the daemon ends the reply there
                return
            finally:
                if replies.lost:
                    exchange.note = f"{_lost(replies)}: they came faster than the caller could take them"


def _beginning(messages: Iterable[Payload]) -> tuple[int, list[tuple[str, str]], bytes | None]:
    """Status, headers and first chunk, in however many messages they come; None for a reply without any chunk."""
    status, headers = 200, dict[str, str]()
    for message in messages:
        of_message, texts, chunk = _decoded(message)
        status = of_message or status
        for name, value in texts.items():
            if _TOKEN.fullmatch(name):
                headers.setdefault(canonical(name), one_line(value or ""))
        if chunk is not None:
            return status, list(headers.items()), chunk
    return status, list(headers.items()), None


def _sandbox(exchange: Exchange) -> list[tuple[str, str]]:
    """Whoever writes a link writes its parameters too: a script that these bring into a page of the plugin could drive
    the console, which has the same origin.
    """
    led = exchange.header("Sec-Fetch-Mode") == "navigate" and exchange.header("Sec-Fetch-Site") in FOREIGN
    return [("Content-Security-Policy", SANDBOX)] if led else []


def _decoded(message: Payload) -> tuple[int | None, dict[str, str | None], bytes | None]:
    status, headers, result = message.get("status"), message.get("headers") or {}, message.get("result")
    with contextlib.suppress(AttributeError, TypeError, ValueError):
        if isinstance(status, int | None) and all(isinstance(text, str | None) for text in headers.values()):
            return status, headers, None if result is None else bytes.fromhex(result)
    problem = "a reply has a number as status, texts as headers, and bytes in hexadecimal as result"
    raise PluginCallError("unmarshal_error", f"unmarshal json failed: {problem}")


def _fail(exchange: Exchange, text: str) -> None:
    """An error of the plugin: a reply of its own, or the end of the one that has begun."""
    if exchange.status:
        exchange.write(text.encode())
    else:
        exchange.reply(500, JSON, error_body(text))


def _redirect(exchange: Exchange, path: bytes) -> None:
    _, mark, query = exchange.target.partition("?")
    location = f"{escaped_path(path)}/{mark}{query}"
    exchange.begin(301 if exchange.method == "GET" else 307, [("Location", location), ("Content-Length", "0")])


def _lost(replies: ReplyQueue) -> str:
    return f"{replies.lost} message{'s' * (replies.lost != 1)} lost"


def no_route(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    start_response("404 Not Found", [("Content-Type", JSON), ("Content-Length", str(len(NO_ROUTE)))])
    return [NO_ROUTE]
