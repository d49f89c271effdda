"""Putting together the calls of functions that a model streams.

Dify's providers send them in fragments without an index, and each in its own manner: the id with the first fragment,
with all of them or with none; the function's name for an id, or "0" for all; whole calls, once or once more at the end.
So:

- a fragment belongs to the call with its id, or without an id to the last call;
- another name than that call's begins a new call, and so do arguments after those of that call are complete;
- the arguments of a complete call over again are nothing new.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import uuid4

from dify_plugin.entities.model.message import AssistantPromptMessage

from switchboard.chat.pieces import ToolCall
from switchboard.errors import NoAnswer

type Fragment = AssistantPromptMessage.ToolCall


@dataclass
class _Call:
    position: int
    given_id: str
    id: str
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    announced: bool = False

    def is_complete(self) -> bool:
        """Whether the arguments so far are a whole object."""
        if not any(self.arguments) or not self.arguments[-1].rstrip().endswith("}"):
            return False
        return _parsed("".join(self.arguments)) is not None

    def repeats(self, name: str, arguments: str) -> bool:
        return name in ("", self.name) and self.is_complete() and _parsed("".join(self.arguments)) == _parsed(arguments)


class ToolCalls:
    """Takes the fragments of one answer; gives pieces with a position, a unique id and the name once.

    `only_first` leaves out every call but the first.
    """

    def __init__(self, *, only_first: bool = False) -> None:
        self._calls: list[_Call] = []
        self._limit = 1 if only_first else sys.maxsize

    def __bool__(self) -> bool:
        return bool(self._calls)

    def feed(self, fragments: Iterable[Fragment]) -> Iterator[ToolCall]:
        """The fragments of the next chunk."""
        for fragment in fragments:
            call = self._call_of(fragment)
            if call is None:
                continue
            call.name = call.name or fragment.function.name
            if fragment.function.arguments:
                call.arguments.append(fragment.function.arguments)
            if call.position >= self._limit or not call.name:
                continue
            if not call.announced:
                call.announced = True
                yield ToolCall(call.position, call.id, call.name, "".join(call.arguments))
            elif fragment.function.arguments:
                yield ToolCall(call.position, "", "", fragment.function.arguments)

    def flush(self) -> Iterator[ToolCall]:
        """The end of the answer: a call without arguments has an empty object of them.

        Raises NoAnswer for a call of no function.
        """
        for call in self._calls[: self._limit]:
            if not call.name:
                raise NoAnswer("The model called a function without naming it. Ask again, or choose another model.")
            if not "".join(call.arguments).strip():
                yield ToolCall(call.position, "", "", "{}")

    def _call_of(self, fragment: Fragment) -> _Call | None:
        """The call that a fragment belongs to, None for one that only repeats a call."""
        name, arguments = fragment.function.name, fragment.function.arguments
        same_id = [call for call in self._calls if not fragment.id or call.given_id == fragment.id]
        if not same_id:
            return self._begin(fragment)
        if arguments.lstrip().startswith("{"):
            if any(call.repeats(name, arguments) for call in same_id):
                return None
            if same_id[-1].is_complete():
                return self._begin(fragment)
        if name and same_id[-1].name and name != same_id[-1].name:
            return self._begin(fragment)
        return same_id[-1]

    def _begin(self, fragment: Fragment) -> _Call:
        is_taken = any(call.id == fragment.id for call in self._calls)
        own_id = f"call_{uuid4().hex[:24]}" if is_taken or not fragment.id else fragment.id
        self._calls.append(_Call(len(self._calls), fragment.id, own_id))
        return self._calls[-1]


def _parsed(arguments: str) -> object:
    """The object that the arguments are, None if they are none yet."""
    try:
        return json.loads(arguments)
    except (ValueError, RecursionError):
        return None
