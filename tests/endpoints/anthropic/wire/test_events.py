"""The blocks of a message, in the order of their events."""

import json

from endpoints.anthropic.wire.events import StreamedContent
from switchboard.chat.pieces import Reasoning, Text, ToolCall


def happened(*pieces):
    """Each event as its name, the index of its block and what it adds."""
    content = StreamedContent()
    sent = b"".join([*map(content.add, pieces), content.end()])
    events = [json.loads(block.partition("data: ")[2]) for block in sent.decode().split("\n\n") if block]
    return [(event["type"].removeprefix("content_block_"), event["index"], *_added(event)) for event in events]


def _added(event):
    delta = event.get("delta", {})
    return [value for name, value in delta.items() if name != "type"]


def test_a_block_ends_before_the_next_begins():
    assert happened(Reasoning("Hm."), Text("Yes"), Text("."), ToolCall(0, "c1", "f", '{"a":1}')) == [
        ("start", 0),
        ("delta", 0, "Hm."),
        ("stop", 0),
        ("start", 1),
        ("delta", 1, "Yes"),
        ("delta", 1, "."),
        ("stop", 1),
        ("start", 2),
        ("delta", 2, '{"a":1}'),
        ("stop", 2),
    ]


def test_a_call_that_is_whole_ends_when_the_next_begins():
    assert happened(ToolCall(0, "c1", "f", "{"), ToolCall(0, "", "", "}"), ToolCall(1, "c2", "g", "{}")) == [
        ("start", 0),
        ("delta", 0, "{"),
        ("delta", 0, "}"),
        ("stop", 0),
        ("start", 1),
        ("delta", 1, "{}"),
        ("stop", 1),
    ]


def test_calls_whose_input_comes_by_turns_stay_open():
    assert happened(
        ToolCall(0, "c1", "f", '{"a":'),
        ToolCall(1, "c2", "g", ""),
        ToolCall(0, "", "", "1}"),
        ToolCall(1, "", "", "{}"),
    ) == [
        ("start", 0),
        ("delta", 0, '{"a":'),
        ("start", 1),
        ("delta", 0, "1}"),
        ("delta", 1, "{}"),
        ("stop", 0),
        ("stop", 1),
    ]


def test_without_a_piece_there_is_an_empty_text():
    assert happened() == [("start", 0), ("stop", 0)]
