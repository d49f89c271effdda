"""The stand-in for MiniLM where its package is not installed: it compares letters and words, not meaning.

A text becomes the hashed counts of its words and of their runs of three characters, as a unit-length vector. Texts that
share words are near each other; synonyms are not.
"""

import math
import re
import zlib
from collections.abc import Iterator, Sequence

from workspace.engines import Embedded

DIMENSIONS = 384

_WORD = re.compile(r"\w+")
_PIECE = re.compile(r"^\s+|(?:\w+|[^\w\s])\s*")


class Lexical:
    description = f"a lexical stand-in (hashed words and letters, {DIMENSIONS} numbers a text): it knows no meaning"

    def pieces(self, text: str) -> list[str]:
        """The text cut where its words and marks begin; joined they are the text."""
        return _PIECE.findall(text)

    def embed(self, texts: Sequence[str]) -> Embedded:
        """One vector a text, and the words that were read."""
        return Embedded([_vector(text) for text in texts], sum(len(_WORD.findall(text)) for text in texts))


def _vector(text: str) -> list[float]:
    vector = [0.0] * DIMENSIONS
    for feature, weight in _features(text.lower()):
        place = zlib.crc32(feature.encode(errors="replace"))
        vector[place % DIMENSIONS] += weight if place & 0x10000 else -weight
    length = math.sqrt(sum(number * number for number in vector))
    if not length:
        return [1.0] + [0.0] * (DIMENSIONS - 1)
    return [number / length for number in vector]


def _features(text: str) -> Iterator[tuple[str, float]]:
    for word in _WORD.findall(text):
        yield word, 1.0
        marked = f"<{word}>"
        for start in range(len(marked) - 2):
            yield "3:" + marked[start : start + 3], 0.4
