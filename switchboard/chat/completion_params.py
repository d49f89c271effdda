"""The parameters of a language model: what the selector holds, and what a request wants instead."""

from collections.abc import Collection, Mapping
from typing import Any

_OWN_NAMES = {
    "max_tokens": (
        "max_completion_tokens",
        "max_gen_len",
        "max_new_tokens",
        "max_output_tokens",
        "max_tokens_to_sample",
        "maxTokens",
        "num_predict",
    ),
    "top_p": ("p", "topP"),
    "presence_penalty": ("presencePenalty",),
    "frequency_penalty": ("frequencyPenalty",),
    "response_format": ("json_schema",),
}
"""Names that models have for a parameter of Dify's (`use_template` in a model's rules).

Dify takes a value under the common name too, but prefers the one under the model's own: a default there would win.
"""


def overridden(defaults: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a call. `wanted` has Dify's common names; None there takes the default away."""
    replaced = {*wanted, *(own for name in wanted for own in _OWN_NAMES.get(name, ()))}
    kept = {name: value for name, value in defaults.items() if name not in replaced}
    return kept | {name: value for name, value in wanted.items() if value is not None}


def given_way(
    parameters: Mapping[str, Any], refused: str, negotiable: Collection[str], *, most: float | None
) -> dict[str, Any]:
    """The parameters after the model has refused one of them, which it calls by its own name.

    If that is negotiable, it is lowered to `most`, or else left out.
    """
    name = next((common for common, own in _OWN_NAMES.items() if refused in own and common in parameters), refused)
    if name not in negotiable:
        return {**parameters}
    kept = {other: value for other, value in parameters.items() if other != name}
    value = parameters.get(name)
    if most is not None and isinstance(value, int | float) and value > most:
        kept[name] = int(most) if isinstance(value, int) else most
    return kept
