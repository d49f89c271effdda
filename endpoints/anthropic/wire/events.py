"""The content of a message as events: its blocks, each begun, filled and ended (Anthropic API reference, "Streaming").

content_block_start, content_block_delta..., content_block_stop, and the next block
"""

from pydantic_core import from_json

from endpoints.http.json_bytes import json_bytes
from switchboard.chat.pieces import Reasoning, Replacement, Text, ToolCall


def event(kind: str, **fields: object) -> bytes:
    """One event, whose `type` is its name."""
    return f"event: {kind}\ndata: ".encode() + json_bytes({"type": kind, **fields}) + b"\n\n"


class StreamedContent:
    """Takes the pieces of an answer; gives the events to send.

    A block ends when the next begins. A call of a tool stays open if its input is not whole by then: some providers
    send the input of several calls by turns.
    """

    def __init__(self) -> None:
        self.size = 0
        """Bytes of text, thinking and input."""
        self._begun = 0
        self._kind = ""
        """Of the block of text or thinking that is open."""
        self._before = b""
        """What stands in front of the text in each event of that block."""
        self._calls: dict[int, _Call] = {}
        """By their positions, those that are open."""

    def add(self, piece: Text | Replacement | Reasoning | ToolCall) -> bytes:
        match piece:
            case Text():
                return self._text("text", piece.text)
            case Replacement():
                return self._text("text", f"\n\n{piece.text}")
            case Reasoning():
                return self._text("thinking", piece.text)
        opening = self._open_call(piece) if piece.id else b""
        call = self._calls.get(piece.position)
        if call is None or not piece.arguments:
            return opening
        call.arguments.append(piece.arguments)
        data = json_bytes(piece.arguments)
        self.size += len(data) - 2
        return opening + call.before + data + b"}}\n\n"

    def end(self) -> bytes:
        """A message without any block has an empty one of text, which clients look for."""
        opening = b"" if self._begun else self._open("text")
        return opening + self._close() + b"".join(map(self._stop, list(self._calls)))

    def _text(self, kind: str, text: str) -> bytes:
        opening = b"" if kind == self._kind else self._open(kind)
        data = json_bytes(text)
        self.size += len(data) - 2
        return opening + self._before + data + b"}}\n\n"

    def _open(self, kind: str) -> bytes:
        block = {"type": kind, kind: "", **({"signature": ""} if kind == "thinking" else {})}
        opening = self._close() + event("content_block_start", index=self._begun, content_block=block)
        self._kind, self._before = kind, _before_delta(self._begun, f"{kind}_delta", kind)
        self._begun += 1
        return opening

    def _open_call(self, piece: ToolCall) -> bytes:
        block = {"type": "tool_use", "id": piece.id, "name": piece.name, "input": {}}
        opening = self._close() + event("content_block_start", index=self._begun, content_block=block)
        self._calls[piece.position] = _Call(self._begun)
        self._begun += 1
        return opening

    def _close(self) -> bytes:
        """End the block of text or thinking, and the calls that are whole."""
        closing = event("content_block_stop", index=self._begun - 1) if self._kind else b""
        self._kind = ""
        whole = [position for position, call in self._calls.items() if call.is_whole()]
        return closing + b"".join(map(self._stop, whole))

    def _stop(self, position: int) -> bytes:
        return event("content_block_stop", index=self._calls.pop(position).index)


class _Call:
    def __init__(self, index: int) -> None:
        self.index = index
        self.before = _before_delta(index, "input_json_delta", "partial_json")
        self.arguments: list[str] = []

    def is_whole(self) -> bool:
        try:
            return isinstance(from_json("".join(self.arguments)), dict)
        except ValueError:
            return False


def _before_delta(index: int, kind: str, name: str) -> bytes:
    delta = f'"index":{index},"delta":{{"type":"{kind}","{name}":'
    return f'event: content_block_delta\ndata: {{"type":"content_block_delta",{delta}'.encode()
