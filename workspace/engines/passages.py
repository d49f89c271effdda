"""A folder of texts as a knowledge base: its paragraphs, found by the words that they share with a query.

It knows no meaning, which is for a reranking to add. Nothing is indexed: the texts are read once.
"""

import zlib
from pathlib import Path
from typing import NamedTuple

from workspace.engines.lexical import Lexical

ENDINGS = (".txt", ".md")


class Passage(NamedTuple):
    document: str
    """The name of its file."""
    position: int
    """Among the paragraphs of its document, from 1."""
    text: str

    @property
    def id(self) -> str:
        return f"{zlib.crc32(f'{self.document} {self.position}'.encode()):08x}"


class Passages:
    """Of the texts in a folder, those in its folders too. Raises OSError, and ValueError where there are none."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())
        self._passages = [
            Passage(path.name, position, text)
            for path in files
            for position, text in enumerate(_paragraphs(path.read_text(encoding="utf-8")), start=1)
        ]
        if not self._passages:
            raise ValueError(f"there is no text in it; it takes files that end with {' or '.join(ENDINGS)}")
        self._lexical = Lexical()
        self._vectors = self._lexical.embed([passage.text for passage in self._passages]).vectors

    def find(self, query: str, *, most: int, threshold: float = 0.0) -> list[tuple[Passage, float]]:
        """The nearest, best first, each with its score from 0 to 1."""
        [wanted] = self._lexical.embed([query]).vectors
        scores = [max(0.0, sum(a * b for a, b in zip(wanted, vector, strict=True))) for vector in self._vectors]
        best = sorted(zip(self._passages, scores, strict=True), key=lambda found: -found[1])
        return [(passage, score) for passage, score in best[:most] if score >= threshold]


def _paragraphs(text: str) -> list[str]:
    """What blank lines part; a text without any is parted into its lines."""
    parts = text.replace("\r\n", "\n").split("\n\n" if "\n\n" in text.strip() else "\n")
    return [part.strip() for part in parts if part.strip()]
