"""A small real HTTP server on loopback in the place of an OpenAI-compatible one."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Asked:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed


@dataclass
class Server:
    """Answers each path as it was told to, 404 otherwise, and remembers what it was asked."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    replies: dict[str, tuple[int, str, bytes, int]] = field(default_factory=dict)

    def reply(
        self,
        path: str,
        content: bytes | str | dict[str, Any],
        *,
        status: int = 200,
        content_type: str = "application/json",
        missing: int = 0,
    ) -> None:
        """`missing` is how many more bytes are announced than are sent."""
        if isinstance(content, dict):
            content = json.dumps(content)
        self.replies[path] = (status, content_type, content.encode() if isinstance(content, str) else content, missing)

    def stream(self, *chunks: dict[str, Any]) -> None:
        """A chat completion as server-sent events."""
        lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
        self.reply("/v1/chat/completions", "".join(lines) + "data: [DONE]\n\n", content_type="text/event-stream")


@contextmanager
def serving() -> Iterator[Server]:
    """A running server; it ends with the block."""
    served = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            served.asked.append(Asked(self.path, headers, body))
            nothing = (404, "application/json", b'{"error": {"message": "no such route"}}', 0)
            status, content_type, content, missing = served.replies.get(self.path, nothing)
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content) + missing))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{listener.server_port}/v1"
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    listener.shutdown()
    thread.join()
    listener.server_close()
