"""Whether a model is to think before it answers, as Dify's providers take it.

Each provider has a name of its own for it: `enable_thinking` (Qwen and what serves it) or `thinking` (Anthropic,
DeepSeek, Moonshot, Zhipu, ...), and Dify drops the names that a model does not have. Source: the parameter rules in
`langgenius/dify-official-plugins`, `models/*/models/llm/*.yaml`.
"""

from typing import Any

_IN_WORDS = frozenset({"ant_ling", "mimo", "volcengine", "volcengine_maas"})
"""Providers whose `thinking` is a text, "enabled" or "disabled"."""
_OTHER_NAMES = {"gemini": "thinking_mode", "ollama": "think", "xinference": "think"}
_LEVELS = ("low", "medium", "high")
"""Ollama's; one that is set outweighs its `think`."""


def thinking_parameters(
    enabled: bool | None,  # noqa: FBT001 - what it is all about
    *,
    budget: int | None = None,
    effort: str | None = None,
    provider: str,
) -> dict[str, Any]:
    """Parameters of a model of this provider; `None` leaves its default. `budget` is in tokens, `effort` is a word.

    A value of None among them takes away what is set with the model.
    """
    name = provider.rpartition("/")[2]
    found: dict[str, Any] = {}
    if enabled is not None:
        word = "enabled" if enabled else "disabled"
        found = {"enable_thinking": enabled, "thinking": word if name in _IN_WORDS else enabled}
        if other := _OTHER_NAMES.get(name):
            found[other] = enabled
    if budget is not None:
        found["thinking_budget"] = budget
    if name == "ollama" and (effort in _LEVELS or enabled is not None):
        found["think_level"] = effort if effort in _LEVELS and enabled is not False else None
    return found
