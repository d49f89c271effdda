"""Dify's wire form of a conversation as OpenAI's (API reference, "Create chat completion")."""

from typing import Any

from workspace.engines import ModelFailed
from workspace.engines.completion_params import wanted_schema, wants_json

type Object = dict[str, Any]

OPENAI_PARAMETERS = (
    "frequency_penalty",
    "max_completion_tokens",
    "max_tokens",
    "parallel_tool_calls",
    "presence_penalty",
    "reasoning_effort",
    "seed",
    "temperature",
    "tool_choice",
    "top_p",
    "user",
    "verbosity",
)
SERVER_PARAMETERS = ("chat_template_kwargs", "enable_thinking", "min_p", "repetition_penalty", "top_k")
"""Not OpenAI's, but known to the servers that speak its API."""


def parameters(given: Object) -> Object:
    """Keyword arguments of the `openai` client for Dify's completion parameters; unknown ones are left out."""
    known = {name: given[name] for name in OPENAI_PARAMETERS if given.get(name) is not None}
    extra = {name: given[name] for name in SERVER_PARAMETERS if given.get(name) is not None}
    if extra:
        known["extra_body"] = extra
    if schema := wanted_schema(given):
        known["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    elif wants_json(given):
        known["response_format"] = {"type": "json_object"}
    return known


def tool(given: Object) -> Object:
    function = {
        "name": given["name"],
        "description": given.get("description") or "",
        "parameters": given.get("parameters") or {"type": "object", "properties": {}},
    }
    return {"type": "function", "function": function}


def message(given: Object) -> Object:
    role = given.get("role")
    if role not in ("system", "developer", "user", "assistant", "tool"):
        raise ModelFailed(f'a message has the role "{role}", which OpenAI\'s API does not have')
    content = given.get("content")
    converted: Object = {"role": role, "content": _parts(content) if isinstance(content, list) else content or ""}
    if role == "tool":
        converted["tool_call_id"] = given.get("tool_call_id") or ""
    elif given.get("name"):
        converted["name"] = given["name"]
    if role == "assistant" and given.get("tool_calls"):
        converted["tool_calls"] = [_tool_call(call) for call in given["tool_calls"]]
        converted["content"] = converted["content"] or None
    return converted


def _tool_call(given: Object) -> Object:
    function = given.get("function") or {}
    called = {"name": function.get("name") or "", "arguments": function.get("arguments") or ""}
    return {"id": given.get("id") or "", "type": "function", "function": called}


def _parts(content: list[Object]) -> list[Object]:
    return [_part(part) for part in content]


def _part(part: Object) -> Object:
    match part.get("type"):
        case "text":
            return {"type": "text", "text": part.get("data") or ""}
        case "image":
            image = {"url": _address(part), "detail": part.get("detail") or "auto"}
            return {"type": "image_url", "image_url": image}
        case "audio" if data := part.get("base64_data"):
            return {"type": "input_audio", "input_audio": {"data": data, "format": part.get("format") or "mp3"}}
        case "document" if part.get("base64_data"):
            return {"type": "file", "file": {"filename": part.get("filename") or "file", "file_data": _address(part)}}
        case kind:
            raise ModelFailed(f"a message has a part of the type {kind} that OpenAI's API cannot be given")


def _address(part: Object) -> str:
    """The URL of a file, or its content as a data URL."""
    if url := part.get("url") or part.get("data"):
        return str(url)
    return f"data:{part.get('mime_type') or 'application/octet-stream'};base64,{part.get('base64_data') or ''}"
