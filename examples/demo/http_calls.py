"""Requests to the endpoints and their replies, as the demo shows them."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx

from examples.demo import FOLDER, NO_SENSE, DemoError
from examples.demo.printing import WIDTH, one_line, show


class Reply(NamedTuple):
    status: int
    headers: httpx.Headers
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def events(self) -> list[Any]:
        """The JSON values of server-sent events."""
        data = (event.removeprefix("data: ") for event in self.text.split("\n\n") if event.startswith("data: "))
        return [json.loads(event) for event in data if event != "[DONE]"]


class HttpStep(NamedTuple):
    title: str
    route: str
    """As in the YAML of the endpoint, such as `GET /v1/models/<path:id>`."""
    tells: Callable[[Reply], Any]
    """What is to be seen of the reply."""
    makes_sense: Callable[[Any], bool]
    """Of what `tells` has told."""
    path: str = ""
    """Where it is not that of the route."""
    json: dict[str, Any] | None = None
    file: Path | None = None
    """Sent in a form."""
    headers: Mapping[str, str] = MappingProxyType({})
    status: int = 200
    save: str = ""
    """The name of the file in which the content is kept."""
    note: str = ""

    @property
    def target(self) -> str:
        return self.route


type MakeHttpStep = Callable[[Mapping[str, Any]], HttpStep]
"""Makes a step from what the ones before it told, by their titles."""


def send(client: httpx.Client, step: HttpStep) -> Any:
    """One request: show what goes in and what comes out; returns what the reply tells."""
    method, route = step.route.split(" ")
    path = step.path or route
    show("in", step.json or (f"{step.file.name}, in a form" if step.file else f"{method} {path}"))
    files = {"file": (step.file.name, step.file.read_bytes(), _mime_type(step.file))} if step.file else None
    started = time.monotonic()
    with client.stream(method, path, json=step.json, files=files, headers=step.headers) as response:
        parts = response.iter_bytes()
        content = next(parts, b"")
        first = time.monotonic() - started
        content += b"".join(parts)
    seconds = time.monotonic() - started
    reply = Reply(response.status_code, response.headers, content)
    if reply.status != step.status:
        raise DemoError(f"HTTP {reply.status}: {_beginning(reply.content)}")
    try:
        told = step.tells(reply)
    except (LookupError, TypeError, ValueError, httpx.HTTPError):
        raise DemoError(f"{NO_SENSE} It begins with: {_beginning(reply.content)}") from None
    if step.save:
        (FOLDER / step.save).write_bytes(reply.content)
        show("file", f"{step.save}, {reply.headers['Content-Type']}, {len(reply.content):,} bytes")
    else:
        show("out", one_line(told, 3 * WIDTH))
    streamed = "Content-Length" not in reply.headers
    show("time", f"{seconds:.2f} s" + (f", the first part after {first:.2f} s" if streamed else ""))
    if not step.makes_sense(told):
        raise DemoError(NO_SENSE)
    return told


def _beginning(content: bytes) -> str:
    return one_line(content.decode(errors="replace"), 3 * WIDTH)


def _mime_type(file: Path) -> str:
    return "audio/mpeg" if file.suffix == ".mp3" else "text/plain"
