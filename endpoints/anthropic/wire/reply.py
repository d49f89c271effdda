"""Messages as Anthropic's API writes them, whole or as server-sent events.

Sources: Anthropic API reference, "Create a Message" and "Streaming Messages". `conversation_id` is Dify's; clients that
do not know it pass over it. What Dify does not tell of tokens is estimated.
"""

import random
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from pydantic_core import from_json

from endpoints.anthropic.wire.errors import error_body
from endpoints.anthropic.wire.events import StreamedContent, event
from endpoints.http.json_bytes import json_bytes
from switchboard.chat.pieces import (
    Conversation,
    End,
    Finish,
    Piece,
    Reasoning,
    Replacement,
    Text,
    ToolCall,
    Usage,
    whole,
)
from switchboard.chat.tokens import tokens_of_bytes
from switchboard.errors import NoAnswer, SwitchboardError

KEEP_ALIVE = b'event: ping\ndata: {"type":"ping"}\n\n'

_STOP_REASONS = {
    Finish.STOP: "end_turn",
    Finish.STOP_SEQUENCE: "stop_sequence",
    Finish.LENGTH: "max_tokens",
    Finish.TOOL_CALLS: "tool_use",
    Finish.CONTENT_FILTER: "refusal",
}


class Asked(NamedTuple):
    """What a reply has to know of its request."""

    model: str
    input_tokens: int
    """An estimate, for as long as Dify tells nothing of them."""
    shows_thinking: bool


def whole_reply(pieces: Iterator[Piece], asked: Asked) -> dict[str, Any]:
    """The message, once all of it is there.

    Raises NoAnswer for a call of a tool whose input is no object.
    """
    head = _head(asked.model)
    blocks: list[_Block] = []
    calls: dict[int, _Block] = {}
    end = End(Finish.STOP, None)
    for piece in whole(pieces):
        match piece:
            case Text():
                _last(blocks, "text").parts.append(piece.text)
            case Reasoning() if asked.shows_thinking:
                _last(blocks, "thinking").parts.append(piece.text)
            case Replacement():
                blocks = [block for block in blocks if block.kind != "text"]
                _last(blocks, "text").parts.append(piece.text)
            case ToolCall():
                if piece.position not in calls:
                    calls[piece.position] = _Block("tool_use", id=piece.id, name=piece.name)
                    blocks.append(calls[piece.position])
                calls[piece.position].parts.append(piece.arguments)
            case Conversation():
                head["conversation_id"] = piece.id
            case End():
                end = piece
    size = sum(len(part.encode(errors="replace")) for block in blocks for part in block.parts)
    was_cut = end.finish is Finish.LENGTH
    head["content"] = [block.as_json(was_cut=was_cut) for block in blocks or [_Block("text")]]
    return {**head, **_stop(end), "usage": _usage(end.usage, asked.input_tokens, size)}


def streamed_reply(pieces: Iterator[Piece], asked: Asked) -> Iterator[bytes]:
    """The message as events, several at once where they belong together; the first once the first piece is there."""
    head = _head(asked.model)
    content = StreamedContent()
    opening = b""
    for piece in pieces:
        if isinstance(piece, Conversation):
            head["conversation_id"] = piece.id
            continue
        if head:
            start = {**head, "content": [], "stop_reason": None, "stop_sequence": None}
            opening = event("message_start", message={**start, "usage": _usage(None, asked.input_tokens, 0)})
            head = {}
        match piece:
            case End():
                usage = _usage(piece.usage, asked.input_tokens, content.size)
                ended = event("message_delta", delta=_stop(piece), usage=usage) + event("message_stop")
                yield opening + content.end() + ended
            case Reasoning() if not asked.shows_thinking:
                if opening:
                    yield opening
            case _:
                yield opening + content.add(piece)
        opening = b""


def error_event(error: SwitchboardError) -> bytes:
    """The last event of a stream that broke off; no `message_stop` follows."""
    return b"event: error\ndata: " + json_bytes(error_body(error)) + b"\n\n"


class _Block:
    """A part of the content that grows."""

    def __init__(self, kind: Literal["text", "thinking", "tool_use"], *, id: str = "", name: str = "") -> None:  # noqa: A002 - the name on the wire
        self.kind = kind
        self.id, self.name = id, name
        self.parts: list[str] = []

    def as_json(self, *, was_cut: bool) -> dict[str, Any]:
        text = "".join(self.parts)
        match self.kind:
            case "text":
                return {"type": "text", "text": text, "citations": None}
            case "thinking":
                return {"type": "thinking", "thinking": text.strip(), "signature": ""}
        try:
            found = from_json(text or "{}", allow_partial=was_cut)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise NoAnswer(
                f"The model called {self.name} with something that is no JSON object. Ask again, or choose another "
                "model."
            )
        return {"type": "tool_use", "id": self.id, "name": self.name, "input": found}


def _last(blocks: list[_Block], kind: Literal["text", "thinking"]) -> _Block:
    """The last block, if it is of this kind, or else a new one."""
    if not blocks or blocks[-1].kind != kind:
        blocks.append(_Block(kind))
    return blocks[-1]


def _head(model: str) -> dict[str, Any]:
    return {"id": f"msg_{random.randbytes(12).hex()}", "type": "message", "role": "assistant", "model": model}


def _stop(end: End) -> dict[str, Any]:
    """Dify never tells which of the stop sequences it was."""
    return {"stop_reason": _STOP_REASONS[end.finish], "stop_sequence": None}


def _usage(usage: Usage | None, input_tokens: int, output_size: int) -> dict[str, int | None]:
    """What was counted, or else an estimate: 0 is what providers say that count nothing."""
    counted = usage or Usage(0, 0, 0)
    return {
        "input_tokens": counted.prompt or input_tokens,
        "cache_creation_input_tokens": None,
        "cache_read_input_tokens": None,
        "output_tokens": counted.completion or tokens_of_bytes(output_size),
    }
