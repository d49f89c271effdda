"""Files between a plugin and the workspace, over HTTP on loopback.

    with FileServer(uploads=Path("uploads")) as server:
        parameters = {"audio": server.share(Path("voice.mp3"))}

The addresses look as Dify's signed ones do, and nobody can guess them.
"""

import contextlib
import json
import secrets
import shutil
import socket
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import quote

from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, NotFound
from werkzeug.formparser import parse_form_data

from workspace.plugin.files import extension_of, file_parameter, mime_type_of
from workspace.plugin.outputs import OutputFile


class ServedFile(NamedTuple):
    """A file of the workspace, by the id under which Dify would know it; `size` in bytes."""

    id: str
    path: Path
    filename: str
    mime_type: str
    size: int
    url: str

    def parameter(self) -> dict[str, Any]:
        """As a tool's parameter."""
        return file_parameter(self.url, filename=self.filename, mime_type=self.mime_type, size=self.size)


class FileServer:
    """Serves on 127.0.0.1 the files it is given, and takes uploads where an address was made for one.

    `uploads` is the folder for these. Each file is kept there as its id and extension.
    """

    def __init__(self, *, uploads: Path) -> None:
        self._uploads = uploads
        self._files: dict[str, ServedFile] = {}
        self._shared: dict[str, tuple[Path, str]] = {}
        self._awaited: dict[str, tuple[str, str]] = {}
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def share(self, path: Path) -> dict[str, Any]:
        """A file parameter for a local file. Raises OSError if it cannot be read."""
        return self.lend(path).parameter()

    def lend(self, path: Path) -> ServedFile:
        """Serve a local file where it is. Raises OSError if it cannot be read."""
        with path.open("rb") as file:
            mime_type = mime_type_of(path.name, file.read(4096))
        return self._served(str(uuid.uuid4()), path, path.name, mime_type)

    def keep(self, content: bytes, *, filename: str, mime_type: str) -> ServedFile:
        """Write a file into the folder of uploads, and serve it."""
        file_id = str(uuid.uuid4())
        self._uploads.mkdir(parents=True, exist_ok=True)
        path = self._uploads / f"{file_id}{extension_of(mime_type)}"
        path.write_bytes(content)
        return self._served(file_id, path, filename, mime_type)

    def find(self, file_id: str) -> ServedFile | None:
        """The file with an id; one that was kept by an earlier workspace has lost its name."""
        if file_id not in self._files:
            try:
                path = next(self._uploads.glob(f"{uuid.UUID(file_id)}.*"))
            except (ValueError, StopIteration):
                return None
            self._served(file_id, path, path.name, mime_type_of(path.name, b""))
        return self._files[file_id]

    def tool_file(self, file_id: str) -> OutputFile | None:
        """The content of the file with an id, for `Outputs`."""
        file = self.find(file_id)
        return OutputFile(file.filename, file.mime_type, file.path.read_bytes()) if file else None

    def upload_url(self, filename: str, mime_type: str) -> str:
        """Where a plugin may post one file, in a form as `file`; what it gets back has the file's id."""
        route = f"/files/upload/for-plugin?{_signature()}"
        self._awaited[route] = filename, mime_type
        return self._address(route)

    def shared(self, route: str) -> tuple[Path, str] | None:
        """The file behind the path and query of an address, and its MIME type."""
        return self._shared.get(route)

    def take(self, route: str, upload: FileStorage) -> dict[str, Any]:
        """Keep an upload; what Dify answers to it. Raises NotFound if none was awaited there.

        Raises Forbidden if it differs from what the address was made for, as Dify does. It looks at the MIME type
        without parameters, so "text/plain; charset=utf-8" always differs.
        """
        if route not in self._awaited:
            raise NotFound
        if (upload.filename, upload.mimetype) != self._awaited[route]:
            raise Forbidden
        filename, mime_type = self._awaited.pop(route)
        file = self.keep(upload.read(), filename=filename, mime_type=mime_type)
        return {
            "id": file.id,
            "name": file.filename,
            "size": file.size,
            "extension": file.path.suffix,
            "mime_type": file.mime_type,
            "preview_url": file.url,
        }

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

    def _served(self, file_id: str, path: Path, filename: str, mime_type: str) -> ServedFile:
        route = f"/files/tools/{file_id}{quote(PurePosixPath(filename).suffix)}?{_signature()}"
        self._shared[route] = path, mime_type
        file = ServedFile(file_id, path, filename, mime_type, path.stat().st_size, self._address(route))
        self._files[file_id] = file
        return file

    def _address(self, route: str) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{route}"

    def _serve(self) -> None:
        # not serve_forever: its selector may be from before gevent replaced the selectors, and then nobody else runs
        while True:
            request, address = self._server.get_request()
            if self._closed.is_set():
                self._server.shutdown_request(request)
                return
            self._server.process_request(request, address)


def _signature() -> str:
    """The query of an address, as Dify signs it; nobody can guess it."""
    return f"timestamp={int(time.time())}&nonce={secrets.token_hex(16)}&sign={secrets.token_urlsafe(32)}="


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A plugin that leaves in the middle of a file is nobody's error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler(files: FileServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(with_body=True)

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_POST(self) -> None:
            environ = {
                "REQUEST_METHOD": "POST",
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": self.headers.get("Content-Length", "0"),
                "wsgi.input": self.rfile,
            }
            try:
                _, _, parts = parse_form_data(environ)
                with contextlib.ExitStack() as stack:
                    for each in parts.values():
                        stack.callback(each.close)
                    if "file" not in parts:
                        raise BadRequest
                    answer = files.take(self.path, parts["file"])
            except HTTPException as error:
                self.send_error(error.code or 400)
                return
            body = json.dumps(answer).encode()
            self._begin(201, "application/json", len(body))
            self.wfile.write(body)

        def _answer(self, *, with_body: bool) -> None:
            path, mime_type = files.shared(self.path) or (None, "")
            if path is None or not path.is_file():
                self.send_error(404)
                return
            with path.open("rb") as file:
                self._begin(200, mime_type, path.stat().st_size)
                if with_body:
                    shutil.copyfileobj(file, self.wfile)

        def _begin(self, status: int, mime_type: str, length: int) -> None:
            self.send_response(status)
            self.send_header("Content-Type", mime_type)
            self.send_header("Content-Length", str(length))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in http.server
            """Says nothing: the terminal belongs to the plugin."""

    return Handler
