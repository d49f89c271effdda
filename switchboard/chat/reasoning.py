"""Telling a model's reasoning from its answer.

Dify's providers put what a model thinks into the answer's own text, between `<think>` and `</think>`. The opening tag
starts a line or ends one; anywhere else the answer speaks of it. In a stream a tag can be split anywhere: the end of a
chunk is held back for as long as it could be the start of one.

Providers that cut the reasoning off themselves leave the blank lines after it at the start of the answer.
"""

import re
from typing import NamedTuple

from switchboard.chat.deepseek import Unmarked

_OPENING = re.compile(r"<think>(?=(\n?))", re.IGNORECASE | re.ASCII)
_BLANK_LINES = re.compile(r"\s*\n")
_CLOSING = re.compile(r"</think>", re.IGNORECASE | re.ASCII)


def with_reasoning(reasoning: str, answer: str) -> str:
    """The text of an earlier answer, for the model that is to go on from it."""
    thought = _CLOSING.sub("", reasoning).strip()
    return f"<think>\n{thought}\n</think>\n\n{answer}" if thought else answer


def without_reasoning(answer: str) -> str:
    """The text of a whole answer that somebody else is to read."""
    splitter = ReasoningSplitter()
    return splitter.feed(parted_at_the_end(answer).answer).answer + splitter.flush().answer


class Split(NamedTuple):
    answer: str
    reasoning: str


def parted_at_the_end(answer: str) -> Split:
    """A whole answer, parted at a closing tag that nothing opens: some models begin to think without saying so.

    Of a tag in backticks the answer speaks.
    """
    closing = _CLOSING.search(answer)
    if not closing or _OPENING.search(answer) or "`" in (answer[: closing.start()][-1:], answer[closing.end() :][:1]):
        return Split(answer, "")
    return Split(answer[closing.end() :].lstrip(), answer[: closing.start()])


class ReasoningSplitter:
    """Takes the text of an answer chunk by chunk; gives what is answer and what is reasoning in each."""

    def __init__(self) -> None:
        self._inside = False
        self._held = ""
        self._line_is_blank = True
        self._after_block = False
        self._unmarked = Unmarked()
        self._has_begun = False
        self._indent = ""
        """White space that the answer may begin with, or that may be a blank line in front of it."""

    def feed(self, text: str) -> Split:
        """The next chunk."""
        text = self._held + text
        if self._inside or "<" in text:
            return self._split(text)
        return Split(self._outside(text), "")

    def flush(self) -> Split:
        """The end of the answer: what was held back after all is text."""
        held, self._held = self._held, ""
        if self._inside:
            return Split("", self._unmarked.feed(held) + self._unmarked.flush(closed=False))
        return Split(held if self._has_begun else self._begin(held), "")

    def _split(self, text: str) -> Split:
        answer: list[str] = []
        reasoning: list[str] = []
        position = 0
        while True:
            if self._inside:
                found, tag = _CLOSING.search(text, position), "</think>"
            else:
                found, tag = self._opening_tag(text, position), "<think>\n"
            end = found.start() if found else len(text) - _could_start(text, position, tag)
            if self._inside:
                reasoning.append(self._unmarked.feed(text[position:end]))
            else:
                answer.append(self._outside(text[position:end]))
            if not found:
                self._held = text[end:]
                return Split("".join(answer), "".join(reasoning))
            if self._inside:
                reasoning.append(self._unmarked.flush(closed=True))
                self._unmarked = Unmarked()
            self._inside = not self._inside
            self._indent = ""
            self._after_block = not self._inside
            position = found.end()

    def _opening_tag(self, text: str, position: int) -> re.Match[str] | None:
        blank = self._line_is_blank or self._after_block
        for found in _OPENING.finditer(text, position):
            blank = _line_is_blank(text[position : found.start()], before=blank)
            if blank or found[1]:
                return found
            position = found.start()
        return None

    def _outside(self, text: str) -> str:
        """What the answer has of a text without tags."""
        if self._after_block:  # the blank lines between reasoning and answer belong to neither
            text = text.lstrip()
            self._after_block = not text
            self._line_is_blank = True
        if not self._has_begun:
            text = self._begin(text)
        self._line_is_blank = _line_is_blank(text, before=self._line_is_blank)
        return text

    def _begin(self, text: str) -> str:
        """The start of the answer without its blank lines, once there is something else in it."""
        text = self._indent + text
        if blank := _BLANK_LINES.match(text):
            text = text[blank.end() :]
        self._has_begun = bool(text.strip())
        self._indent = "" if self._has_begun or self._after_block else text
        return text if self._has_begun else ""


def _line_is_blank(text: str, *, before: bool) -> bool:
    """Whether the last line holds nothing but white space after `text`, if it did `before`."""
    line_break = text.rfind("\n")
    return (before or line_break >= 0) and not text[line_break + 1 :].strip()


def _could_start(text: str, position: int, tag: str) -> int:
    """The length of the longest end of `text`, from `position` on, that a tag could start with."""
    longest = min(len(tag) - 1, len(text) - position)
    return next((size for size in range(longest, 0, -1) if text[-size:].lower() == tag[:size]), 0)
