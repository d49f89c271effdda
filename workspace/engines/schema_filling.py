"""Values for a JSON schema, taken from a text: what is named there, typed as the schema says.

It finds "name: value" and "the name is value", e-mail addresses, URLs and dates, numbers by the words around them,
names by their capitals, choices by mention or else by likeness, and arithmetic. What it cannot find is left out where
the schema allows, and is the type's zero ("", 0, false, []) where it is required.
"""

import re
from collections.abc import Callable
from typing import Any

from workspace.engines.conversation import sentences

type Schema = dict[str, Any]
type Likeness = Callable[[str, list[str]], list[float]]

_DEEPEST = 6
_NOT_THERE = object()

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?")
_WORD_NUMBERS = {
    word: value
    for value, word in enumerate(
        re.findall(r"\w+", "zero one two three four five six seven eight nine ten eleven twelve")
    )
}
_FORMATS = {
    "email": re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w"),
    "uri": re.compile(r"https?://[^\s<>\"')\]]*[^\s<>\"')\].,;!?]"),
    "date": re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}"),
    "time": re.compile(r"\b\d{1,2}:\d{2}\b"),
    "phone": re.compile(r"\+?\d[\d ()/-]{6,}\d"),
    "arithmetic": re.compile(r"[-(\d][\d\s.()]*(?:(?:\*\*|//|[-+*/%^])[\d\s.()]+)+"),
}
_OTHER_DIGITS = re.compile("|".join(_FORMATS[one].pattern for one in ("email", "uri", "date", "time")))
_HINTS = (
    (re.compile(r"e-?mail", re.I), "email"),
    (re.compile(r"\b(ur[il]|link|website)\b", re.I), "uri"),
    (re.compile(r"\bdate\b|\bday\b", re.I), "date"),
    (re.compile(r"\btime\b", re.I), "time"),
    (re.compile(r"phone", re.I), "phone"),
    (re.compile(r"expression|arithmetic|formula|calculat", re.I), "arithmetic"),
)
_WHOLE_TEXT = re.compile(r"\b(text|query|question|prompt|message|content|input|sentence|summary|answer|reason)\b", re.I)
_QUOTED = re.compile(r"[\"“«「]([^\"”»」]+)[\"”»」]")
_NAME = re.compile(r"\b[A-ZÀ-Þ][\w'-]*(?:\s+(?:(?:de|of|the|van|von|la)\s+)?[A-ZÀ-Þ][\w'-]*)*")
_NOT_A_NAME = re.compile(
    r"(?:a|an|and|at|can|could|do|does|for|from|give|he|her|his|how|i|i'm|if|in|is|it|its|list|make|my|no|of|on|one|or|"
    r"our|please|she|send|show|tell|that|the|their|there|they|this|to|we|what|when|where|which|who|why|will|with|would|"
    r"yes|you|your|order|find|book|search|look|turn|get|set|add|call|use|write|say)",
    re.I,
)
_AFTER_PREPOSITION = re.compile(
    r"\b(?:in|at|for|from|near|about|to)\s+(?:the\s+)?([\w'-]+(?:\s+[\w'-]+)?)\s*(?=[.,;!?]|$)", re.I
)
_DENIED = re.compile(r"\b(no|not|never|without|none|cannot|nor)\b|n't\b", re.I)


