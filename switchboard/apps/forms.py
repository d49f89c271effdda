"""From an app's input form, as Dify's `/parameters` gives it, to a JSON Schema of its inputs.

The form is a list of fields, `[{"text-input": {"variable", "label", "required", "max_length", ...}}, ...]`. What each
type takes is what Dify checks when the app is called (`_validate_inputs` in its app generator).
"""

import json
from typing import Any

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_FILE_TYPES = ["image", "document", "audio", "video", "custom"]
_UPLOAD_METHODS = ["remote_url", "local_file"]


def input_schema(form: Any) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of an app's `inputs`. Fields that Dify fills in itself are left out."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    for kind, field in _fields(form):
        name = field["variable"]
        properties[name] = _property(kind, field)
        if field.get("required") is True:
            required.append(name)
    return {"$schema": DIALECT, "type": "object", "properties": properties, "required": required}


def input_list(schema: dict[str, Any]) -> str:
    """The same for people, one line for each input."""
    lines = [
        f"- {name}{_title(name, each)}: {_in_words(each)}, {'required' if name in schema['required'] else 'optional'}"
        for name, each in schema["properties"].items()
    ]
    return "\n".join(["The app takes these inputs:", *lines]) if lines else "The app takes no inputs."


def _fields(form: Any) -> list[tuple[str, dict[str, Any]]]:
    items = [item for item in form if isinstance(item, dict)] if isinstance(form, list) else []
    return [
        (kind, field)
        for item in items
        for kind, field in item.items()
        if kind != "external_data_tool"  # Dify asks an API of the app's author for it, not the caller
        and isinstance(field, dict)
        and isinstance(field.get("variable"), str)
        and field["variable"]
    ]


def _property(kind: str, field: dict[str, Any]) -> dict[str, Any]:
    schema = _type(kind, field)
    for key, name in (("label", "title"), ("description", "description")):
        if isinstance(field.get(key), str) and field[key]:
            schema[name] = field[key]
    default = _default(schema, field.get("default"))
    if default is not None:
        schema["default"] = default
    return schema


def _type(kind: str, field: dict[str, Any]) -> dict[str, Any]:
    limit = field.get("max_length")
    at_most = limit if isinstance(limit, int) and not isinstance(limit, bool) and limit > 0 else None
    match kind:
        case "text-input" | "paragraph":
            return {"type": "string"} | ({"maxLength": at_most} if at_most else {})
        case "select":
            options = _texts(field.get("options"))
            return {"type": "string"} | ({"enum": options} if options else {})
        case "number":
            return {"type": "number"}
        case "checkbox":
            return {"type": "boolean"}
        case "file":
            return _file(field)
        case "file-list":
            return {"type": "array", "items": _file(field)} | ({"maxItems": at_most} if at_most else {})
        case "json_object":
            return _own_schema(field.get("json_schema"))
        case _:  # a kind that Dify has added since
            return {}


def _file(field: dict[str, Any]) -> dict[str, Any]:
    methods = _texts(field.get("allowed_file_upload_methods")) or _UPLOAD_METHODS
    properties: dict[str, Any] = {
        "type": {"type": "string", "enum": _texts(field.get("allowed_file_types")) or _FILE_TYPES},
        # a file that a tool has uploaded is let in whatever the field says
        "transfer_method": {"type": "string", "enum": [*methods, "tool_file"]},
        "url": {"type": "string", "description": "for remote_url"},
        "upload_file_id": {"type": "string", "description": "for local_file"},
        "tool_file_id": {"type": "string", "description": "for tool_file"},
    }
    return {"type": "object", "properties": properties, "required": ["type", "transfer_method"]}


def _own_schema(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = None
    own = {key: each for key, each in value.items() if key != "$schema"} if isinstance(value, dict) else {}
    for key, shape in (("properties", dict), ("enum", list)):
        if not isinstance(own.get(key, shape()), shape):
            del own[key]
    return {**own, "type": "object"}


def _default(schema: dict[str, Any], value: Any) -> Any:
    """The form's default as a value of the input's type; `None` if there is none that fits."""
    match schema.get("type"), value:
        case _, None | "":
            return None
        case "string", str() if value in schema.get("enum", [value]):
            return value
        case "number", int() | float() if not isinstance(value, bool):
            return value
        case "number", str():
            try:
                return float(value) if "." in value else int(value)
            except ValueError:
                return None
        case "boolean", bool():
            return value
        case "boolean", str() | int() | float():
            return {"true": True, "1": True, "false": False, "0": False}.get(str(value).strip().lower())
        case "object", dict():
            return value
        case "array", list() if value:
            return value
        case _:
            return None


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _title(name: str, schema: dict[str, Any]) -> str:
    title = schema.get("title", name)
    return f" ({title})" if title != name else ""


def _in_words(schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    if "enum" in schema:
        words = f"one of {', '.join(json.dumps(option, ensure_ascii=False) for option in schema['enum'])}"
    elif kind == "string":
        words = f"text of at most {schema['maxLength']} characters" if "maxLength" in schema else "text"
    elif kind == "array":
        words = f"at most {schema['maxItems']} files" if "maxItems" in schema else "files"
    elif kind == "object":
        words = "a file" if "transfer_method" in schema.get("properties", {}) else "an object"
    else:
        words = {"number": "a number", "boolean": "true or false"}.get(str(kind), "any value")
    return words + (f" (default {json.dumps(schema['default'], ensure_ascii=False)})" if "default" in schema else "")
