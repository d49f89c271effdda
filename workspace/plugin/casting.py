"""What Dify makes of a value that is no text, or empty, for a parameter of each type. It tells nobody what it has lost.

Source: Dify, `cast_parameter_value` in `core/plugin/entities/parameters.py`.
"""

from collections.abc import Callable
from typing import Any


class CastError(Exception):
    """Dify's own sentence."""


def cast_as_dify(kind: str, value: Any) -> Any:
    """A value that is no text, None and "" too, in the type that the plugin gets. Raises CastError."""
    casting: Callable[[Any], Any] = _CASTS.get(kind, _text)
    return casting(value)


def _text(value: Any) -> str:
    return "" if value is None else str(value)  # lists and objects as Python writes them


def _boolean(value: Any) -> bool:
    return bool(value)


def _number(value: Any) -> Any:
    return value if isinstance(value, int | float) else None


def _one(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    if len(value) != 1:
        raise CastError("This parameter only accepts one file but got multiple files while invoking.")
    return value[0]


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _selector(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise CastError("The selector must be a dictionary.")
    return value


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _any(value: Any) -> Any:
    if value and not isinstance(value, str | dict | list | int | float):
        raise CastError("The var selector must be a string, dictionary, list or number.")  # a file is none of them
    return value


def _as_it_is(value: Any) -> Any:
    return value


_CASTS: dict[str, Callable[[Any], Any]] = {
    "boolean": _boolean,
    "number": _number,
    "file": _one,
    "files": _several,
    "system-files": _several,
    "model-selector": _selector,
    "app-selector": _selector,
    "array": _several,
    "object": _object,
    "any": _any,
    "date-range": _as_it_is,
}
