"""What Dify's completion parameters say about the form of an answer."""

import json
from typing import Any

from workspace.engines import ModelFailed


def wanted_schema(parameters: dict[str, Any]) -> dict[str, Any] | None:
    """The JSON schema the answer must follow, or None if it is free.

    `json_schema` is a schema, or OpenAI's `{"name", "schema"}` around one, as an object or as text; `response_format`
    is Dify's word ("json_object", "json_schema") or OpenAI's object.
    """
    given = parameters.get("json_schema")
    response_format = parameters.get("response_format")
    if isinstance(response_format, dict):
        given = given or response_format.get("json_schema")
    if isinstance(given, str) and given.strip():
        try:
            given = json.loads(given)
        except ValueError as error:
            raise ModelFailed(f"json_schema is not JSON: {error}") from error
    if not isinstance(given, dict) or not given:
        return None
    inner = given.get("schema")
    return inner if isinstance(inner, dict) and "properties" not in given else given


def wants_json(parameters: dict[str, Any]) -> bool:
    """Whether any JSON object will do."""
    response_format = parameters.get("response_format")
    if isinstance(response_format, dict):
        response_format = response_format.get("type")
    return str(response_format).lower() in ("json", "json_object", "json_schema")


def token_limit(parameters: dict[str, Any]) -> int | None:
    given = parameters.get("max_tokens") or parameters.get("max_completion_tokens")
    return int(given) if given else None
