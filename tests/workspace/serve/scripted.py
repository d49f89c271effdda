"""A plugin whose endpoints do what a request's body says, without the SDK, and raw requests to it."""

import json
import queue
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.workspace.plugin.plugins.bare import write_main
from workspace.serve.endpoint_host import Answered, EndpointHost
from workspace.wire import Payload

MANIFEST = """\
version: 0.0.1
type: plugin
author: tests
name: scripted
resource:
  permission:
    endpoint:
      enabled: true
meta:
  runner:
    entrypoint: main
plugins:
  endpoints:
    - group.yaml
"""

GROUP = """\
settings:
  - {name: key, type: secret-input, required: true}
  - {name: tone, type: select, options: [{value: warm}, {value: plain}]}
endpoints:
  - raw.yaml
  - script.yaml
  - hidden.yaml
"""

ENDPOINTS = {
    "raw.yaml": "{path: /raw, method: GET}",
    "script.yaml": "{path: /script/<name>, method: POST}",
    "hidden.yaml": "{path: /<path:path>, method: GET, hidden: true}",
}

MAIN = """
steps = {}

def request(session, data):
    raw = bytes.fromhex(data["raw_http_request"])
    line, _, rest = raw.partition(b"\\r\\n")
    if b" /script" in line:
        steps[session] = json.loads(rest.partition(b"\\r\\n\\r\\n")[2])
        go_on(session)
    else:
        content = data["settings"] if b" /settings" in line else None
        result = json.dumps(content).encode().hex() if content is not None else data["raw_http_request"]
        answer(session, "stream", {"status": 200, "headers": {"Content-Type": "text/plain"}, "result": result})
        end(session)

def go_on(session):
    while steps[session]:
        step = steps[session].pop(0)
        if step == "wait":
            return invoke(session, "wait", {})
        if step == "die":
            os._exit(3)
        if isinstance(step, list):
            answer(session, "error", dict(zip(("error_type", "message", "args"), step)))
        elif "size" in step:
            for _ in range(step["times"]):
                answer(session, "stream", {"result": "61" * step["size"]})
        else:
            answer(session, "stream", step)
    end(session)

def response(session, data):
    if data["event"] == "end":
        go_on(session)
"""

type AnsweredQueue = queue.Queue[Answered]

HEADERS: dict[str, Any] = {"status": 200, "headers": {"Content-Type": "text/plain"}}


def chunk(text: str) -> dict[str, Any]:
    return {"result": text.encode().hex()}


def write_scripted(folder: Path, source: str = MAIN) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "manifest.yaml").write_text(MANIFEST)
    (folder / "group.yaml").write_text(GROUP)
    for name, content in ENDPOINTS.items():
        (folder / name).write_text(content)
    write_main(folder, source)
    return folder


def no_dify(invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
    raise AssertionError("the plugin asks nothing in this test")
    yield


class Caller:
    """A connection to a host, for requests and replies as they are on the wire."""

    def __init__(self, host: EndpointHost) -> None:
        address, self._path = host.url.removeprefix("http://").split("/", 1)
        name, _, port = address.partition(":")
        self.socket = socket.create_connection((name, int(port)), timeout=30)

    def send(self, line: str, *headers: str, body: bytes = b"") -> None:
        """`line` is "GET /raw HTTP/1.1", its path below the hook unless it begins with "=". No header is added."""
        method, _, rest = line.partition(" ")
        target = rest[1:] if rest.startswith("=") else f"/{self._path}{rest}"
        self.socket.sendall("\r\n".join([f"{method} {target}", *headers, "", ""]).encode("latin-1") + body)

    def script(self, *steps: Any, method: str = "POST", version: str = "HTTP/1.1") -> None:
        body = json.dumps(steps).encode()
        self.send(f"{method} /script {version}", "Host: h", f"Content-Length: {len(body)}", body=body)

    def until(self, end: bytes) -> bytes:
        """What comes, up to and with this."""
        received = b""
        while not received.endswith(end):
            piece = self.socket.recv(65536)
            assert piece, f"the connection ended after {received!r}"
            received += piece
        return received

    def rest(self) -> bytes:
        """What comes until the host closes the connection."""
        received = b""
        while piece := self.socket.recv(1 << 20):
            received += piece
        return received

    def reply(self) -> tuple[int, dict[str, str], bytes]:
        """The next reply: its status, its headers with small letters, its body as it was framed."""
        received = self.until_head()
        first, *lines = received.decode().rstrip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        if headers.get("transfer-encoding") == "chunked":
            return int(first.split(" ")[1]), headers, self.until(b"0\r\n\r\n")
        body = b""
        while len(body) < int(headers.get("content-length", "0")):
            body += self.socket.recv(65536)
        return int(first.split(" ")[1]), headers, body

    def until_head(self) -> bytes:
        """A byte at a time, so that nothing of the body is taken."""
        received = b""
        while not received.endswith(b"\r\n\r\n"):
            piece = self.socket.recv(1)
            assert piece, f"the connection ended after {received!r}"
            received += piece
        return received

    def close(self) -> None:
        self.socket.close()
