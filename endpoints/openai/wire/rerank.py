"""The wire form of `POST /v1/rerank` and `/v2/rerank` (API references of Cohere, v1 and v2 "Rerank", and of Jina).

One form serves them all. Cohere's v1 sends objects as documents, of which `rank_fields` count; its v2 and Jina send
strings or `{"text": ...}`. Limits such as `max_chunks_per_doc` are the provider's own affair in Dify and are ignored.
"""

import uuid
from collections.abc import Sequence
from typing import Annotated, Any

from dify_plugin.entities.model.rerank import RerankDocument
from pydantic import BaseModel, Field

from endpoints.http.fields import FilledListOf, ListOf
from endpoints.openai.wire.texts import Text
from switchboard.errors import InvalidInput


class RerankRequest(BaseModel, defer_build=True):
    query: Text
    documents: FilledListOf[Text | dict[str, Any]]
    model: str | None = None
    top_n: Annotated[int, Field(ge=1)] | None = None
    return_documents: bool | None = None
    rank_fields: ListOf[str] | None = None

    @property
    def texts(self) -> list[str]:
        """What the model gets of each document; raises InvalidInput for an object without a text."""
        return [
            document if isinstance(document, str) else self._text(document, position)
            for position, document in enumerate(self.documents)
        ]

    @property
    def wanted(self) -> int:
        """How many documents are to come back."""
        return min(self.top_n or len(self.documents), len(self.documents))

    def _text(self, document: dict[str, Any], position: int) -> str:
        fields = self.rank_fields or ["text"]
        values = [document[field] for field in fields if document.get(field)]
        if not values or not all(isinstance(value, str) for value in values):
            raise InvalidInput(
                f"The field `documents[{position}]` has to be text, or an object with text in {' or '.join(fields)}.",
                field=f"documents[{position}]",
            )
        return "\n".join(values)


def rerank_reply(
    request: RerankRequest, ranked: Sequence[RerankDocument], *, model: str, api_version: str
) -> dict[str, Any]:
    """The best documents by their places in the request. Dify counts no tokens here, so `usage` says 0."""
    results: list[dict[str, Any]] = []
    for document in ranked[: request.wanted]:
        result: dict[str, Any] = {"index": document.index, "relevance_score": document.score}
        if request.return_documents:
            given = request.documents[document.index]
            result["document"] = {"text": given} if isinstance(given, str) else given
        results.append(result)
    return {
        "id": str(uuid.uuid4()),
        "model": model,
        "results": results,
        "meta": {"api_version": {"version": api_version}},
        "usage": {"total_tokens": 0},
    }
