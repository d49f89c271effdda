"""Whether a model is to think before it answers, as Dify's providers take it.

Each provider has a name of its own for it: `enable_thinking` (Qwen and what serves it) or `thinking` (Anthropic,
DeepSeek, Moonshot, Zhipu, ...), and Dify drops the names that a model does not have. Source: the parameter rules in
`langgenius/dify-official-plugins`, `models/*/models/llm/*.yaml`.
"""

from typing import Any

_IN_WORDS = frozenset({"ant_ling", "mimo", "volcengine", "volcengine_maas"})
"""Providers whose `thinking` is a text, "enabled" or "disabled"."""
_OTHER_NAMES = {"gemini": "thinking_mode", "ollama": "think", "xinference": "think"}
_BUDGETS = frozenset({"bedrock", "cometapi", "deerapi", "openrouter"})
"""Providers that call it `reasoning_budget`."""
_OF_GEMINI = ("thinking_level", {"minimal": "Low", "low": "Low", "high": "High", "xhigh": "High"})
_LEVELS = {
    "anthropic": ("effort", {word: word for word in ("low", "medium", "high")}),
    "gemini": _OF_GEMINI,
    "ollama": ("think_level", {word: word for word in ("low", "medium", "high")}),
    "vertex_ai": _OF_GEMINI,
}
"""What providers call an effort that others call `reasoning_effort`, and their words for it that all their models have.
Ollama's outweighs its `think`."""


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
        if name in _BUDGETS:
            found["reasoning_budget"] = budget
    level, words = _LEVELS.get(name, ("", {}))
    if effort in words and enabled is not False:
        found[level] = words[effort]
    elif name == "ollama" and enabled is not None:
        found[level] = None
    return found
