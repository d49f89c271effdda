"""What a chat answer is made of, whichever API asked for it: pieces, in the order in which they come.

A model or an app answers with any number of `Text`, `Reasoning` and `ToolCall`, then one `End`. An app that keeps
conversations says first which one this is, and one that is moderated may put a `Replacement` before the end.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from switchboard.chat.reasoning import ReasoningSplitter, Split, parted_at_the_end


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
        pieces: list[Reasoning | Text] = []
        if split.reasoning:
            reasoning = (
                split.reasoning if self._has_thought else split.reasoning.lstrip()
            )  # the line break after <think>
            self._has_thought = self._has_thought or bool(reasoning)
            pieces += [Reasoning(reasoning)] if reasoning else []
        if split.answer:
            pieces.append(Text(split.answer))
        return pieces


def whole(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces of an answer that is not streamed. What was thought before a closing tag alone is told apart too."""
    known = list(pieces)
    if not any(isinstance(piece, (Reasoning, Replacement)) for piece in known):
        text = "".join(piece.text for piece in known if isinstance(piece, Text))
        split = parted_at_the_end(text)
        if split.answer != text:
            told = [piece for piece in known if not isinstance(piece, Text)]
            at = sum(isinstance(piece, Conversation) for piece in told)
            thought = [Reasoning(split.reasoning)] if split.reasoning.strip() else []
            known = [*told[:at], *thought, Text(split.answer), *told[at:]]
    yield from known


def without_reasoning(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """For a caller that wants to see none."""
    return (piece for piece in pieces if not isinstance(piece, Reasoning))
