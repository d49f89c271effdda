"""The tools of the plugin under work in the hands of an agent: what its model sees of them, and what it is told.

Source: Dify, `core/agent/base_agent_runner.py`, `core/tools/__base/tool.py`, `core/tools/tool_engine.py`.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from workspace.dify.apps.agent_tools import Toolbox
from workspace.plugin.folder import Parameter, Tool
from workspace.plugin.parameters import ParameterError
from workspace.plugin.selectors import model_selector, model_type_of
from workspace.plugin.tool_settings import call_values
from workspace.wire import DifyError, Payload

_FILES = ("file", "files", "system-files")


def toolbox_of(
    tools: Iterable[Tool],
    invoke: Callable[[Tool, dict[str, Any]], Iterator[Payload]],
    default_models: Mapping[str, str],
    *,
    settings: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> Toolbox:
    """The tools with their settings as they are when an agent is given them: defaults, and a model in each selector;
    or with `settings`, by the tool's name.

    Left out is, as in Dify and without a word, what lacks a setting or needs a file: nobody could hand it one.
    """
    usable: dict[str, tuple[Tool, dict[str, Any]]] = {}
    for tool in tools:
        try:
            made = call_values(tool, {**_models(tool, default_models), **_of_its_form(tool, settings)})
        except ParameterError:
            continue
        if not any(parameter.required and parameter.type in _FILES for parameter in tool.parameters):
            usable[tool.name] = tool, made

    def call(name: str, arguments: str) -> str:
        if name not in usable:
            return f"there is not a tool named {name}"
        tool, made = usable[name]
        try:
            given = json.loads(arguments or "{}")
            values = call_values(tool, {**(given if isinstance(given, dict) else {}), **made})
            return _told(invoke(tool, values))
        except (ValueError, ParameterError, DifyError) as error:
            return f"tool invoke error: {error}"

    return Toolbox([schema_for_a_model(tool) for tool, _ in usable.values()], call)


def schema_for_a_model(tool: Tool) -> dict[str, Any]:
    """A tool as the model of an agent sees it: name, description, and a JSON Schema of what it may fill in."""
    filled_in = [parameter for parameter in tool.parameters if parameter.form == "llm" and parameter.type not in _FILES]
    return {
        "name": tool.name,
        "description": tool.llm_description,
        "parameters": {
            "type": "object",
            "properties": {parameter.name: _property(parameter) for parameter in filled_in},
            "required": [parameter.name for parameter in filled_in if parameter.required],
        },
    }


def _property(parameter: Parameter) -> dict[str, Any]:
    text = parameter.type in ("select", "secret-input")
    schema = {"type": "string" if text else parameter.type, "description": parameter.llm_description}
    choices = [option.value for option in parameter.options] if parameter.type == "select" else []
    return {**schema, "enum": choices} if choices else schema


def _models(tool: Tool, default_models: Mapping[str, str]) -> dict[str, Any]:
    """The models of its settings, as somebody would pick them: Dify leaves out a tool with an empty selector."""
    return {
        parameter.name: model_selector(name, scope=parameter.scope)
        for parameter in tool.parameters
        if parameter.type == "model-selector" and (name := default_models.get(model_type_of(parameter.scope)))
    }


def _of_its_form(tool: Tool, settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """An agent's file has a place for what its model fills in as well, which Dify does not look at."""
    made = settings.get(tool.name, {})
    return {each.name: made[each.name] for each in tool.parameters if each.form == "form" and each.name in made}


def _told(messages: Iterator[Payload]) -> str:
    """The messages of a tool as one text, which an agent's model gets. JSON that is there as text is not repeated."""
    parts: list[str] = []
    objects: list[str] = []
    for message in messages:
        content = message["message"]
        match message["type"]:
            case "text":
                parts.append(content["text"])
            case "link":
                parts.append(f"result link: {content['text']}. please tell user to check it.")
            case "image_link":
                parts.append(
                    "image has been created and sent to user already, "
                    "you do not need to create it, just tell the user to check it now."
                )
            case "json":
                objects.append(json.dumps(content["json_object"], ensure_ascii=False))
            case "log" | "retriever_resources" | "variable":
                pass
            case _:
                parts.append(" ".join(f"{name}={value!r}" for name, value in content.items()))
    return "".join(parts + [written for written in objects if written not in parts])