class Filler:
    """`likeness` compares a text with others, as cosines."""

    def __init__(self, likeness: Likeness) -> None:
        self._likeness = likeness
        self._definitions: Schema = {}
        self._used: set[int] = set()

    def fill(self, schema: Schema, text: str, *, context: str = "") -> Any:
        """A value for the whole schema: from the text, else from the context, else the zero of its type."""
        self._definitions = {**schema.get("definitions", {}), **schema.get("$defs", {})}
        value = self._value(schema, "", context or text, 0, required=True)
        return self._zero(schema, context or text, 0) if value is _NOT_THERE else value

    def arguments(self, schema: Schema, text: str) -> dict[str, Any] | None:
        """The arguments of a tool, or None if a required one is not in the text."""
        self._definitions = {**schema.get("definitions", {}), **schema.get("$defs", {})}
        found: dict[str, Any] = {}
        for name, property_ in schema.get("properties", {}).items():
            required = name in schema.get("required", [])
            value = self._value(property_, name, text, 1, required=required)
            if value is not _NOT_THERE:
                found[name] = value
            elif required:
                return None
        return found

    def _value(self, schema: Schema, name: str, text: str, depth: int, *, required: bool) -> Any:
        schema = self._resolved(schema)
        if depth > _DEEPEST:
            return _NOT_THERE
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._choice(schema["enum"], _label(name, schema), text, required=required)
        match _type(schema):
            case "object":
                return self._object(schema, text, depth)
            case "array":
                return self._array(schema, name, text, depth)
            case "integer" | "number" as kind:
                return self._number(kind, schema, name, text)
            case "boolean":
                return self._boolean(_label(name, schema), text)
            case "null":
                return None
            case _:
                return self._string(schema, name, text)

    def _resolved(self, schema: Schema) -> Schema:
        for _ in range(_DEEPEST):
            if "$ref" in schema:
                schema = self._definitions.get(str(schema["$ref"]).rpartition("/")[2], {})
            elif options := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
                schema = {**schema, **next((one for one in options if one.get("type") != "null"), {})}
                schema = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf", "allOf")}
            else:
                break
        return schema

    def _object(self, schema: Schema, text: str, depth: int) -> Any:
        required = schema.get("required", [])
        found: dict[str, Any] = {}
        for name, property_ in schema.get("properties", {}).items():
            value = self._value(property_, name, text, depth + 1, required=name in required)
            if value is not _NOT_THERE:
                found[name] = value
            elif name in required:
                found[name] = self._zero(property_, text, depth + 1)
        return found

    def _zero(self, schema: Schema, text: str, depth: int) -> Any:
        schema = self._resolved(schema)
        kind = _type(schema)
        if kind == "object":
            return self._object(schema, text, depth) if depth <= _DEEPEST else {}
        if kind in ("integer", "number"):
            return schema.get("minimum", 0)
        return {"array": [], "boolean": False, "null": None}.get(str(kind), "")

    def _choice(self, choices: list[Any], label: str, text: str, *, required: bool) -> Any:
        mentioned = [
            (found.start(), choice)
            for choice in choices
            if (found := re.search(rf"(?<!\w){re.escape(str(choice))}(?!\w)", text, re.I))
        ]
        if mentioned:
            return min(mentioned, key=lambda one: one[0])[1]
        if not required:
            return _NOT_THERE
        scores = self._likeness(text, [f"{label}: {_words(str(choice))}" for choice in choices])
        return choices[scores.index(max(scores))]

    def _array(self, schema: Schema, name: str, text: str, depth: int) -> Any:
        items = self._resolved(schema.get("items") or {})
        most = schema.get("maxItems", 100)
        if "enum" in items:
            mentioned = [one for one in items["enum"] if re.search(rf"(?<!\w){re.escape(str(one))}(?!\w)", text, re.I)]
            return mentioned[:most]
        match _type(items):
            case "integer" | "number" as kind:
                return [_typed(found[0], kind) for found in _NUMBER.finditer(text)][:most]
            case "object":
                each = [value for part in sentences(text) if any((value := self._object(items, part, depth)).values())]
                return each[:most]
            case _:
                stated = _stated(_label(name, schema), name, text, whole_line=True)
                listed = re.split(r"\s*[,;、，]\s*(?:and\s+)?|\s+and\s+", stated) if stated else _names(text)
                return [one.strip(" .") for one in listed if one.strip(" .")][:most]

    def _number(self, kind: str, schema: Schema, name: str, text: str) -> Any:
        lowest, highest = schema.get("minimum", float("-inf")), schema.get("maximum", float("inf"))
        text = _OTHER_DIGITS.sub(lambda found: "_" * len(found[0]), text)
        found = [(one.start(), one.end(), _typed(one[0], kind)) for one in _NUMBER.finditer(text)]
        found += [
            (one.start(), one.end(), _WORD_NUMBERS[one[0].lower()])
            for one in re.finditer(r"\b(?:" + "|".join(_WORD_NUMBERS) + r")\b", text, re.I)
        ]
        found = [one for one in sorted(found) if lowest <= one[2] <= highest]
        free = [one for one in found if one[0] not in self._used] or found
        if not free:
            return _NOT_THERE
        label = _label(name, schema)
        wanted = set(_words(label).lower().split())
        around = [(_before(text, start), _after(text, end)) for start, end, _ in free]
        scores = self._likeness(label, [f"{before} {after}" for before, after in around])
        for at, (before, after) in enumerate(around):
            near = {_stem(word) for word in re.findall(r"\w+", f"{before} {after}".lower())}
            scores[at] += 0.5 * len(near & {_stem(word) for word in wanted})
        start, _, value = free[scores.index(max(scores))]
        self._used.add(start)
        return value

    def _boolean(self, label: str, text: str) -> Any:
        parts = sentences(text)
        if not parts:
            return _NOT_THERE
        scores = self._likeness(label, parts)
        wanted = {_stem(word) for word in _words(label).lower().split() if len(word) > 3}
        for at, part in enumerate(parts):
            scores[at] += 0.3 * len(wanted & {_stem(word) for word in re.findall(r"\w+", part.lower())})
        best = scores.index(max(scores))
        return _NOT_THERE if scores[best] < 0.3 else not _DENIED.search(parts[best])

    def _string(self, schema: Schema, name: str, text: str) -> Any:
        label = _label(name, schema)
        format_ = schema.get("format") or next((kind for hint, kind in _HINTS if hint.search(_words(label))), None)
        pattern = _FORMATS.get({"date-time": "date"}.get(str(format_), str(format_)))
        if pattern and (found := pattern.search(text)):
            return found[0].strip()
        if stated := _stated(label, name, text):
            return stated
        if quoted := _QUOTED.search(text):
            return quoted[1]
        if schema.get("format") or format_ in ("email", "uri", "phone", "arithmetic"):
            return _NOT_THERE
        if _WHOLE_TEXT.search(_words(name) or _words(label)):
            after_colon = re.search(r":\s+(\S.*)", text, re.DOTALL)
            return after_colon[1].strip() if after_colon else text.strip() or _NOT_THERE
        if names := _names(text):
            scores = self._likeness(label, names)
            return names[scores.index(max(scores))]
        if placed := _AFTER_PREPOSITION.search(text):
            return placed[1]
        parts = sentences(text)
        scores = self._likeness(label, parts)
        return parts[scores.index(max(scores))] if scores and max(scores) >= 0.2 else _NOT_THERE


