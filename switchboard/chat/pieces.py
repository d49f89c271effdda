"""What a chat answer is made of, whichever API asked for it: pieces, in the order in which they come.

A model or an app answers with any number of `Text`, `Reasoning` and `ToolCall`, then one `End`. An app that keeps
conversations says first which one this is, and one that is moderated may put a `Replacement` before the end.
"""

from enum import StrEnum
from typing import NamedTuple

from switchboard.chat.reasoning import ReasoningSplitter, Split


class Text(NamedTuple):
    text: str


class Replacement(NamedTuple):
    """What stands in place of all `Text` so far; a stream cannot take that back and can only add this."""

    text: str


class Reasoning(NamedTuple):
    """What a model thinks before it answers."""

    text: str


class ToolCall(NamedTuple):
    """A call of a function, or more of its arguments: the first piece of each `position` has `id` and `name`."""

    position: int
    id: str
    name: str
    arguments: str
    """JSON, or the next part of it."""


class Conversation(NamedTuple):
    """The conversation of an app; it comes before anything else."""

    id: str


class Finish(StrEnum):
    """Why an answer ended."""

    STOP = "stop"
    STOP_SEQUENCE = "stop_sequence"
    """At one of those that were asked for; most providers call that the plain end."""
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    CONTENT_FILTER = "content_filter"


class Usage(NamedTuple):
    """Tokens."""

    prompt: int
    completion: int
    total: int


class End(NamedTuple):
    finish: Finish
    usage: Usage | None
    """None where Dify has told nothing of it."""


type Piece = Text | Replacement | Reasoning | ToolCall | Conversation | End

_FINISHES = {
    Finish.STOP_SEQUENCE: {"stop_sequence"},
    Finish.LENGTH: {"length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded"},
    Finish.TOOL_CALLS: {"tool_calls", "tool_use", "tool_call", "function_call"},
    Finish.CONTENT_FILTER: {
        "content_filter",
        "content_filtered",
        "guardrail_intervened",
        "refusal",
        "safety",
        "recitation",
        "blocklist",
        "prohibited_content",
        "spii",
        "sensitive",
    },
}


def finish(reason: str | None, *, called: bool) -> Finish:
    """From the words of Dify's providers: "stop", "end_turn", "MAX_TOKENS", "FinishReason.STOP", none at all, ...

    `called` is whether the answer holds calls of functions. A word that is not known is taken for the plain end.
    """
    word = (reason or "").rpartition(".")[2].lower()
    found = next((known for known, words in _FINISHES.items() if word in words), Finish.STOP)
    if called and found in (Finish.STOP, Finish.STOP_SEQUENCE):
        return Finish.TOOL_CALLS
    return Finish.STOP if found is Finish.TOOL_CALLS and not called else found


class SplitText:
    """Takes the text of an answer chunk by chunk; gives its pieces, the reasoning told from the rest."""

    def __init__(self) -> None:
        self._splitter = ReasoningSplitter()
        self._has_thought = False

    def feed(self, text: str) -> list[Reasoning | Text]:
        return self._pieces(self._splitter.feed(text))

    def flush(self) -> list[Reasoning | Text]:
        """The end of the answer."""
        return self._pieces(self._splitter.flush())

    def _pieces(self, split: Split) -> list[Reasoning | Text]:
        answer, reasoning = split
        texts: list[Reasoning | Text] = [Text(answer)] if answer else []
        if not reasoning:
            return texts
        if not self._has_thought:
            reasoning = reasoning.lstrip()  # the line break after <think>
            self._has_thought = bool(reasoning)
        return [Reasoning(reasoning), *texts] if reasoning else texts
