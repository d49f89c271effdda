"""What a call used, in the form of Dify's own records: prices are decimals written as text, always 0 here."""

from typing import Any

from workspace.engines import TokenCount


def llm_usage(tokens: TokenCount, *, latency: float = 0.0) -> dict[str, Any]:
    """`LLMUsage` of Dify: tokens, prices in USD, seconds."""
    return {
        "prompt_tokens": tokens.prompt,
        "prompt_unit_price": "0",
        "prompt_price_unit": "0",
        "prompt_price": "0",
        "completion_tokens": tokens.completion,
        "completion_unit_price": "0",
        "completion_price_unit": "0",
        "completion_price": "0",
        "total_tokens": tokens.prompt + tokens.completion,
        "total_price": "0",
        "currency": "USD",
        "latency": latency,
    }


def embedding_usage(tokens: int, *, latency: float = 0.0) -> dict[str, Any]:
    """`EmbeddingUsage` of Dify."""
    return {
        "tokens": tokens,
        "total_tokens": tokens,
        "unit_price": "0",
        "price_unit": "0",
        "total_price": "0",
        "currency": "USD",
        "latency": latency,
    }
