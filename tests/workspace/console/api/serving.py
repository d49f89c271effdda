"""What the console of a `python -m workspace serve` answers."""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.served import Served, serving

SENT = {"X-Console": "1"}

type Event = dict[str, Any]


class Console:
    """A running one. `url` has no slash at its end, `endpoints` is the address of the endpoints or None."""

    def __init__(self, served: Served) -> None:
        self.process = served.process
        self.url = served.console.removesuffix("/")
        self.endpoints = served.endpoints
        self.client = httpx.Client(base_url=self.url, timeout=60)

    def plugin(self) -> dict[str, Any]:
        return self.client.get("/console/api/plugin").raise_for_status().json()

    def post(self, tool: str, body: Any) -> httpx.Response:
        """`tool` is "provider/name"."""
        return self.client.post(f"/console/api/tools/{tool}", json=body, headers=SENT)

    def call(self, tool: str, parameters: dict[str, Any], **more: Any) -> list[Event]:
        """All events of a call."""
        response = self.post(tool, {"parameters": parameters, **more}).raise_for_status()
        return [json.loads(line) for line in response.text.splitlines()]

    @contextlib.contextmanager
    def calling(self, tool: str, parameters: dict[str, Any]) -> Iterator[Iterator[Event]]:
        """The events of a call as they come."""
        body = {"parameters": parameters}
        with self.client.stream("POST", f"/console/api/tools/{tool}", json=body, headers=SENT) as response:
            yield map(json.loads, response.iter_lines())

    def upload(self, content: bytes, filename: str, mime_type: str) -> dict[str, Any]:
        files = {"file": (filename, content, mime_type)}
        return self.client.post("/console/api/files", files=files, headers=SENT).raise_for_status().json()

    def invocations(self, enough: Callable[[list[Event]], bool]) -> list[Event]:
        """The reverse invocations in their order, each as it was last, once they are `enough`."""
        latest: dict[str, Event] = {}
        with self.client.stream("GET", "/console/api/invocations") as response:
            for line in response.iter_lines():
                change = json.loads(line)
                if "id" in change:
                    latest[change["id"]] = change
                if enough(list(latest.values())):
                    return list(latest.values())
        raise AssertionError(latest)

    def invocations_of(self, call: str) -> list[Event]:
        """Those of one call of a tool, which is over."""
        return [
            one
            for one in self.invocations(lambda seen: any(one["call"] == call for one in seen) and over(seen))
            if one["call"] == call
        ]


def over(invocations: list[Event]) -> bool:
    return all(one["seconds"] is not None for one in invocations)


@contextlib.contextmanager
def console_of(folder: Path, data: Path, *options: str) -> Iterator[Console]:
    """`data` is where it keeps things."""
    with serving(folder, "--data-dir", str(data), *options) as served:
        console = Console(served)
        with console.client:
            yield console
