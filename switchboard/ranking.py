"""What a rerank model makes of documents."""

from collections.abc import Sequence

from dify_plugin.entities.model.rerank import RerankDocument

from switchboard.errors import NoAnswer

NO_THRESHOLD = -1e9
"""Below any score. Dify would turn a missing threshold into 0, and some models score in negative numbers."""


def ranked(found: Sequence[RerankDocument], *, given: int, model: str) -> list[RerankDocument]:
    """Each document that a model returned once, the best first; not every provider sorts.

    `given` is how many documents it was given. Raises NoAnswer if it returned one that is none of them.
    """
    if any(not 0 <= document.index < given for document in found):
        raise NoAnswer(f"{model} returned a document that it was not given.")
    by_index = {document.index: document for document in found}
    return sorted(by_index.values(), key=lambda document: document.score, reverse=True)
