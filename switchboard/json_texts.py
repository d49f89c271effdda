"""Lists and objects out of texts, however a person, a model or another node has written them.

    ["a", "b"]                  JSON, also with line breaks and tabs within its strings
    ['a', {'score': None}]      as Python writes it, which Dify makes of a list that goes into a text parameter
    "[\"a\", \"b\"]"            as JSON within a JSON string
    ```json ... ```             in a code fence, with a language or without
    Here it is: ...             with words before or after, or what a model has thought, which are passed over

Everything that tools read as a list or an object is read here. What cannot be read is an InvalidInput that names the
parameter.
"""

import itertools
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from switchboard.errors import InvalidInput
from switchboard.python_texts import as_json

_FENCE = re.compile(r"(?P<fence>`{3,}|~{3,})[ \t]*(?P<language>[\w.+-]*)[ \t]*\r?\n?")
_BRACKET = re.compile(r"[\[{]")
_LIST_ON_ITS_OWN_LINE = re.compile(r"^[ \t]*(?=\[)", re.MULTILINE)
_KEY = re.compile(r"\{\s*[\"'}]")
_JSON_LANGUAGES = ("json", "jsonc", "json5")
_JSON_FENCE = re.compile(r"(?:`{3,}|~{3,})[ \t]*jsonc?5?\b", re.IGNORECASE)
_THOUGHT = re.compile(r"\s*<think>.*?</think>\s*", re.DOTALL | re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\r|\n")
_BLANK = re.compile(r"\s*(?:(?:`{3,}|~{3,})[ \t]*[\w.+-]*\s*)?")
_MOST_FENCES = 20
"""How many closing fences are tried for one that opens, and how many that open in vain."""

_decoder = json.JSONDecoder(strict=False)


class _Unreadable(Exception):
    """What is wrong, to go on "`name` "."""


def read(name: str, text: str) -> Any:
    """The value that a text holds; `None` for nothing but white space."""
    text = _unwrapped(text)
    if not text:
        return None
    try:
        if _BRACKET.match(text):
            return _first_value(text)
        if fenced := _fenced_values(text):
            return _only(fenced)
        bracket = _BRACKET.search(text)
        return _first_value(text[bracket.start() :]) if bracket else _value(text)
    except _Unreadable as problem:
        hint = ""
        if "Extra data" in str(problem):
            hint = " Give one list or object, and nothing behind it in the same line."
        elif _BRACKET.search(text) and "JSON:" in str(problem):
            hint = (
                " If a quotation mark or a backslash out of a variable breaks it, build the JSON in a Template node, "
                'with {{ text | tojson }} in place of "{{ text }}".'
            )
        raise InvalidInput(f"`{name}` {problem}{hint}") from None


def read_list(name: str, text: str) -> list[Any] | None:
    """The list that a text holds, `None` for a text of plain lines. An object is a list of one.

    Text that begins with `[` is a list, and refused where it cannot be read.
    """
    text = _unwrapped(text)
    if (inner := _inner_lines(text)) != text:
        found = read_list(name, inner)
        if found is not None or not _JSON_FENCE.match(text):
            return found
    try:
        if text.startswith("["):
            return _as_list(_first_value(text))
        if text.startswith("{"):
            return _list_of_objects(text)
        fenced = _fenced_list(text)
        return _list_after_words(text) if fenced is None else fenced
    except _Unreadable as problem:
        hint = " Text that starts with [ is read as a JSON array." if text.startswith("[") else ""
        raise InvalidInput(f"`{name}` {problem}{hint}") from None


def lines(text: str) -> list[str]:
    """The lines of a text that holds no list, without white space around them.

    Blank ones do not count, nor those that open or close a code fence, nor what a model has thought before.
    """
    return [line.strip() for line in _LINE_END.split(_unwrapped(text)) if not _BLANK.fullmatch(line)]


def _inner_lines(text: str) -> str:
    """The text without a code fence around the whole of it."""
    opening = _FENCE.match(text.strip())
    if not opening or not text.strip().endswith(opening["fence"]):
        return text
    inner = text.strip()[opening.end() : -len(opening["fence"])]
    return inner if "\n" in text.strip() and opening["fence"] not in inner else text


def _unwrapped(text: str) -> str:
    """The text without white space, a byte-order mark and what a model has thought; what it holds as a JSON string."""
    text = text.strip().removeprefix("\ufeff").strip()
    if thought := _THOUGHT.match(text):
        text = text[thought.end() :].rstrip()
    if text.startswith('"') and text.endswith('"'):
        with suppress(ValueError, RecursionError):
            inner = _decoder.decode(text)
            if isinstance(inner, str) and inner.lstrip().startswith(("[", "{", "```", "~~~")):
                return inner.strip()
    return text


def _value(text: str) -> Any:
    """JSON, or else what Python writes."""
    try:
        return _decoder.decode(text)
    except json.JSONDecodeError as error:
        found = as_json(text)
        if found is not None:
            with suppress(ValueError, RecursionError):  # it is neither: what is wrong with it as JSON is told
                return _decoder.decode(found)
        place = f"at line {error.lineno}, column {error.colno}"
        raise _Unreadable(f"is not valid JSON: {error.msg.removesuffix(' at')} {place}.") from None
    except ValueError:  # an integer with more digits than Python converts
        raise _Unreadable("holds a number that JSON cannot carry.") from None
    except RecursionError:
        raise _Unreadable("is not usable JSON: it is nested too deeply.") from None


def _first_value(text: str) -> Any:
    """The list or object that the text begins with. Words may follow it on lines of their own, no other value."""
    try:
        return _value(text)
    except _Unreadable:
        for end in _ends(text):
            rest = text[end:]
            if not _BRACKET.search(rest) and (rest.startswith(("\n", "\r")) or not rest.strip("`~ \t;.")):
                try:
                    return _value(text[:end])
                except _Unreadable:
                    continue
        raise


def _ends(text: str) -> list[int]:
    """Where a value at the beginning of the text may end: as JSON, or else at its last bracket."""
    ends = [text.rfind("]" if text.startswith("[") else "}") + 1]
    with suppress(ValueError, RecursionError):
        ends.insert(0, _decoder.raw_decode(text)[1])
    return [end for end in ends if 0 < end < len(text)]


def _fenced_values(text: str) -> list[Any]:
    """The lists and objects in code fences. One that is not closed, because a model was cut off, counts as well."""
    found: list[Any] = []
    position = failures = 0
    while failures < _MOST_FENCES and (opening := _FENCE.search(text, position)):
        position = opening.end()
        first_problem: _Unreadable | None = None
        for inside, end in _insides(text, opening):
            if not _BRACKET.match(inside):
                position = end
                break
            try:
                found.append(_value(inside))
                position = end
                break
            except _Unreadable as problem:
                first_problem = first_problem or problem
        else:
            failures += 1
            is_all = opening.start() == 0 and text.endswith(opening["fence"])
            if first_problem and (is_all or opening["language"].lower() in _JSON_LANGUAGES):
                raise first_problem
    return found


def _fenced_list(text: str) -> list[Any] | None:
    """The list in a code fence. An object that is none is no text either where the fence says that it holds JSON."""
    fenced = _fenced_values(text)
    if found := [value for value in map(_as_list, fenced) if value is not None]:
        return _only(found)
    if fenced and _JSON_FENCE.search(text):
        raise _Unreadable("is an object that holds no list of texts.")
    return None


def _only[T](found: list[T]) -> T:
    if len(found) > 1:
        raise _Unreadable("holds several lists or objects. Give one.")
    return found[0]


def _insides(text: str, opening: re.Match[str]) -> Iterator[tuple[str, int]]:
    """What may stand in a fence, to its first closing or a later one (a string can hold a fence), and where it ends."""
    closings = (each for each in _FENCE.finditer(text, opening.end()) if each["fence"] == opening["fence"])
    closing = None
    for closing in itertools.islice(closings, _MOST_FENCES):
        yield text[opening.end() : closing.start()].strip(), closing.end()
    if closing is None:
        yield text[opening.end() :].strip(), len(text)


def _list_of_objects(text: str) -> list[Any] | None:
    """Of a text that begins with an object: that one, or one on each line."""
    try:
        value = _value(text)
    except _Unreadable as problem:
        return _objects_on_lines(text, problem)
    found = _as_list(value)
    if found is None and "\n" in text:
        raise _Unreadable("is an object that holds no list of texts.")
    return found


def _objects_on_lines(text: str, problem: _Unreadable) -> list[Any] | None:
    try:
        lines = [_value(line) for line in text.split("\n") if line.strip()]
    except _Unreadable:
        with suppress(_Unreadable):  # with commas between them
            lines = _value(f"[{text.rstrip(', ')}]")
            return lines if all(isinstance(line, dict) and has_text(line) for line in lines) else None
        try:
            return _as_list(_first_value(text))
        except _Unreadable:
            if "\n" in text and _KEY.match(text):  # an object over several lines
                raise problem from None
            return None
    return lines if all(isinstance(line, dict) and has_text(line) for line in lines) else None


def _list_after_words(text: str) -> list[Any] | None:
    """A list of texts or objects that follows a line of words which ends with a colon."""
    found = _LIST_ON_ITS_OWN_LINE.search(text)
    colon = re.search(r"[:：][ \t]*(?=\[)", text) if found is None and "\n" not in text else None
    if not (found or colon):
        return None
    at = (found or colon).end()  # type: ignore[union-attr] # one of them is there
    try:
        value = _first_value(text[at:])
    except _Unreadable:
        return None
    if not isinstance(value, list) or not value or not all(isinstance(item, str | dict) for item in value):
        return None
    if text[:at].rstrip().endswith((":", "：")):
        return value
    raise _Unreadable("holds a JSON array between lines of text. Give the array alone, or one text a line.")


def has_text(item: dict[str, Any]) -> bool:
    """Whether an object is one of a list of texts: `content` is what Dify's Knowledge Retrieval calls it."""
    return isinstance(item.get("content"), str) or isinstance(item.get("text"), str)


def _as_list(value: Any) -> list[Any] | None:
    """A list as it is; an object that is a text; what an object holds that holds one list and nothing else."""
    match value:
        case list():
            return value
        case dict() if has_text(value):
            return [value]
        case dict() if len(value) == 1 and isinstance(only := next(iter(value.values())), list):
            return only
    return None
