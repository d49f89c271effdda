"""The wire form of `POST /v1/embeddings` (OpenAI API reference, "Create embeddings")."""

import base64
import struct
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from dify_plugin.entities.model import EmbeddingInputType
from dify_plugin.entities.model.text_embedding import TextEmbeddingResult
from pydantic import BaseModel, BeforeValidator

from endpoints.openai.wire.texts import Text, Texts
from switchboard.errors import InvalidInput


def _without_tokens(value: object) -> object:
    if _are_tokens(value):
        raise ValueError(
            "it holds numbers of tokens, and models in Dify take text alone. Send text; LangChain's OpenAIEmbeddings "
            "does so with check_embedding_ctx_length=False"
        )
    return value


def _are_tokens(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], int | list)


class EmbeddingsRequest(BaseModel, defer_build=True):
    input: Annotated[Text | Texts, BeforeValidator(_without_tokens)]
    model: str | None = None
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: int | None = None
    input_type: Literal["document", "search_document", "passage", "query", "search_query"] | None = None
    """An extra that OpenAI does not have, in the words of Cohere, Voyage and NVIDIA."""

    @property
    def texts(self) -> list[str]:
        return [self.input] if isinstance(self.input, str) else self.input

    @property
    def dify_input_type(self) -> EmbeddingInputType:
        """A document where nothing is said: so does Dify's own API, and equal texts get equal vectors."""
        is_query = self.input_type in ("query", "search_query")
        return EmbeddingInputType.QUERY if is_query else EmbeddingInputType.DOCUMENT


def check_dimensions(wanted: int | None, *, found: int, model: str) -> None:
    """Raises InvalidInput if the vectors are of another length than the request wants: Dify passes no wish on."""
    if wanted is not None and wanted != found:
        raise InvalidInput(
            f"The vectors of {model} have {found:,} dimensions, and Dify lets nobody choose another number. Leave "
            f"`dimensions` out, or send {found}.",
            field="dimensions",
        )


def embeddings_reply(result: TextEmbeddingResult, *, model: str, encoding_format: str | None) -> dict[str, Any]:
    """One vector for each text, in the order of the texts."""
    encode = _base64 if encoding_format == "base64" else list
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": encode(vector)}
            for index, vector in enumerate(result.embeddings)
        ],
        "model": model,
        "usage": {"prompt_tokens": result.usage.tokens, "total_tokens": result.usage.total_tokens},
    }


def _base64(vector: Sequence[float]) -> str:
    """As float32, little endian."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
