"""Reading tool parameters: each function returns a usable value or raises `InvalidInput` with a sentence.

Dify sends text for most types, leaves unset parameters out or sends `None` or "", and lets a workflow's template put
anything into a text field, so nothing is taken for granted here.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from dify_plugin.file.file import File

from switchboard import json_texts
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
    """The texts of a parameter: one a line, or a list of texts or of objects with a text.

    Returns [] if nothing is set. A list comes as such or as text, see `json_texts`; of an object `content` is taken, or
    else `text`, as a Knowledge Retrieval node and a reranking name it.
    """
    items = lines_or_items(parameters, name)
    return [_text_of(name, position, item) for position, item in enumerate(items, start=1)]


def lines_or_items(parameters: Mapping[str, Any], name: str) -> list[Any]:
    """The same before its items are looked at: lines without white space around them, or what a list holds."""
    value = parameters.get(name)
    if isinstance(value, str):
        _check_utf8(name, value)
        items = json_texts.read_list(name, value)
        if items is not None:
            return items
        return json_texts.lines(value)
    if value is None:
        return []
    if isinstance(value, dict) and json_texts.has_text(value):
        return [value]
    if not isinstance(value, list):
        raise InvalidInput(f"`{name}` has to be one text per line or a JSON array of strings, not {_kind(value)}.")
    return value


def chosen_texts(parameters: Mapping[str, Any], *, listed: str, typed: str) -> list[str]:
    """The texts of the list variable in `listed`, which may be none at all, or else those in `typed`.

    Raises InvalidInput where neither is set. Where nothing is chosen, Dify sends nothing, `[null]` or `[""]`.
    """
    chosen = parameters.get(listed)
    if chosen not in (None, "", [None], [""]):
        if isinstance(chosen, list) and len(chosen) == 1 and isinstance(chosen[0], str):
            inner = json_texts.read_list(listed, chosen[0]) if _looks_like_a_list(chosen[0]) else None
            chosen = chosen if inner is None else inner  # a list typed as text, which Dify puts into a list
        return text_list({listed: chosen}, listed)
    texts = text_list(parameters, typed)
    if not texts:
        raise InvalidInput(
            f"`{typed}` is empty, and no list is chosen in `{listed}`. Give one text a line or a JSON array of strings "
            f"in `{typed}`, or choose a list variable in `{listed}`."
        )
    return texts


def stop_sequences(parameters: Mapping[str, Any], name: str) -> list[str]:
    """What an answer shall end before: a JSON array of strings, or one per line. White space counts."""
    value = parameters.get(name)
    text = "" if isinstance(value, list) else optional_text(parameters, name)
    try:
        found = value if isinstance(value, list) else json_texts.read_list(name, text)
    except InvalidInput:  # a sequence such as [INST]
        found = None
    if found is None:
        return [line for line in _LINE_END.split(text) if line]
    if not all(isinstance(item, str) and item for item in found):
        raise InvalidInput(
            f"`{name}` has to be an array of strings, none of them empty. A variable of the type Array[String] fits."
        )
    for item in found:
        _check_utf8(name, item)
    return found


def json_object(parameters: Mapping[str, Any], name: str, *, example: str = '{"city": "Lisbon"}') -> dict[str, Any]:
    """The JSON object of a parameter, {} if it is not set."""
    value = json_value(parameters, name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        fits = " A variable of the type Object fits." if isinstance(value, list) else ""
        raise InvalidInput(f"`{name}` has to be a JSON object such as {example}, not {_kind(value)}.{fits}")
    return value


def json_value(parameters: Mapping[str, Any], name: str) -> Any:
    """The JSON value of a parameter, given as such or as text; `None` if it is not set."""
    value = parameters.get(name)
    if isinstance(value, str):
        _check_utf8(name, value)
        value = json_texts.read(name, value)
    try:
        _check_utf8(name, json.dumps(value, ensure_ascii=False, allow_nan=False, default=str))
    except ValueError:
        raise InvalidInput(f"`{name}` holds a number that JSON cannot carry.") from None
    except RecursionError:
        raise InvalidInput(f"`{name}` is nested too deeply.") from None
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


def _text_of(name: str, position: int, item: Any) -> str:
    """What an item of a list says. An object says its `content`, or its `text` where there is none."""
    text = item
    if isinstance(item, dict):
        text = next((item[key] for key in ("content", "text") if isinstance(item.get(key), str) and item[key]), None)
        if text is None:
            raise InvalidInput(
                f"`{name}` has to be an array of strings; item {position} is an object without `content` or `text`. "
                "Lists of texts fit, the result of a Knowledge Retrieval node, and the documents of a reranking."
            )
    if not isinstance(text, str):
        raise InvalidInput(f"`{name}` has to be an array of strings; item {position} is {_kind(text)}.")
    if not text.strip():
        raise InvalidInput(f"`{name}`: item {position} is empty. Remove it from the array.")
    _check_utf8(name, text)
    return text


def _looks_like_a_list(text: str) -> bool:
    return text.lstrip().startswith(("[", "```", "~~~"))


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