def _type(schema: Schema) -> str | None:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    return "object" if kind is None and "properties" in schema else kind


def _label(name: str, schema: Schema) -> str:
    return f"{_words(name)} {schema.get('description') or schema.get('title') or ''}".strip()


def _words(name: str) -> str:
    """ "firstName" and "first_name" as "first name"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[_-]+", " ", name)


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _typed(number: str, kind: str) -> int | float:
    value = float(number.replace(",", ""))
    return int(value) if kind == "integer" or value.is_integer() else value


def _before(text: str, at: int) -> str:
    return " ".join(re.split(r"[.!?\n]\s", text[:at])[-1].split()[-3:])


def _after(text: str, at: int) -> str:
    return " ".join(re.split(r"[.!?,\n]", text[at:])[0].split()[:2])


def _stated(label: str, name: str, text: str, *, whole_line: bool = False) -> str | None:
    """What a text says outright: "name: value", "name = value", "name is value"."""
    words = _words(name)
    if not words.strip():
        return None
    end = r"([^\n]+?)(?=[.!?](?:\s|$)|\n|$)" if whole_line else r"([^\n.,;!?]+(?:[.,]\w[^\n.,;!?]*)*)"
    found = re.search(rf"\b{re.escape(words)}s?\s*(?::|=|\bis\b|\bare\b|\bwas\b)\s*{end}", text, re.I)
    return found[1].strip(" \"'") or None if found else None


def _names(text: str) -> list[str]:
    """Runs of capitalised words, without those that only begin a sentence."""
    found = []
    for match in _NAME.finditer(text):
        words = match[0].split()
        while words and _NOT_A_NAME.fullmatch(words[0]):
            words = words[1:]
        if words:
            found.append(" ".join(words))
    return list(dict.fromkeys(found))
