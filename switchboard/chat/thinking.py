"""Whether a model is to think before it answers, as Dify's providers take it.

Each provider has a name of its own for it: `enable_thinking` (Qwen and what serves it) or `thinking` (Anthropic,
DeepSeek, Moonshot, Zhipu, ...), and Dify drops the names that a model does not have. Source: the parameter rules in
`langgenius/dify-official-plugins`, `models/*/models/llm/*.yaml`.
"""

from typing import Any

_IN_WORDS = frozenset({"ant_ling", "mimo", "volcengine"})
"""Providers whose `thinking` is a text, "enabled" or "disabled"."""
_OTHER_NAMES = {"gemini": "thinking_mode"}


def thinking_parameters(
    enabled: bool | None,  # noqa: FBT001 - what it is all about
    *,
    budget: int | None = None,
    provider: str,
) -> dict[str, Any]:
    """Parameters of a model of this provider; `None` leaves its default. `budget` is in tokens."""
    name = provider.rpartition("/")[2]
    found: dict[str, Any] = {}
    if enabled is not None:
        word = "enabled" if enabled else "disabled"
        found = {"enable_thinking": enabled, "thinking": word if name in _IN_WORDS else enabled}
        if other := _OTHER_NAMES.get(name):
            found[other] = enabled
    if budget is not None:
        found["thinking_budget"] = budget
    return found
