"""One request and its reply, as HTTP/1.1 has them on a connection: what came as it came, and what goes out at once."""

import contextlib
import http
import re
from collections.abc import Iterable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Self

CHUNK_LINE = 4096
"""Bytes of the longest line between the chunks of a body."""
WRITTEN_ANEW = ("connection", "content-length", "transfer-encoding")


class MalformedBody(Exception):
    """The body is not framed as its headers say, or ended before its end."""


class Exchange:
    """Names, values and the target are text of one byte each (Latin-1), as http.server reads them.

    `target` is the path with its query as it was sent, `headers` are in the order in which they came. Afterwards
    `status` tells what was answered, 0 if nothing was, and `note` is what a handler has to say about it.

    A reply is `begin`, any number of `write`, and the end of the block; or `reply`, which is all of it. A caller that
    has left is a ConnectionError.
    """

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self.method = handler.command
        self.target = handler.requestline.split()[1]
        self.version = handler.request_version
        self.headers: list[tuple[str, str]] = [(name, _unfolded(value)) for name, value in handler.headers.items()]
        self.status = 0
        self.note = ""
        self._handler = handler
        self._connection = handler.connection
        self._unread = self._pieces()
        self._head = b""
        self._chunked = False
        self._left = 0  # bytes of a body whose length was declared
        self._over = False

    def header(self, name: str) -> str:
        """The first value, "" if there is none."""
        return next((value for each, value in self.headers if each.lower() == name.lower()), "")

    # -- the request's body --------------------------------------------------------------------------------------------

    def body(self, limit: int) -> bytes:
        """Up to `limit` bytes; what is beyond is read, and forgotten. Raises MalformedBody."""
        kept = bytearray()
        try:
            for piece in self._unread:
                kept += piece[: limit - len(kept)]
        except MalformedBody:
            self._handler.close_connection = True  # where the next request begins is not known
            raise
        return bytes(kept)

    def _pieces(self) -> Iterator[bytes]:
        if encoding := self.header("Transfer-Encoding"):
            if encoding.lower() != "chunked":
                raise MalformedBody(f"unsupported transfer encoding: {encoding}")
            while size := self._chunk_size():
                yield from self._read(size)
                if self._line():
                    raise MalformedBody("malformed chunked encoding")
            while self._line():
                pass  # trailers
        else:
            yield from self._read(int(self.header("Content-Length") or "0"))

    def _chunk_size(self) -> int:
        try:
            return int(self._line().partition(b";")[0], 16)
        except ValueError:
            raise MalformedBody("invalid byte in chunk length") from None

    def _line(self) -> bytes:
        line = self._handler.rfile.readline(CHUNK_LINE)
        if not line.endswith(b"\n"):
            raise MalformedBody("unexpected EOF" if len(line) < CHUNK_LINE else "header line too long")
        return line.strip()

    def _read(self, size: int) -> Iterator[bytes]:
        while size:
            piece = self._handler.rfile.read(min(size, 1 << 16))
            if not piece:
                raise MalformedBody("unexpected EOF")
            size -= len(piece)
            yield piece

    # -- the reply -----------------------------------------------------------------------------------------------------

    def begin(self, status: int, headers: Iterable[tuple[str, str]]) -> None:
        """Status and headers, which leave with the first piece of the body, be it empty.

        With a Content-Length the body is sent as it is, up to that length; without one it goes out in chunks.
        """
        self.status = status
        fields = {name.lower(): value for name, value in headers}
        declared = fields.get("content-length", "")
        lines = [(name, value) for name, value in headers if name.lower() not in WRITTEN_ANEW]
        if "date" not in fields:
            lines.append(("Date", formatdate(usegmt=True)))
        bodiless = self.method == "HEAD" or status in (204, 304)
        if declared.isdecimal() and status not in (204, 304):
            lines.append(("Content-Length", declared))
            self._left = 0 if bodiless else int(declared)
        elif not bodiless and self.version == "HTTP/1.1":
            lines.append(("Transfer-Encoding", "chunked"))
            self._chunked = True
        elif not bodiless:
            self._handler.close_connection = True
            self._left = -1  # as long as the connection
        if self._handler.close_connection or fields.get("connection", "").lower() == "close":
            lines.append(("Connection", "close"))
            self._handler.close_connection = True
        elif self.version == "HTTP/1.0":
            lines.append(("Connection", "keep-alive"))
        first = f"{self.version} {status} {_reason(status)}"
        self._head = "\r\n".join([first, *(f"{name}: {value}" for name, value in lines), "", ""]).encode()

    def write(self, content: bytes) -> None:
        """A piece of the body, sent at once. Raises ConnectionError."""
        if self._chunked:
            content = b"%x\r\n%b\r\n" % (len(content), content) if content else b""
        elif self._left >= 0:
            content = content if len(content) <= self._left else b""  # more than was declared is not sent
            self._left -= len(content)
        self._send(content)

    def reply(self, status: int, content_type: str, content: bytes) -> None:
        """The whole reply."""
        self.begin(status, [("Content-Type", content_type), ("Content-Length", str(len(content)))])
        self.write(content)

    def cut(self) -> None:
        """Close the connection in the middle of the reply, so that the caller sees that it is not whole."""
        self._over = True
        self._handler.close_connection = True

    def end(self) -> None:
        """The end of the reply; nothing if that is over."""
        if self._over or not self.status:
            return
        self._over = True
        if self._left:
            self._handler.close_connection = True
        self._send(b"0\r\n\r\n" if self._chunked else b"")

    def _send(self, content: bytes) -> None:
        if content := self._head + content:
            self._head = b""
            self._connection.sendall(content)

    # -- the connection ------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.cut()
            return
        self.end()
        with contextlib.suppress(MalformedBody):
            self.body(0)  # the next request comes after it


def _unfolded(value: str) -> str:
    return re.sub(r"\r?\n[ \t]+", " ", value).strip(" \t")


def _reason(status: int) -> str:
    with contextlib.suppress(ValueError):
        return http.HTTPStatus(status).phrase
    return f"status code {status}"
