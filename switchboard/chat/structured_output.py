"""What Dify's structured output loses on its way, put back.

Dify rewrites `"type": "boolean"` in a JSON schema to `"string"` before a model with structured output sees it, so what
comes back says "true" where the caller's schema says true.
"""

from typing import Any

type Schema = dict[str, Any]

_BOOLEANS = {"true": True, "false": False}


def restore_booleans(value: Any, schema: Schema) -> Any:
    """The value with "true" and "false" as booleans wherever the schema has a boolean and no string."""
    return _restored(value, [schema], schema)


def _restored(value: Any, schemas: list[Any], root: Schema) -> Any:
    """`schemas` are those the value may follow; what is no schema among them says nothing."""
    options = _options(schemas, root)
    match value:
        case str():
            types = [option.get("type") for option in options]
            meant = "boolean" in types and "string" not in types
            return _BOOLEANS.get(value.strip().lower(), value) if meant else value
        case list():
            items = [option.get("items") for option in options]
            return [_restored(item, items, root) for item in value]
        case dict():
            return {name: _restored(member, _members(options, name), root) for name, member in value.items()}
    return value


def _members(options: list[Schema], name: str) -> list[Any]:
    found: list[Any] = []
    for option in options:
        properties = option.get("properties")
        if isinstance(properties, dict) and name in properties:
            found.append(properties[name])
        else:
            found.append(option.get("additionalProperties"))
    return found


def _options(schemas: list[Any], root: Schema) -> list[Schema]:
    """The schemas with those that they refer to or are made of, each once."""
    found: dict[int, Schema] = {}
    waiting = list(schemas)
    while waiting:
        schema = waiting.pop()
        if not isinstance(schema, dict) or id(schema) in found:
            continue
        found[id(schema)] = schema
        waiting.append(_target(schema.get("$ref"), root))
        for word in ("anyOf", "oneOf", "allOf"):
            members = schema.get(word)
            waiting += members if isinstance(members, list) else []
    return list(found.values())


def _target(reference: Any, root: Schema) -> Any:
    """What `#/$defs/Name` stands for."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    target: Any = root
    for step in filter(None, reference[1:].split("/")):
        target = target.get(step) if isinstance(target, dict) else None
    return target
