"""Whether the arguments of a call fit a tool's schema: as much of JSON Schema as the schemas written here use.

What an app takes is not checked here. Dify checks it, against the app's form as it is at the time.
"""

from typing import Any

from switchboard.errors import InvalidInput

_IN_WORDS = {"string": "text", "integer": "a whole number", "number": "a number", "array": "a list"}


def checked(arguments: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The arguments, without those that are null. Raises InvalidInput in a sentence that names the one that is wrong.

    It never repeats what an argument holds.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    properties: dict[str, Any] = schema["properties"]
    if missing := next((name for name in schema.get("required", []) if name not in given), None):
        raise InvalidInput(f"The argument `{missing}` is missing.", field=missing)
    if schema.get("additionalProperties") is False and not given.keys() <= properties.keys():
        takes = f"It takes {', '.join(properties)}." if properties else "It takes none."
        raise InvalidInput(f"An argument is given that this tool does not have. {takes}")
    for name, each in properties.items():
        if name in given:
            _check(name, given[name], each)
    return given


def _check(name: str, value: Any, schema: dict[str, Any]) -> None:
    kind = schema.get("type")
    if kind in _IN_WORDS and not _is(kind, value):
        raise InvalidInput(f"The argument `{name}` has to be {_IN_WORDS[kind]}.", field=name)
    if "enum" in schema and value not in schema["enum"]:
        raise InvalidInput(f"The argument `{name}` has to be one of {', '.join(schema['enum'])}.", field=name)
    if (isinstance(value, str) and not value.strip() and schema.get("minLength")) or (
        isinstance(value, list) and len(value) < schema.get("minItems", 0)
    ):
        raise InvalidInput(f"The argument `{name}` is empty.", field=name)
    if isinstance(value, int | float) and value < schema.get("minimum", value):
        raise InvalidInput(f"The argument `{name}` has to be at least {schema['minimum']}.", field=name)
    if isinstance(value, list):
        for position, item in enumerate(value):
            _check(f"{name}[{position}]", item, schema.get("items", {}))


def _is(kind: str, value: Any) -> bool:
    match value:
        case bool():
            return False
        case str():
            return kind == "string"
        case int():
            return kind in ("integer", "number")
        case float():
            return kind == "number" or (kind == "integer" and value.is_integer())
        case list():
            return kind == "array"
    return False
