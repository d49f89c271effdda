"""Moderation by a list of words (better-profanity's): it knows swear words and their common disguises, not meaning.

The list and the disguises are the package's. Its own search compares each word with each entry, which takes minutes for
a long text; here the entries are patterns by their length, and each distinct candidate is looked up once.
"""

import re
import threading
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

MOST_JOINED = 6
"""Words that may make up one entry, as in "s.h.i.t", joined as they stand or without what is between them."""

_BREAK = re.compile(
    r"(?<=\w\w)[.!?]+\s"  # the end of a sentence
    r"|(?<!\w)\d+(?:[.,]\d+)+(?!\w)"  # a number: "1.0 in" is no word written apart
)

_loading = threading.Lock()


class _List(NamedTuple):
    entries: dict[int, re.Pattern[str]]
    letters: frozenset[str]


def flagged(text: str) -> bool:
    """Whether a word of the list, or one written like it ("sh1t"), is in the text. The list is English."""
    with _loading:
        entries, letters = _list()
    candidates = {word for part in _BREAK.split(text) for word in _candidates(part, letters, longest=max(entries))}
    return any(len(word) in entries and entries[len(word)].fullmatch(word) for word in candidates)


@cache
def _list() -> _List:
    from better_profanity import Profanity

    profanity = Profanity()
    by_length: dict[int, list[str]] = {}
    for entry in map(str, profanity.CENSOR_WORDSET):
        pattern = "".join(f"[{re.escape(''.join(profanity.CHARS_MAPPING.get(letter, letter)))}]" for letter in entry)
        by_length.setdefault(len(entry), []).append(pattern)
    entries = {length: re.compile("|".join(patterns)) for length, patterns in by_length.items()}
    return _List(entries, frozenset(profanity.ALLOWED_CHARACTERS))


def _candidates(text: str, letters: frozenset[str], *, longest: int) -> Iterator[str]:
    """Each word, and each run of words with and without what is between them."""
    words = list(_words(text, letters))
    for at, (_, word) in enumerate(words):
        joined = as_written = word
        yield word
        for between, following in words[at + 1 : at + MOST_JOINED]:
            joined += following
            as_written += between + following
            if len(joined) > longest:
                break
            yield joined
            if len(as_written) <= longest:
                yield as_written


def _words(text: str, letters: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The words in lower case, each after what stands between it and the one before."""
    between = word = ""
    for character in f"{text}\n":
        if character in letters:
            word += character
        elif word:
            yield between, word.lower()
            between, word = character, ""
        else:
            between += character
