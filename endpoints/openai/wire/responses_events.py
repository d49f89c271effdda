"""Responses as server-sent events (OpenAI API reference, "Streaming events")."""

from collections.abc import Iterable, Iterator
from typing import Any

from endpoints.http.json_bytes import json_bytes
from endpoints.openai.wire.errors import error_body
from endpoints.openai.wire.responses_items import CallItem, Event, OutputItem, TextItem
from endpoints.openai.wire.responses_reply import Reply
from switchboard.chat.pieces import Conversation, End, Piece, Reasoning, Replacement, Text, ToolCall
from switchboard.errors import SwitchboardError

KEEP_ALIVE = b": waiting\n\n"
"""A comment (HTML standard, "Server-sent events"), which clients pass over."""


class EventStream:
    """The events of one reply. An item ends where the next begins, so that they come in the order of the output."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._number = 0
        """Of the next event."""
        self._before_delta: list[bytes] = []
        """How the events of more text or arguments begin, by the index of the item."""

    def events(self, pieces: Iterator[Piece]) -> Iterator[bytes]:
        """Several at once where they belong together; the first once the first piece is there."""
        for piece in pieces:
            match piece:
                case Conversation():
                    self._reply.begin(piece)
                case End():
                    yield self._beginning() + self._ending(piece)
                case _:
                    yield self._beginning() + self._more(piece)

    def error_events(self, error: SwitchboardError) -> bytes:
        """The last events of a stream that broke off.

        Programs heed one of the two: Codex the failed response, OpenAI's client the error, as one with an `error`.
        """
        told = error_body(error)["error"]
        failed = self._reply.failed(error)
        return self._write(
            [
                ("response.failed", {"response": failed}),
                ("error", {"code": told["code"], "message": told["message"], "param": told["param"], "error": told}),
            ]
        )

    def _beginning(self) -> bytes:
        if self._number:
            return b""
        response = {"response": self._reply.response}
        return self._write([("response.created", response), ("response.in_progress", response)])

    def _more(self, piece: Text | Replacement | Reasoning | ToolCall) -> bytes:
        known = len(self._reply.items)
        if isinstance(piece, Replacement) and known:
            piece = Replacement(f"\n\n{piece.text}")
        item = self._reply.add(piece)
        opening = b""
        if len(self._reply.items) > known:
            opening = self._write([*self._closing_before(item), *item.opening()])
            self._before_delta.append(_without_end(*item.delta()))
        more = piece.arguments if isinstance(piece, ToolCall) else piece.text
        if not more or item.status or (isinstance(item, CallItem) and item.tool.is_custom):
            return opening
        number = self._number
        self._number += 1
        return b'%b%b,"delta":%b,"sequence_number":%d}\n\n' % (
            opening,
            self._before_delta[item.index],
            json_bytes(more),
            number,
        )

    def _closing_before(self, item: OutputItem) -> Iterator[Event]:
        """Of the items that end with the beginning of this one; a call whose arguments are not all there stays open."""
        for other in self._reply.items:
            if other is not item and not other.status and (isinstance(other, TextItem) or other.is_whole()):
                other.status = "completed"
                yield from other.closing()

    def _ending(self, end: End) -> bytes:
        opening: list[Event] = []
        if not self._reply.items:
            self._reply.add(Text(""))
            opening = [*self._reply.items[0].opening()]
        still_open = [item for item in self._reply.items if not item.status]
        self._reply.end(end)
        closing = [event for item in still_open for event in item.closing()]
        response = self._reply.ended(end)
        return self._write([*opening, *closing, (f"response.{response['status']}", {"response": response})])

    def _write(self, events: Iterable[Event]) -> bytes:
        written: list[bytes] = []
        for kind, fields in events:
            written.append(b'%b,"sequence_number":%d}\n\n' % (_without_end(kind, fields), self._number))
            self._number += 1
        return b"".join(written)


def _without_end(kind: str, fields: dict[str, Any]) -> bytes:
    """An event up to its number, which is its last field."""
    return b"event: %b\ndata: %b" % (kind.encode(), json_bytes({"type": kind, **fields})[:-1])
