"""An HTTP server on this machine: raw exchanges under some paths, a WSGI application for all others.

It is werkzeug's threaded server, because the plugin's endpoints and Dify's API are blocking iterators: a thread for
each connection, and a slow caller holds up nobody else. `direct` handlers get the request as it came, which WSGI does
not tell (repeated headers, headers with "_", the path as it was escaped), on connections that carry more than one.
"""

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Mapping
from email.errors import FirstHeaderLineIsContinuationDefect, MissingHeaderBodySeparatorDefect
from email.message import Message
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote

from werkzeug.serving import WSGIRequestHandler, make_server

from workspace.serve.exchange import Exchange

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

WAITING = 128
"""Connections that may wait to be accepted."""

NO_HEADER = (MissingHeaderBodySeparatorDefect, FirstHeaderLineIsContinuationDefect)
"""What the parser finds wrong where a line is no header."""


class HttpServer:
    """Serves on a port of 127.0.0.1 (0: any that is free) until it is closed. Raises OSError if the port is taken.

    `direct` has a handler for each beginning of a path; it returns when the reply is out.
    """

    def __init__(
        self, app: "WSGIApplication", *, direct: Mapping[str, Callable[[Exchange], None]] | None = None, port: int = 0
    ) -> None:
        self.direct = dict(direct or {})
        self.connections: set[socket.socket] = set()
        with socket.create_server(("127.0.0.1", port), backlog=WAITING) as listening:
            self._server = make_server(
                "127.0.0.1", port, app, threaded=True, request_handler=_handler(self), fd=listening.fileno()
            )
        self.port = self._server.port
        self.url = f"http://127.0.0.1:{self.port}"
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more connections, and end those there are."""
        if self._closed.is_set():
            return
        self._closed.set()
        socket.create_connection(("127.0.0.1", self.port)).close()  # wakes the one who waits
        self._thread.join()
        self._server.server_close()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _serve(self) -> None:
        # not serve_forever: its selector may be from before gevent replaced the selectors, and then nobody else runs
        while True:
            try:
                request, address = self._server.get_request()
            except OSError:  # who called has left already, or there are too many open files
                self._closed.wait(0.01)
                continue
            if self._closed.is_set():
                self._server.shutdown_request(request)
                return
            self._server.process_request(request, address)


def _handler(http: HttpServer) -> type[WSGIRequestHandler]:
    class Handler(WSGIRequestHandler):
        """Sends each piece of a stream in one packet, and at once."""

        disable_nagle_algorithm = True
        wbufsize = -1
        raw_requestline: bytes

        def setup(self) -> None:
            super().setup()
            http.connections.add(self.connection)

        def finish(self) -> None:
            http.connections.discard(self.connection)
            try:
                super().finish()
            except OSError:  # who called has left
                self.rfile.close()

        def parse_request(self) -> bool:
            # bytes beyond ASCII in a path are taken as escaped; split as Latin-1 text, some would be spaces
            self.raw_requestline = re.sub(rb"[\x80-\xff]", _escaped, self.raw_requestline)
            if not super().parse_request():
                return False
            if "close" in _tokens(self.headers.get_all("Connection", [])):
                self.close_connection = True
            if _malformed(self.headers, version=self.request_version):
                self.send_error(400)
                return False
            return True

        def handle_expect_100(self) -> bool:
            going_on = super().handle_expect_100()
            self.wfile.flush()
            return going_on

        def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
            self.close_connection = True
            text = f"{code} {message or HTTPStatus(code).phrase}"
            head = f"HTTP/1.1 {code} {HTTPStatus(code).phrase}\r\nContent-Type: text/plain; charset=utf-8\r\n"
            self.wfile.write(f"{head}Connection: close\r\n\r\n{text}".encode())

        def run_wsgi(self) -> None:
            path = unquote(self.path)
            answer = next((answer for prefix, answer in http.direct.items() if path.startswith(prefix)), None)
            if answer is None:
                super().run_wsgi()
                return
            with Exchange(self) as exchange:
                answer(exchange)

        def log_request(self, code: Any = "-", size: Any = "-") -> None:
            """Says nothing: the terminal belongs to the plugin."""

        def log_error(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in http.server
            """Says nothing either: the caller is told."""

    return Handler


def _malformed(headers: Message, *, version: str) -> bool:
    """Whether Go's server would not hand on a request with these."""
    hosts, lengths = headers.get_all("Host", []), set(headers.get_all("Content-Length", []))
    return (
        any(isinstance(defect, NO_HEADER) for defect in headers.defects)
        or len(hosts) > 1
        or (not hosts and version != "HTTP/1.0")
        or len(lengths) > 1
        or not all(length.isdecimal() for length in lengths)
    )


def _tokens(values: list[str]) -> list[str]:
    return [token.strip().lower() for value in values for token in value.split(",")]


def _escaped(byte: re.Match[bytes]) -> bytes:
    return b"%%%02X" % byte[0][0]
