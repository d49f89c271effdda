"""The plugin daemon for plugins that are hosted serverless: it posts each request to them, and they call it back.

    with ServerlessDaemon() as daemon, PluginProcess(folder, handler, start=daemon.start) as plugin:
        ...

Source: dify-plugin-daemon, `internal/core/serverless_runtime` and
`internal/core/io_tunnel/backwards_invocation/transaction`.
"""

import json
import queue
import socket
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Self

import httpx
from werkzeug import Request, Response

from workspace.plugin import json_lines
from workspace.plugin.child_process import ChildProcess
from workspace.serve.http_server import HttpServer
from workspace.wire import MAX_LINE

MAX_TRANSACTION = 6 * 1024 * 1024
"""Bytes that are read of a reverse invocation."""
PATIENCE = 30.0
"""Seconds in which a plugin has to serve, and of silence in an answer."""


class ServerlessDaemon:
    """Runs any number of plugins; each calls back at the same address. Reverse invocations are answered by whoever
    answers those of its `PluginProcess`."""

    def __init__(self) -> None:
        self.sessions: dict[str, ServerlessPlugin] = {}
        """Who runs which session; one that is not in here is lost."""
        self.transactions: dict[str, queue.Queue[dict[str, Any]]] = {}
        self._server = HttpServer(Request.application(self._transaction))
        self.url = self._server.url

    def start(self, command: list[str], *, folder: Path, environment: Mapping[str, str]) -> "ServerlessPlugin":
        """Start a plugin and wait until it serves; to be given to `PluginProcess`."""
        return ServerlessPlugin(self, command, folder=folder, environment=environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def _transaction(self, request: Request) -> Response:
        if (request.method, request.path) != ("POST", "/backwards-invocation/transaction"):
            return Response('{"code":"not_found","message":"route not found"}', 404, content_type="application/json")
        line = request.get_data()[:MAX_TRANSACTION]
        message = json.loads(line)
        invocation = message["data"]["data"]["backwards_request_id"]
        plugin = self.sessions.get(message["session_id"])
        if plugin is None:
            lost = {
                "backwards_request_id": invocation,
                "event": "error",
                "message": "failed to get session info from cache",
                "data": {"error_type": "SessionNotFound", "session_id": message["session_id"]},
            }
            return Response(json.dumps(lost), 400)
        replies = self.transactions[invocation] = queue.Queue()
        plugin.give(line)
        return Response(self._replies(invocation, replies), content_type="text/event-stream")

    def _replies(self, invocation: str, replies: "queue.Queue[dict[str, Any]]") -> Iterator[bytes]:
        try:
            while True:
                reply = replies.get(timeout=PATIENCE)
                yield _as_go_writes(reply) + b"\n\n"
                if reply["data"]["event"] == "end":
                    return
        finally:
            self.transactions.pop(invocation, None)


class ServerlessPlugin(ChildProcess):
    """A plugin's process that is asked over HTTP. `stdout` has the lines of all its answers, as if it printed them."""

    def __init__(
        self, daemon: ServerlessDaemon, command: list[str], *, folder: Path, environment: Mapping[str, str]
    ) -> None:
        self._daemon = daemon
        port = _free_port()
        own = {
            "INSTALL_METHOD": "serverless",
            "SERVERLESS_HOST": "127.0.0.1",
            "SERVERLESS_PORT": str(port),
            "DIFY_PLUGIN_DAEMON_URL": daemon.url,
        }
        super().__init__(command, folder=folder, environment={**environment, **own})
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE, trust_env=False)
        self.printed: list[str] = []
        self._giving = threading.Lock()
        ours, theirs = socket.socketpair()
        self._lines = ours
        printed, self.stdout = self.stdout, theirs.makefile("rb")
        theirs.close()
        self._printing = threading.Thread(target=self._read_printed, args=[printed], daemon=True)
        self._printing.start()

    def _read_printed(self, stdout: IO[bytes]) -> None:
        with stdout:
            for line in stdout:
                self.printed.append(line.decode().rstrip())
                if b"Server Worker" in line:
                    threading.Thread(target=self._begin, daemon=True).start()
        self._lines.close()

    def _begin(self) -> None:
        """It serves right after it has said so."""
        while True:
            try:
                assert self.http.get("/health").text == "OK"
            except httpx.ConnectError:
                continue
            self.give(b'{"event": "heartbeat"}')
            return

    def give(self, line: bytes) -> None:
        """A line of the plugin's, for who reads `stdout`."""
        with self._giving:
            self._lines.sendall(line.rstrip() + b"\n")

    def write(self, line: bytes) -> None:
        message = json.loads(line)
        if message["event"] == "backwards_response":
            if waiting := self._daemon.transactions.get(message["data"]["backwards_request_id"]):
                waiting.put(message)
        else:
            threading.Thread(target=self._invoke, args=[message["session_id"], line], daemon=True).start()

    def _invoke(self, session: str, line: bytes) -> None:
        self._daemon.sessions[session] = self
        try:
            self._relay(session, line)
        except (httpx.HTTPError, ValueError) as error:
            self._tell(session, "error", error_type="PluginDaemonInnerError", message=str(error), args={})
        finally:
            self._daemon.sessions.pop(session, None)

    def _relay(self, session: str, line: bytes) -> None:
        data = json.loads(line)["data"]
        if len(line) > MAX_LINE:
            size = f"payload_bytes={len(line)} max_request_bytes={MAX_LINE}"
            raise ValueError(f"ServerlessPayloadTooLarge: action={data['action']} {size}")
        headers = {"Content-Type": "application/json", "Dify-Plugin-Session-ID": session}
        with self.http.stream(
            "POST", "/invoke", params={"action": data["action"]}, content=line, headers=headers
        ) as response:
            response.raise_for_status()
            for answer in _lines(response.iter_raw()):
                content = json.loads(answer)
                if content["event"] == "session" and content["data"]["type"] == "invoke":
                    raise ValueError("serverless event is not supported by full duplex")
                self.give(answer)
                if content["event"] == "session" and content["data"]["type"] == "end":
                    return
        raise ValueError("Plugin runtime request failed: its answer has no end")

    def _tell(self, session: str, kind: str, **data: Any) -> None:
        line = {"event": "session", "session_id": session, "data": {"type": kind, "data": data}}
        self.give(json_lines.encode(line))

    def end(self) -> None:
        super().end()
        self.http.close()
        self._printing.join()

    def close_pipes(self) -> None:
        super().close_pipes()
        self.stdout.close()


def _as_go_writes(message: dict[str, Any]) -> bytes:
    """Other than Python's JSON, with every character as it is but two line separators."""
    text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").encode()


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Raises ValueError for a line that the daemon would not read; only its own call fails of it."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from filter(None, whole)
        if len(rest) >= MAX_LINE:
            raise ValueError("failed to read response body: bufio.Scanner: token too long")
    if rest:
        yield rest


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
