"""What the plugin daemon asks of a plugin's declarations, where it looks at them most strictly: remote debugging.

As JSON Schemas; what these do not name may be there. Source: dify-plugin-daemon, the `validate` tags in
`pkg/entities/plugin_entities` and `ManifestValidate`.
"""

import functools
import json
from datetime import date
from typing import Any

import jsonschema

type Schema = dict[str, Any]


def text(longest: int | None = None, **rules: Any) -> Schema:
    return {"type": "string", "minLength": 1, **({"maxLength": longest} if longest else {}), **rules}


def record(required: Schema, optional: Schema | None = None) -> Schema:
    return {"type": "object", "required": list(required), "properties": {**required, **(optional or {})}}


def one_of(words: str) -> Schema:
    return {"enum": words.split()}


def several(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


SHORT: Schema = {"type": "string", "maxLength": 1023}
I18N = record({"en_US": text(1023)}, dict.fromkeys(("zh_Hans", "ja_JP", "pt_BR"), SHORT))
VERSION = text(pattern=r"^\d{1,4}(\.\d{1,4}){2}(-\w{1,16})?$")
NAME = text(pattern="^[a-zA-Z0-9_-]+$")
BASIC: Schema = {"type": ["string", "number", "boolean"]}
TAG = one_of(
    "search image videos weather finance design travel social news medical productivity education business "
    "entertainment utilities rag other"
)
"""Dify knows agent and trigger too, which its SDK does not."""
OPTION = record({"value": text(127), "label": I18N})
_SCOPES = {
    "app-selector": "all|chat|workflow|completion",
    "model-selector": "llm|text-embedding|rerank|tts|speech2text|moderation|vision|document|tool-call",
    "any": r"string|number|object|array\[(?:number|string|object|file)\]",
}


def scoped(schema: Schema) -> Schema:
    """Only these types have a scope, of which one part has to be known."""
    rules = [
        {
            "if": {"properties": {"type": {"const": of_type}}},
            "then": {"properties": {"scope": text(pattern=f"(^|&) *({scopes}) *(&|$)")}},
        }
        for of_type, scopes in _SCOPES.items()
    ]
    others = {
        "if": {"properties": {"type": {"not": {"enum": list(_SCOPES)}}}},
        "then": {"properties": {"scope": {"const": ""}}},
    }
    return {"allOf": [schema, *rules, others]}


MANIFEST = record(
    {
        "version": VERSION,
        "type": {"const": "plugin"},
        "author": text(pattern="^[a-z0-9_-]{1,64}$"),
        "name": text(pattern="^[a-z0-9_-]{1,128}$"),
        "label": I18N,
        "description": I18N,
        "icon": text(128),
        "created_at": text(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"),
        "resource": record(
            {"memory": {"type": "integer", "minimum": 1}},
            {
                "permission": {
                    **record(
                        {}, {"storage": record({"size": {"type": "integer", "minimum": 1024, "maximum": 1 << 30}})}
                    ),
                    "additionalProperties": {"type": "object"},
                }
            },
        ),
        "plugins": record({}, dict.fromkeys(("tools", "endpoints"), several(text(128)))),
        "meta": record(
            {
                "version": VERSION,
                "arch": {**several(one_of("amd64 arm64")), "minItems": 1},
                "runner": record({"language": {"const": "python"}, "version": text(128), "entrypoint": text(256)}),
            }
        ),
    },
    {"icon_dark": text(128), "tags": several(TAG), "repo": text(format="uri")},
)
SETTING = scoped(
    record(
        {
            "type": one_of("secret-input text-input select boolean app-selector model-selector array[tools]"),
            "label": I18N,
        },
        {
            "name": text(1023),
            "default": BASIC,
            "options": {**several(OPTION), "maxItems": 127},
            "help": I18N,
            "placeholder": I18N,
        },
    )
)
PARAMETER = scoped(
    record(
        {
            "name": text(1023),
            "label": I18N,
            "human_description": I18N,
            "type": one_of(
                "string number boolean select secret-input file files app-selector model-selector any "
                "dynamic-select array object checkbox date date-range"
            ),
            "form": one_of("schema form llm"),
        },
        {"options": several(OPTION), "scope": {"type": "string", "maxLength": 1024}},
    )
)
TOOL = record(
    {
        "identity": record({"author": text(), "name": NAME, "label": I18N}),
        "description": record({"human": I18N, "llm": text()}),
    },
    {"parameters": several(PARAMETER), "output_schema": {"type": "object"}},
)
TOOL_PROVIDER = record(
    {
        "identity": record(
            {"author": text(), "name": NAME, "icon": text(), "label": I18N},
            {"icon_dark": text(), "tags": several(TAG)},
        )
    },
    {"tools": {"type": "array"}, "credentials_schema": several(SETTING)},
)
ENDPOINT_GROUP = record({}, {"settings": several(SETTING), "endpoints": {"type": "array"}})
ENDPOINT = record({"path": text(), "method": one_of("HEAD GET POST PUT DELETE OPTIONS")})


def without_nulls(value: Any) -> Any:
    """What is null is as good as not there."""
    if isinstance(value, dict):
        return {key: without_nulls(held) for key, held in value.items() if held is not None}
    return [without_nulls(held) for held in value] if isinstance(value, list) else value


def problem_in(declaration: dict[str, Any], schema: Schema) -> str:
    """The place and what is wrong there, without a full stop; "" if nothing is. Times are as YAML reads them."""
    return _problem_in(json.dumps(without_nulls(declaration), default=_time), json.dumps(schema))


@functools.cache
def _problem_in(declaration: str, schema: str) -> str:
    """The same of two JSON texts."""
    validator = jsonschema.Draft202012Validator(json.loads(schema))
    error = jsonschema.exceptions.best_match(validator.iter_errors(json.loads(declaration)))
    if error is None:
        return ""
    told = error.message if len(error.message) < 200 else f"{error.message[:80]} ... {error.message[-80:]}"
    return ": ".join(filter(None, (error.json_path.removeprefix("$").removeprefix("."), told)))


def _time(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
