"""Why an answer ended, and its text in pieces."""

import pytest

from switchboard.chat.pieces import Reasoning, SplitText, Text, finish


@pytest.mark.parametrize(
    ("reason", "called", "expected"),
    [
        ("stop", False, "stop"),
        ("end_turn", False, "stop"),
        ("STOP", False, "stop"),
        ("FinishReason.STOP", False, "stop"),
        (None, False, "stop"),
        ("", False, "stop"),
        ("null", False, "stop"),
        ("stop_sequence", False, "stop_sequence"),
        ("stop_sequence", True, "tool_calls"),
        ("length", False, "length"),
        ("max_tokens", False, "length"),
        ("FinishReason.MAX_TOKENS", True, "length"),
        ("tool_calls", True, "tool_calls"),
        ("tool_use", True, "tool_calls"),
        ("stop", True, "tool_calls"),
        (None, True, "tool_calls"),
        ("tool_calls", False, "stop"),
        ("content_filter", False, "content_filter"),
        ("FinishReason.SAFETY", False, "content_filter"),
        ("refusal", True, "content_filter"),
    ],
)
def test_the_words_of_providers_become_one_of_five_reasons(reason, called, expected):
    assert finish(reason, called=called) == expected


def test_reasoning_begins_without_the_line_break_after_its_tag():
    split = SplitText()

    pieces = [piece for chunk in ("<think>", "\n", "Hm", "\n", "so", "</think>\n\nYes") for piece in split.feed(chunk)]

    assert [*pieces, *split.flush()] == [Reasoning("Hm"), Reasoning("\n"), Reasoning("so"), Text("Yes")]
