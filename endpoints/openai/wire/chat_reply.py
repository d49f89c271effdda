"""Chat completions as OpenAI's API writes them, whole or as server-sent events.

Sources: OpenAI API reference, "The chat completion object", "The chat completion chunk object" and "Streaming".
`reasoning_content` is what DeepSeek's API and many servers since call a model's reasoning, and `conversation_id` is
Dify's; clients that do not know them pass over both.
"""

import random
import time
from collections.abc import Iterator
from typing import Any

from endpoints.http.json_bytes import json_bytes
from endpoints.openai.wire.errors import error_body
from switchboard.chat.pieces import Conversation, End, Finish, Piece, Reasoning, Replacement, Text, ToolCall, Usage
from switchboard.errors import SwitchboardError

KEEP_ALIVE = b": waiting\n\n"
"""A comment (HTML standard, "Server-sent events"), which clients pass over."""


def whole_reply(pieces: Iterator[Piece], *, model: str) -> dict[str, Any]:
    """The completion, once all of it is there."""
    head = _head("chat.completion", model)
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    text: list[str] = []
    reasoning: list[str] = []
    arguments: list[list[str]] = []
    calls: list[dict[str, Any]] = []
    finish_reason, usage = "stop", None
    for piece in pieces:
        match piece:
            case Text():
                text.append(piece.text)
            case Replacement():
                text = [piece.text]
            case Reasoning():
                reasoning.append(piece.text)
            case ToolCall() if piece.id:
                calls.append({"id": piece.id, "type": "function", "function": {"name": piece.name}})
                arguments.append([piece.arguments])
            case ToolCall():
                arguments[piece.position].append(piece.arguments)
            case Conversation():
                head["conversation_id"] = piece.id
            case End():
                finish_reason, usage = _finish_reason(piece.finish), piece.usage
    for call, parts in zip(calls, arguments, strict=True):
        call["function"]["arguments"] = "".join(parts)
    if text or not calls:
        message["content"] = "".join(text)
    if reasoning:
        message["reasoning_content"] = "".join(reasoning).strip()
    if calls:
        message["tool_calls"] = calls
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}
    return {**head, "choices": [choice], "usage": _usage(usage)}


def streamed_reply(pieces: Iterator[Piece], *, model: str, include_usage: bool) -> Iterator[bytes]:
    """The completion as events, several at once where they belong together; the first once the first piece is there.

    Usage that Dify has not told is left out, rather than told as zero.
    """
    head = _head("chat.completion.chunk", model)
    before = opening = b""
    after = b',"usage":null}\n\n' if include_usage else b"}\n\n"
    for piece in pieces:
        if isinstance(piece, Conversation):
            head["conversation_id"] = piece.id
            continue
        if not before:
            before = b"data: " + json_bytes(head)[:-1] + b',"choices":[{"index":0,"delta":'
            opening = before + b'{"role":"assistant","content":""},"finish_reason":null}]' + after
        if isinstance(piece, End):
            yield opening + before + b'{},"finish_reason":' + json_bytes(_finish_reason(piece.finish)) + b"}]" + after
            if include_usage and piece.usage:
                yield _event({**head, "choices": [], "usage": _usage(piece.usage)})
            yield b"data: [DONE]\n\n"
        else:
            yield opening + before + _delta(piece) + b',"finish_reason":null}]' + after
        opening = b""


def error_event(error: SwitchboardError) -> bytes:
    """The last event of a stream that broke off; no [DONE] follows, since nothing is done."""
    return _event(error_body(error))


def _head(kind: str, model: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{random.randbytes(16).hex()}", "object": kind, "created": int(time.time()), "model": model}


def _delta(piece: Text | Replacement | Reasoning | ToolCall) -> bytes:
    match piece:
        case Text():
            return b'{"content":' + json_bytes(piece.text) + b"}"
        case Replacement():
            return b'{"content":' + json_bytes(f"\n\n{piece.text}") + b"}"
        case Reasoning():
            return b'{"reasoning_content":' + json_bytes(piece.text) + b"}"
    function = {"arguments": piece.arguments}
    call: dict[str, Any] = {"index": piece.position, "function": function}
    if piece.id:
        call |= {"id": piece.id, "type": "function", "function": {"name": piece.name, **function}}
    return json_bytes({"tool_calls": [call]})


def _finish_reason(finish: Finish) -> str:
    return "stop" if finish is Finish.STOP_SEQUENCE else str(finish)


def _usage(usage: Usage | None) -> dict[str, int] | None:
    if usage is None:
        return None
    return {"prompt_tokens": usage.prompt, "completion_tokens": usage.completion, "total_tokens": usage.total}


def _event(value: dict[str, Any]) -> bytes:
    return b"data: " + json_bytes(value) + b"\n\n"
