"""What the daemon does to the payload of a reverse invocation before Dify's API sees it.

It decodes the payload into a Go struct, validates the struct and writes it out again: unknown keys vanish, null and
missing become the zero value ("", 0, false; null for lists and maps), numbers for whole-number fields lose their
fraction. The texts of both kinds of failure were compared with the daemon's for every struct here. Near enough rather
than exact: numbers above 2**53 and lists of mixed values shown inside an error.
"""

from collections.abc import Iterator
from typing import Any

from workspace.dify.request_structs import REQUESTS, Field, Kind, Struct
from workspace.wire import DifyError

_ZERO: dict[Kind, Any] = {"string": "", "int": 0, "float64": 0.0, "bool": False}


def decode(invoke_type: str, payload: dict[str, Any]) -> dict[str, Any]:
    """The payload as Dify's API gets it. Raises `DifyError` with the daemon's text, one line for each failure."""
    struct = REQUESTS[invoke_type]
    problems: list[str] = []
    decoded = _decode_struct(struct, payload, "", problems)
    if problems:
        listed = "\n".join(f"* {problem}" for problem in sorted(problems))
        raise _refusal(f"error decoding map: {len(problems)} error(s) decoding:\n\n{listed}")
    failures = list(_validate(struct, decoded, struct.name))
    if failures:
        raise _refusal(f"error validating struct: {'\n'.join(failures)}")
    return decoded


def _refusal(text: str) -> DifyError:
    return DifyError(f"unmarshal backwards invoke request failed: {text}")


def _decode_struct(struct: Struct, given: dict[str, Any], path: str, problems: list[str]) -> dict[str, Any]:
    decoded: dict[str, Any] = {}
    for field in struct.fields:
        value = _decode(field, _lookup(given, field.key), f"{path}{field.key}", problems)
        if value or not field.omitted_if_empty:
            decoded[field.key] = value
    return decoded


def _lookup(given: dict[str, Any], key: str) -> object:
    """The value of a key; like the daemon's decoder, a key that differs in case alone is taken where no other is."""
    if key in given:
        return given[key]
    return next((value for name, value in given.items() if name.casefold() == key.casefold()), None)


def _decode(field: Field, value: Any, path: str, problems: list[str]) -> Any:
    match field.kind:
        case "any":
            return value
        case "struct" if isinstance(field.of, Struct):
            if value is not None and not isinstance(value, dict):
                problems.append(f"'{path}' expected a map, got '{_go_kind(value)}'")
                return {}
            return _decode_struct(field.of, value or {}, f"{path}.", problems)
        case "map":
            if value is not None and not isinstance(value, dict):
                problems.append(f"'{path}' expected a map, got '{_go_kind(value)}'")
            return value
        case "list" | "raw":
            if value is None:
                return None
            if not isinstance(value, list):
                problems.append(f"'{path}': source data must be an array or slice, got {_go_kind(value)}")
                return None
            return [_decode_item(field.of, item, f"{path}[{at}]", problems) for at, item in enumerate(value)]
        case kind:
            return _decode_scalar(kind, value, path, field.go_type if kind == "string" else kind, problems)


def _decode_item(of: Struct | Kind | None, item: Any, path: str, problems: list[str]) -> Any:
    if isinstance(of, Struct):
        return _decode(Field("", "", "struct", of=of), item, path, problems)
    return _decode_scalar(of or "any", item, path, str(of), problems)


def _decode_scalar(kind: Kind, value: Any, path: str, go_type: str, problems: list[str]) -> Any:
    if value is None:
        return _ZERO.get(kind)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    match kind:
        case "string" if isinstance(value, str):
            return value
        case "bool" if isinstance(value, bool):
            return value
        case "int" if number and abs(value) < 2**63:
            return int(value)
        case "float64" if number:
            return value
        case "any":
            return value
    problems.append(
        f"'{path}' expected type '{go_type}', got unconvertible type '{_go_type(value)}', value: '{_go_value(value)}'"
    )
    return _ZERO.get(kind)


def _validate(struct: Struct, decoded: dict[str, Any], path: str) -> Iterator[str]:
    """The validator's line for each field that fails, in the order of the struct."""
    for field in struct.fields:
        value = decoded.get(field.key)
        where = ".".join(part for part in (path, field.embedded, field.name) if part)
        if field.required and (value is None or value == ""):
            yield _failure(where, field.name, "required")
        elif field.rule and value not in field.choices:
            yield _failure(where, field.name, field.rule)
        elif isinstance(field.of, Struct) and isinstance(value, dict):
            yield from _validate(field.of, value, where)
        elif isinstance(field.of, Struct) and isinstance(value, list) and field.dive:
            for at, item in enumerate(value):
                yield from _validate(field.of, item, f"{where}[{at}]")


def _failure(where: str, name: str, rule: str) -> str:
    return f"Key: '{where}' Error:Field validation for '{name}' failed on the '{rule}' tag"


def _go_kind(value: object) -> str:
    return {dict: "map", list: "slice", bool: "bool", int: "float64", float: "float64"}.get(type(value), "string")


def _go_type(value: object) -> str:
    return {"map": "map[string]interface {}", "slice": "[]interface {}"}.get(_go_kind(value), _go_kind(value))


def _go_value(value: object) -> str:
    """The value as Go prints it."""
    match value:
        case None:
            return "<nil>"
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case dict():
            return f"map[{' '.join(f'{key}:{_go_value(value[key])}' for key in sorted(value))}]"
        case list():
            return f"[{' '.join(_go_value(item) for item in value)}]"
    return str(value)
