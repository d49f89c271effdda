"""Telling a model's reasoning from its answer.

Dify's providers put what a model thinks into the answer's own text, between `<think>` and `</think>`. In a stream a tag
can be split anywhere, so the end of a chunk is held back for as long as it could be the start of one.
"""

from typing import NamedTuple

_TAGS = ("<think>", "</think>")


class Split(NamedTuple):
    answer: str
    reasoning: str


class ReasoningSplitter:
    """Takes the text of an answer chunk by chunk; gives what is answer and what is reasoning in each."""

    def __init__(self) -> None:
        self._inside = False
        self._held = ""
        self._strip_answer = False

    def feed(self, text: str) -> Split:
        """The next chunk."""
        if not self._inside and not self._held and not self._strip_answer and "<" not in text:
            return Split(text, "")
        return self._split(self._held + text)

    def flush(self) -> Split:
        """The end of the answer: what was held back after all is text."""
        held, self._held = self._held, ""
        return Split("", held) if self._inside else Split(held, "")

    def _split(self, text: str) -> Split:
        answer: list[str] = []
        reasoning: list[str] = []
        while True:
            tag = _TAGS[self._inside]
            position = text.lower().find(tag)
            found = position >= 0
            end = position if found else len(text) - _could_start(text, tag)
            self._add(text[:end], answer, reasoning)
            if not found:
                self._held = text[end:]
                return Split("".join(answer), "".join(reasoning))
            self._inside = not self._inside
            self._strip_answer = not self._inside
            text = text[end + len(tag) :]

    def _add(self, text: str, answer: list[str], reasoning: list[str]) -> None:
        if self._inside:
            reasoning.append(text)
            return
        if self._strip_answer:  # the blank lines between reasoning and answer belong to neither
            text = text.lstrip()
            self._strip_answer = not text
        answer.append(text)


def _could_start(text: str, tag: str) -> int:
    """The length of the longest end of `text` that a tag could start with."""
    lowered = text[-len(tag) :].lower()
    return next((size for size in range(min(len(tag) - 1, len(lowered)), 0, -1) if tag.startswith(lowered[-size:])), 0)
