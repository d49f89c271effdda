"""What the plugin asked Dify, and what came back: the last reverse invocations, and their changes as they come.

Between them stands what went wrong with replies of endpoints on their way to the caller, as it does in Dify.
"""

import itertools
import threading
import time
from collections import deque
from collections.abc import Container, Generator
from typing import Any, NamedTuple

from workspace.console.abbreviation import Abbreviation
from workspace.plugin.reverse_invocation import ReverseInvocation
from workspace.wire import Payload

KEPT = 200
ENDS = 3
"""Replies that are kept of each invocation, from its beginning and from its end."""
PAUSE = 0.1
"""Seconds between two looks at what goes on."""
SILENCE = 10.0
"""Seconds after which a stream of changes says that it is alive."""


class InvocationLog:
    """`record` is the `on_invocation` of a PluginProcess. What is kept of an invocation is small, however large it was.

    `own_calls` has the sessions of the calls that the console makes itself.
    """

    def __init__(self, abbreviation: Abbreviation, own_calls: Container[str]) -> None:
        self._abbreviation = abbreviation
        self._own_calls = own_calls
        self._ids = itertools.count(1)
        self._entries: deque[_Entry | _Note] = deque(maxlen=KEPT)
        self._changed = threading.Condition()
        self._version = 0
        self._watched = 0

    def record(self, invocation: ReverseInvocation) -> None:
        own = invocation.session_id in self._own_calls
        entry = _Entry(
            str(next(self._ids)), invocation, self._abbreviation, call=invocation.session_id if own else None
        )

        def watch(invocation: ReverseInvocation, reply: Payload | None) -> None:
            entry.take(invocation, reply)
            if reply is None or self._watched:
                self._touch(entry)

        invocation.watcher = watch
        with self._changed:
            self._entries.append(entry)
        self._touch(entry)

    def note(self, caller: str, note: str) -> None:
        """What went wrong with the reply to a request such as "POST /v1/chat/completions"."""
        with self._changed:
            self._version += 1
            self._entries.append(_Note(self._version, self._abbreviation.text(caller), note, time.time()))
            self._changed.notify_all()

    def changes(self) -> Generator[Payload]:
        """Each invocation there is, and again when it has changed; `{"ping": True}` first and where nothing happens."""
        seen = 0
        with self._changed:
            self._watched += 1
        try:
            yield {"ping": True}
            while True:
                with self._changed:
                    news = self._changed.wait_for(lambda seen=seen: self._version > seen, SILENCE)  # type: ignore[misc]
                    changed = [entry for entry in self._entries if entry.version > seen]
                    seen = self._version
                yield from [entry.described() for entry in changed] if news else [{"ping": True}]
                time.sleep(PAUSE)
        finally:
            with self._changed:
                self._watched -= 1

    def _touch(self, entry: "_Entry") -> None:
        with self._changed:
            self._version += 1
            entry.version = self._version
            self._changed.notify_all()


class _Note(NamedTuple):
    version: int
    caller: str
    note: str
    at: float

    def described(self) -> Payload:
        return {"caller": self.caller, "note": self.note, "at": self.at}


class _Entry:
    """An invocation without its payload and replies, of which there are cut ones.

    The last replies are kept as they are until it is over: they change with each, and are cut when somebody looks.
    """

    def __init__(self, entry_id: str, invocation: ReverseInvocation, cut: Abbreviation, *, call: str | None) -> None:
        self.version = 0
        self._cut = cut
        self._known = {
            "id": entry_id,
            "call": call,
            "caller": cut.text(caller(invocation.request)),
            "type": invocation.type,
            "at": time.time(),
            "request": cut.of(invocation.payload),
        }
        self._first: tuple[Any, ...] = ()
        self._last: tuple[Any, ...] = ()
        self._count = 0
        self._error: str | None = None
        self._seconds: float | None = None

    def take(self, invocation: ReverseInvocation, reply: Payload | None) -> None:
        """A reply, or the end."""
        if reply is None:
            self._last = tuple(self._cut.of(one) for one in self._last)
            self._error = None if invocation.error is None else self._cut.text(invocation.error)
            self._seconds = invocation.seconds
            return
        self._count += 1
        if len(self._first) < ENDS:
            self._first = (*self._first, self._cut.of(reply))
        else:
            self._last = (*self._last[1 - ENDS :], reply)

    def described(self) -> Payload:
        return {
            **self._known,
            "replies": [*self._first, *(self._cut.of(reply) for reply in self._last)],
            "reply_count": self._count,
            "error": self._error,
            "seconds": None if self._seconds is None else round(self._seconds, 4),
        }


def caller(request: Payload) -> str:
    """Who asked, by what the plugin was called with: "tool llm", "POST /v1/chat/completions"."""
    if raw := request.get("raw_http_request"):
        line = bytes.fromhex(raw[:4096]).partition(b"\r\n")[0].decode("latin-1")
        method, _, target = line.partition(" ")
        return f"{method} {target.partition(' ')[0].partition('?')[0]}"
    return f"tool {request.get('tool', '')}".rstrip()
