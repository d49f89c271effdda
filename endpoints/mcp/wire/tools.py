"""Which tools there are: each app, each type of model and each tool of the workspace that the settings name."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from dify_plugin.entities.model import ModelType

from endpoints.http.chosen_tools import ChosenTool
from endpoints.http.settings import App, GroupSettings
from endpoints.mcp.wire.model_tools import MODEL_TOOLS
from switchboard.apps.forms import input_schema
from switchboard.errors import InvalidInput
from switchboard.selectors import ChosenApp, chosen_app

MAX_NAME = 64
MAX_DESCRIPTION = 1000

type Target = App | ModelType | ChosenTool
"""What is behind a tool."""

_QUERY = {"type": "string", "description": "What to ask the app."}
_QUERY_OR_NOT = {"type": "string", "description": "What to ask the app. Leave it out for a workflow."}
_CONVERSATION = {
    "type": "string",
    "description": "The conversation to go on with: the conversation_id that an answer of this app came with.",
}
_APP_RESULT = {
    "type": "object",
    "properties": {
        "answer": {"type": "string", "description": "What the app said, or what it put out as text."},
        "conversation_id": {"type": "string", "description": "Goes on with this conversation, in a chat app."},
        "outputs": {"type": "object", "description": "What a workflow put out, by name."},
        "files": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("name", "mime_type", "url")},
                "required": ["name", "mime_type", "url"],
            },
        },
    },
    "required": ["answer"],
}
_TOOL_RESULT = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "json": {"type": "array", "description": "The values that the tool returned."},
        "variables": {"type": "object", "description": "The variables that it set, by name."},
        "links": {"type": "array", "items": {"type": "string"}, "description": "Where its files are, in Dify."},
    },
    "required": ["text", "json", "variables", "links"],
}
_AS_TEXT = {"type": "string", "description": "As text: Dify turns it into what the tool takes, also from JSON."}


class Entry(NamedTuple):
    """A tool as it is listed."""

    name: str
    title: str
    description: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any] | None
    only_reads: bool


def targets(group: GroupSettings, chosen: list[ChosenTool]) -> dict[str, Target]:
    """What is behind each name, in the order of the settings: apps, models, tools. An app is there once, whatever its
    aliases.
    """
    apps: dict[str, App] = {}
    for app in group.apps():
        first = apps.setdefault(app.app_id, app)
        if first.name == first.app_id:
            apps[app.app_id] = first._replace(name=app.name)
    found: dict[str, Target] = {}
    for app in apps.values():
        found[_name([app.name, app.app_id], found)] = app
    for model_type in dict.fromkeys(model.model_type for model in group.models()):
        if model_type in MODEL_TOOLS:
            found[_name([MODEL_TOOLS[model_type].name], found)] = model_type
    for tool in chosen:
        found[_name([tool.name], found)] = tool
    return found


def target_of(name: str, found: Mapping[str, Target]) -> Target:
    """What is behind a tool; raises InvalidInput where there is none of this name."""
    if name not in found:
        raise InvalidInput(f"There is no tool {name[:100]} here. There are {', '.join(found) or 'none'}.")
    return found[name]


def takes_long(target: Target | None) -> bool:
    """Whether a call is worth telling of its progress. What other models return can be too large for an event."""
    return target is ModelType.LLM or isinstance(target, App | ChosenTool)


def _name(wanted: list[str], taken: Mapping[str, Target]) -> str:
    """The first of the wanted names of which anything is left, in the letters that all clients take."""
    written = (re.sub(r"[^a-z0-9-]+", "_", each.lower()).strip("_") for each in wanted)
    name = next(filter(None, written), "tool")[:MAX_NAME]
    number = 1
    unique = name
    while unique in taken:
        number += 1
        unique = f"{name[: MAX_NAME - 1 - len(str(number))]}_{number}"
    return unique


def app_entry(name: str, app: App, parameters: Mapping[str, Any] | None) -> Entry:
    """`parameters` are what Dify tells of the app, None where it does not."""
    told = parameters or {}
    schema = input_schema(told.get("user_input_form"))
    filled_in = app.selector.get("inputs") or {}
    required = [each for each in schema["required"] if each not in filled_in]
    own: dict[str, Any] = schema["properties"]
    added: dict[str, Any] = {}
    if app.setting not in ("workflow_app", "completion_app"):
        added = {"query": _QUERY if app.setting == "chat_app" else _QUERY_OR_NOT, "conversation_id": _CONVERSATION}
    elif app.setting == "completion_app":
        added = {"query": _QUERY}
    if app.setting == "chat_app" and "query" not in own:
        required.insert(0, "query")
    description = f"Runs the app {app.name} of the Dify workspace."
    if parameters is None:
        description += " Dify did not tell which inputs it takes."
    opening = told.get("opening_statement")
    if isinstance(opening, str) and opening.strip():
        description += f" It introduces itself: {opening.strip()}"
    return Entry(
        name,
        app.name,
        description[:MAX_DESCRIPTION],
        {**schema, "properties": {**added, **own}, "required": required},
        _APP_RESULT,
        only_reads=False,
    )


class AppCall(NamedTuple):
    app: ChosenApp
    query: str
    conversation_id: str


def app_call(app: App, arguments: dict[str, Any]) -> AppCall:
    """What the arguments ask of the app. Whether its inputs fit is for Dify to say.

    A workflow takes the query as its input of this name, if it has one.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    query, conversation_id = (given.get(name, "") for name in ("query", "conversation_id"))
    for name, value in (("query", query), ("conversation_id", conversation_id)):
        if not isinstance(value, str):
            raise InvalidInput(f"The argument `{name}` has to be text.", field=name)
    given.pop("conversation_id", None)
    if app.setting == "chat_app" and not query.strip():
        raise InvalidInput("The argument `query` is missing.", field="query")
    return AppCall(chosen_app(app.selector, typed_inputs=given), query, conversation_id.strip())


def model_schema(model_type: ModelType, group: GroupSettings) -> dict[str, Any]:
    """The input schema of the tool for a type of model."""
    tool = MODEL_TOOLS[model_type]
    names = [model.name for model in group.models() if model.model_type is model_type]
    model: dict[str, Any] = {"type": "string", "description": f"The model to use: {names[0]} unless given."}
    if group.reaches_workspace:
        model["description"] += f" One of {', '.join(names)}, or another model of the workspace as provider/model."
    else:
        model["enum"] = names
    return {
        "type": "object",
        "properties": {**tool.arguments, "model": model},
        "required": tool.required,
        "additionalProperties": False,
    }


def model_entry(name: str, model_type: ModelType, schema: dict[str, Any]) -> Entry:
    tool = MODEL_TOOLS[model_type]
    return Entry(name, tool.title, tool.description, schema, tool.result, only_reads=True)


def chosen_schema(tool: ChosenTool) -> dict[str, Any]:
    properties = dict.fromkeys(tool.open_parameters, _AS_TEXT)
    return {"type": "object", "properties": properties, "additionalProperties": False}


def chosen_entry(name: str, tool: ChosenTool) -> Entry:
    description = tool.description or f"The tool {tool.label} of the Dify workspace."
    return Entry(name, tool.label, description[:MAX_DESCRIPTION], chosen_schema(tool), _TOOL_RESULT, only_reads=False)
