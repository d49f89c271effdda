"""Reading tool parameters: each function returns a usable value or raises `InvalidInput` with a sentence.

Dify sends text for most types, leaves unset parameters out or sends `None` or "", and lets a workflow's template put
anything into a text field, so nothing is taken for granted here.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from dify_plugin.file.file import File

from switchboard.errors import InvalidInput

_LINE_END = re.compile(r"\r\n|\r|\n")
_ELSEWHERE = frozenset({"$ref", "allOf", "anyOf", "oneOf", "additionalProperties", "patternProperties"})
"""Where a JSON Schema can have its properties beside `properties`."""


def optional_text(parameters: Mapping[str, Any], name: str) -> str:
    """The text of a parameter, "" if it is not set."""
    value = parameters.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidInput(f"`{name}` has to be text, not {_kind(value)}.")
    _check_utf8(name, value)
    return value


def required_text(parameters: Mapping[str, Any], name: str) -> str:
    """The text of a parameter that must hold more than white space."""
    value = optional_text(parameters, name)
    if not value.strip():
        raise InvalidInput(f"`{name}` is empty. Fill it in, or check the variable that it is taken from.")
    return value


def text_list(parameters: Mapping[str, Any], name: str) -> list[str]:
    """The texts of a parameter: a JSON array of strings, or one text per line (blank lines do not count).

    Returns [] if nothing is set. Text that starts with `[` is read as JSON, and refused where it is not.
    """
    value = parameters.get(name)
    if isinstance(value, str) and not value.lstrip().startswith("["):
        _check_utf8(name, value)
        return [line.strip() for line in _LINE_END.split(value) if line.strip()]
    if isinstance(value, str):
        value = _parse_json(name, value, hint=" Text that starts with [ is read as a JSON array.")
    if value is None:
        return []
    if not isinstance(value, list):
        raise InvalidInput(f"`{name}` has to be one text per line or a JSON array of strings, not {_kind(value)}.")
    for position, item in enumerate(value, start=1):
        if not isinstance(item, str):
            raise InvalidInput(f"`{name}` has to be an array of strings; item {position} is {_kind(item)}.")
        if not item.strip():
            raise InvalidInput(f"`{name}`: item {position} is empty. Remove it from the array.")
        _check_utf8(name, item)
    return value


def stop_sequences(parameters: Mapping[str, Any], name: str) -> list[str]:
    """What an answer shall end before: a JSON array of strings, or one per line. White space counts."""
    text = optional_text(parameters, name)
    if text.lstrip().startswith("["):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):  # a sequence such as [INST]
            value = None
        if isinstance(value, list):
            if not all(isinstance(item, str) and item for item in value):
                raise InvalidInput(f"`{name}` has to be an array of strings, none of them empty.")
            for item in value:
                _check_utf8(name, item)
            return value
    return [line for line in _LINE_END.split(text) if line]


def json_object(parameters: Mapping[str, Any], name: str, *, example: str = '{"city": "Lisbon"}') -> dict[str, Any]:
    """The JSON object of a parameter, {} if it is not set."""
    value = json_value(parameters, name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidInput(f"`{name}` has to be a JSON object such as {example}, not {_kind(value)}.")
    return value


def json_value(parameters: Mapping[str, Any], name: str) -> Any:
    """The JSON value of a parameter, given as such or as text; `None` if it is not set."""
    value = parameters.get(name)
    if isinstance(value, str):
        _check_utf8(name, value)
        return _parse_json(name, value) if value.strip() else None
    return value


def json_schema(parameters: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The JSON Schema of an object; what a model cannot fill in is refused."""
    schema = json_object(parameters, name, example='{"properties": {"city": {"type": "string"}}}')
    if not schema:
        raise InvalidInput(f"`{name}` is empty. Give the JSON Schema of the object that you want.")
    if schema.get("type", "object") != "object":
        raise InvalidInput(
            f'`{name}` has to describe an object ("type": "object"): Dify cannot hand over anything else. Put a list '
            "into a property."
        )
    properties, elsewhere = schema.get("properties", {}), not _ELSEWHERE.isdisjoint(schema)
    if not isinstance(properties, dict) or not (properties or elsewhere):
        raise InvalidInput(f"`{name}` has no `properties`, so there is nothing to fill in.")
    for key, value in properties.items():
        if not isinstance(value, dict | bool):
            raise InvalidInput(f"`{name}`: the property {key} has to be a schema, which is an object.")
    required = schema.get("required", [])
    if not isinstance(required, list) or not (elsewhere or set(map(str, required)) <= set(properties)):
        raise InvalidInput(f"`{name}`: `required` has to be an array of names of properties.")
    return {**schema, "type": "object"}


def optional_number(parameters: Mapping[str, Any], name: str) -> float | None:
    """A finite number, given as a number or as text; `None` if it is not set."""
    value = parameters.get(name)
    if value is None or value == "":
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise InvalidInput(f"`{name}` has to be a number.")
    return number


def optional_whole_number(parameters: Mapping[str, Any], name: str, *, minimum: int) -> int | None:
    """A whole number of at least `minimum`; `None` if it is not set."""
    number = optional_number(parameters, name)
    if number is None:
        return None
    if number != int(number) or number < minimum:
        raise InvalidInput(f"`{name}` has to be a whole number of at least {minimum}.")
    return int(number)


def choice(parameters: Mapping[str, Any], name: str, options: tuple[str, ...]) -> str:
    """One of the options; the first one if it is not set."""
    value = parameters.get(name) or options[0]
    if value not in options:
        raise InvalidInput(f"`{name}` has to be one of {', '.join(options)}.")
    return str(value)


def files(parameters: Mapping[str, Any], name: str) -> list[File]:
    """The files of a file or files parameter, [] if it is not set."""
    value = parameters.get(name)
    if value is None or value == "":
        return []
    found = value if isinstance(value, list) else [value]
    for item in found:
        if not isinstance(item, File):
            raise InvalidInput(f"`{name}` has to be a file, not {_kind(item)}. Choose a file variable.")
    return found


def required_file(parameters: Mapping[str, Any], name: str) -> File:
    """The one file of a file parameter that must be given, though Dify's agents forbid to declare it as required."""
    found = files(parameters, name)
    if not found:
        raise InvalidInput(f"`{name}` holds no file. Choose a file variable, or check that a file was uploaded.")
    if len(found) > 1:
        raise InvalidInput(f"`{name}` takes one file, and {len(found)} were given. Choose one of them.")
    return found[0]


def _parse_json(name: str, text: str, *, hint: str = "") -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_number, parse_float=_finite)
    except json.JSONDecodeError as error:
        place = f"at line {error.lineno}, column {error.colno}"
        raise InvalidInput(f"`{name}` is not valid JSON: {error.msg} {place}.{hint}") from None
    except ValueError:  # also an integer with more digits than Python converts
        raise InvalidInput(f"`{name}` holds a number that JSON cannot carry.") from None
    except RecursionError:
        raise InvalidInput(f"`{name}` is not usable JSON: it is nested too deeply.") from None


def _finite(literal: str) -> float:
    number = float(literal)
    return number if math.isfinite(number) else _refuse_number(literal)


def _refuse_number(literal: str) -> NoReturn:
    raise ValueError(literal)


def _check_utf8(name: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            f"`{name}` holds half of a surrogate pair at character {error.start + 1}, which cannot be sent as UTF-8. "
            "Remove it, or replace it by U+FFFD."
        ) from None


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case dict():
            return "an object"
        case File():
            return "a file"
        case None:
            return "null"
        case _:
            return "something else"
