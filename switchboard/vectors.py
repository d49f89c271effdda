"""What an embedding model makes of texts."""

import math
from collections.abc import Sequence

from switchboard.errors import NoAnswer


def check_vectors(vectors: Sequence[Sequence[float]], *, texts: int, model: str) -> None:
    """Raises NoAnswer unless there is a usable vector for each text, and all are of one length."""
    if len(vectors) != texts:
        raise NoAnswer(f"{model} returned {len(vectors):,} vectors for {texts:,} texts.")
    if not all(vectors) or len({len(vector) for vector in vectors}) > 1:
        raise NoAnswer(f"{model} returned vectors that are empty or differ in length.")
    if not all(all(map(math.isfinite, vector)) for vector in vectors):
        raise NoAnswer(f"{model} returned vectors that hold something other than numbers.")
