"""What Dify sends back, and files as Dify hands them over: building blocks for the tests."""

import base64
from collections.abc import Sequence
from typing import Any

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=")


def llm_usage(total_tokens: int) -> dict[str, Any]:
    prices = dict.fromkeys(
        [
            "prompt_unit_price",
            "prompt_price_unit",
            "prompt_price",
            "completion_unit_price",
            "completion_price_unit",
            "completion_price",
            "total_price",
        ],
        "0",
    )
    tokens = {"prompt_tokens": total_tokens - 1, "completion_tokens": 1, "total_tokens": total_tokens}
    return {**prices, **tokens, "currency": "USD", "latency": 0.5}


def llm_chunk(
    content: Any,
    *,
    tool_calls: Sequence[dict[str, Any]] = (),
    finish_reason: str | None = None,
    total_tokens: int | None = None,
) -> dict[str, Any]:
    """One event of `model.llm` as the daemon forwards it."""
    return {
        "model": "test-model",
        "prompt_messages": [],
        "system_fingerprint": None,
        "delta": {
            "index": 0,
            "message": {"role": "assistant", "content": content, "name": None, "tool_calls": list(tool_calls)},
            "usage": llm_usage(total_tokens) if total_tokens else None,
            "finish_reason": finish_reason,
        },
    }


def tool_call(name: str, arguments: str, *, id: str = "") -> dict[str, Any]:  # noqa: A002 - the name on the wire
    """A call of a function, or a fragment of one, for `tool_calls` of a chunk."""
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def file_at(url: str, filename: str, *, type: str) -> dict[str, Any]:  # noqa: A002 - the name on the wire
    """A file parameter's value; `type` is image, document, audio, video or custom."""
    return {
        "dify_model_identity": "__dify__file__",
        "url": url,
        "mime_type": None,
        "filename": filename,
        "extension": "." + filename.rsplit(".")[-1],
        "size": -1,
        "type": type,
    }


def embedding(vectors: list[list[float]]) -> dict[str, Any]:
    """The one reply of `model.text_embedding`."""
    prices = {"unit_price": "0", "price_unit": "0", "total_price": "0", "currency": "USD", "latency": 0.5}
    return {"model": "test-model", "embeddings": vectors, "usage": {"tokens": 4, "total_tokens": 4, **prices}}


def reranked(*documents: tuple[int, float]) -> dict[str, Any]:
    """The one reply of `model.rerank`: documents as (index, score)."""
    found = [{"index": index, "text": f"document {index}", "score": score} for index, score in documents]
    return {"model": "test-model", "docs": found}
