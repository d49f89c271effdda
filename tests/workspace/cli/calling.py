"""Calls of `workspace call` and `workspace run` in a test, answered by a stand-in for Dify."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from workspace.wire import Handler, Payload

GREETER = Path(__file__).parent.parent / "plugin" / "plugins" / "greeter"


class Done(NamedTuple):
    code: int
    out: str
    err: str


class RunWorkflow(Protocol):
    def __call__(self, *argv: str) -> Done: ...


class Call(Protocol):
    def __call__(self, *argv: str, handler: Handler | None = ...) -> Done: ...


def dify(invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
    yield {"answer to": payload}
