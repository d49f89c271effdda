"""Files for a plugin: local ones behind a URL on loopback, and the form in which Dify hands a file to a tool.

with FileServer() as server:
    parameters = {"audio": server.share(Path("voice.mp3"))}
"""

import codecs
import mimetypes
import secrets
import shutil
import socket
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

FILE_IDENTITY = "__dify__file__"

_NAMES = mimetypes.MimeTypes()  # what Python knows, without what this machine adds
for _type, _extension in (
    ("audio/flac", ".flac"),
    ("audio/mp4", ".m4a"),
    ("audio/ogg", ".ogg"),
    ("audio/wav", ".wav"),
    ("application/yaml", ".yaml"),
    ("application/yaml", ".yml"),
    ("text/markdown", ".md"),
):
    _NAMES.add_type(_type, _extension)

_SIGNATURES = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (4, b"ftyp", "video/mp4"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
)

_DOCUMENTS = frozenset(
    f".{extension}"
    for extension in (
        *("txt", "md", "mdx", "markdown", "html", "htm", "xml", "vtt", "properties", "csv"),
        *("pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "eml", "msg", "epub"),
    )
)


def mime_type_of(filename: str, start: bytes) -> str:
    """By the name, else by how the content starts; "text/plain" or "application/octet-stream" where neither tells."""
    by_name, encoding = _NAMES.guess_type(filename)
    if by_name and not encoding:
        return by_name
    for offset, signature, mime_type in _SIGNATURES:
        if start[offset : offset + len(signature)] == signature:
            return mime_type
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)  # the last character may be cut
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "text/plain" if start and b"\0" not in start else "application/octet-stream"


def extension_of(mime_type: str) -> str:
    """With its dot, ".bin" where nothing is known."""
    return _NAMES.guess_extension(mime_type) or ".bin"


def file_type_of(filename: str, mime_type: str) -> str:
    """Dify's kind of file: image, audio, video, document or custom."""
    kind = mime_type.partition("/")[0]
    if kind in ("image", "audio", "video"):
        return kind
    return "document" if kind == "text" or Path(filename).suffix.lower() in _DOCUMENTS else "custom"


def file_parameter(url: str, *, filename: str, mime_type: str, size: int) -> dict[str, Any]:
    """A file as Dify hands it to a tool; `size` in bytes."""
    return {
        "dify_model_identity": FILE_IDENTITY,
        "url": url,
        "mime_type": mime_type,
        "filename": filename,
        "extension": Path(filename).suffix.lower(),
        "size": size,
        "type": file_type_of(filename, mime_type),
    }


class FileServer:
    """Serves the files it is given, and nothing else, on 127.0.0.1 under paths that nobody can guess."""

    def __init__(self) -> None:
        self._shared: dict[str, tuple[Path, str]] = {}
        self._server = _Server(("127.0.0.1", 0), _handler(self._shared))
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def share(self, path: Path) -> dict[str, Any]:
        """A file parameter for a local file. Raises OSError if it cannot be read."""
        with path.open("rb") as file:
            mime_type = mime_type_of(path.name, file.read(4096))
        route = f"/files/{secrets.token_urlsafe(24)}/{quote(path.name)}"
        self._shared[route] = path, mime_type
        url = f"http://127.0.0.1:{self._server.server_port}{route}"
        return file_parameter(url, filename=path.name, mime_type=mime_type, size=path.stat().st_size)

    def close(self) -> None:
        if not self._closed.is_set():
            self._closed.set()
            socket.create_connection(("127.0.0.1", self._server.server_port)).close()  # wakes the one who waits
            self._thread.join()
            self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _serve(self) -> None:
        # not serve_forever: its selector may be from before gevent replaced the selectors, and then nobody else runs
        while True:
            request, address = self._server.get_request()
            if self._closed.is_set():
                self._server.shutdown_request(request)
                return
            self._server.process_request(request, address)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing: a plugin that leaves in the middle of a file is nobody's error."""


def _handler(shared: Mapping[str, tuple[Path, str]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(with_body=True)

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def _answer(self, *, with_body: bool) -> None:
            path, mime_type = shared.get(self.path, (None, ""))
            if path is None or not path.is_file():
                self.send_error(404)
                return
            with path.open("rb") as file:
                self.send_response(200)
                self.send_header("Content-Type", mime_type)
                self.send_header("Content-Length", str(path.stat().st_size))
                self.end_headers()
                if with_body:
                    shutil.copyfileobj(file, self.wfile)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in http.server
            """Says nothing: the terminal belongs to the plugin."""

    return Handler
