"""The tools of a response request, as functions of Dify's models, and back.

Sources: OpenAI API reference, "Create a model response", `tools` and `tool_choice`. Dify's models know functions alone:

- a `custom` tool, whose input is plain text, becomes a function of one string;
- a function in a `namespace` goes by its own name, or with the namespace in front where two are called alike;
- a tool that OpenAI runs itself is refused by its name. Two are passed over, since Codex sends them with each request
  and needs neither: a search of the web that may not reach the web, and the search for tools that were not sent.
"""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any, Literal, NamedTuple

from dify_plugin.entities.model.message import PromptMessageTool
from pydantic import BaseModel, ConfigDict, Discriminator, Tag

from endpoints.http.fields import ListOf
from endpoints.openai.wire.chat_input import Text
from switchboard.errors import InvalidInput

_INPUT = "input"
"""The parameter of a function that stands for a custom tool."""


class FunctionTool(BaseModel):
    model_config = ConfigDict(extra="allow")  # told again in the reply

    type: Literal["function"]
    name: Text
    description: str | None = None
    parameters: dict[str, Any] | None = None


class CustomFormat(BaseModel):
    model_config = ConfigDict(extra="allow")

    type: Literal["text", "grammar"]
    syntax: str | None = None
    definition: str | None = None


class CustomTool(BaseModel):
    model_config = ConfigDict(extra="allow")

    type: Literal["custom"]
    name: Text
    description: str | None = None
    format: CustomFormat | None = None


class BuiltInTool(BaseModel):
    model_config = ConfigDict(extra="allow")

    type: Text
    external_web_access: bool | None = None


def _kind(tool: Any) -> str:
    """Which of the types below a tool is, a choice of one too; of one that was read as well, to write it again."""
    kind = tool.get("type") if isinstance(tool, dict) else getattr(tool, "type", None)
    known = kind if kind in ("function", "custom", "namespace", "allowed_tools") else "built-in"
    return f"type: {known}"  # like no field, which would be taken for a step on the way to an error


class Namespace(BaseModel):
    model_config = ConfigDict(extra="allow")

    type: Literal["namespace"]
    name: Text
    description: str | None = None
    tools: ListOf[
        Annotated[
            Annotated[FunctionTool, Tag("type: function")]
            | Annotated[CustomTool, Tag("type: custom")]
            | Annotated[BuiltInTool, Tag("type: built-in")],
            Discriminator(_kind),
        ]
    ]


type Tool = Annotated[
    Annotated[FunctionTool, Tag("type: function")]
    | Annotated[CustomTool, Tag("type: custom")]
    | Annotated[Namespace, Tag("type: namespace")]
    | Annotated[BuiltInTool, Tag("type: built-in")],
    Discriminator(_kind),
]


class ToolName(BaseModel):
    model_config = ConfigDict(extra="allow")

    type: Literal["function", "custom"]
    name: Text
    namespace: str | None = None


type OneTool = Annotated[
    Annotated[ToolName, Tag("type: function")]
    | Annotated[ToolName, Tag("type: custom")]
    | Annotated[BuiltInTool, Tag("type: built-in")],
    Discriminator(_kind),
]


class AllowedTools(BaseModel):
    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: ListOf[OneTool]


type ToolChoice = (
    Literal["none", "auto", "required"]
    | Annotated[
        Annotated[ToolName, Tag("type: function")]
        | Annotated[ToolName, Tag("type: custom")]
        | Annotated[AllowedTools, Tag("type: allowed_tools")]
        | Annotated[BuiltInTool, Tag("type: built-in")],
        Discriminator(_kind),
    ]
)


class CallableTool(NamedTuple):
    """A tool as the caller knows it."""

    namespace: str
    """"" for none."""
    name: str
    is_custom: bool


class Tools:
    """All tools of a request under the names that they have in Dify."""

    def __init__(self) -> None:
        self._defined: dict[tuple[str, str], FunctionTool | CustomTool] = {}

    def add(self, tools: Iterable[Tool], field: str) -> None:
        """Raises InvalidInput for a tool that Dify does not have. One that is there already is defined anew."""
        for position, tool in enumerate(tools):
            self._add(tool, f"{field}[{position}]", "")

    def _add(self, tool: Tool, field: str, namespace: str) -> None:
        match tool:
            case FunctionTool() | CustomTool():
                self._defined[namespace, tool.name] = tool
            case Namespace():
                for position, inner in enumerate(tool.tools):
                    self._add(inner, f"{field}.tools[{position}]", tool.name)
            case BuiltInTool():
                _pass_over(tool, field)

    def functions(self) -> dict[str, PromptMessageTool]:
        """What a model may call, by name."""
        return {
            name: _function(name, self._defined[tool.namespace, tool.name]) for name, tool in self.by_name().items()
        }

    def by_name(self) -> dict[str, CallableTool]:
        """What a function that a model calls stands for."""
        return {
            self.name_of(namespace, name): CallableTool(namespace, name, isinstance(tool, CustomTool))
            for (namespace, name), tool in self._defined.items()
        }

    def name_of(self, namespace: str | None, name: str) -> str:
        """What a tool is called in Dify, one that is no longer defined as it was."""
        alike = Counter(name for _, name in self._defined)
        return f"{namespace}__{name}" if namespace and alike[name] > 1 else name


def _pass_over(tool: BuiltInTool, field: str) -> None:
    if tool.type == "tool_search" or (tool.type.startswith("web_search") and tool.external_web_access is False):
        return
    raise InvalidInput(
        f"`{field}` is the built-in tool `{tool.type[:50]}`, which only OpenAI's own servers have. Leave it out, and "
        "offer functions, `custom` tools, or an app of Dify that does the same.",
        field=field,
    )


def _function(name: str, tool: FunctionTool | CustomTool) -> PromptMessageTool:
    description = tool.description or ""
    if isinstance(tool, FunctionTool):
        parameters = tool.parameters or {"type": "object", "properties": {}}
        return PromptMessageTool(name=name, description=description, parameters=parameters)
    text = {"type": "string", "description": "All of the input, as plain text."}
    if tool.format and tool.format.definition:
        text["description"] += f" It follows this {tool.format.syntax or ''} grammar:\n{tool.format.definition}"
    parameters = {"type": "object", "properties": {_INPUT: text}, "required": [_INPUT]}
    return PromptMessageTool(name=name, description=description, parameters=parameters)


def input_as_arguments(text: str) -> str:
    """The input of a custom tool as the arguments of the function that stands for it."""
    return json.dumps({_INPUT: text}, ensure_ascii=False)


def arguments_as_input(arguments: str) -> str:
    """The other way round; models that write the text alone, or give it another name, are understood too."""
    try:
        match json.loads(arguments, strict=False):
            case {"input": str(text)}:
                return text
            case dict(found) if len(found) == 1 and isinstance(text := next(iter(found.values())), str):
                return text
    except (ValueError, RecursionError):
        pass
    return arguments


class Choice(NamedTuple):
    functions: list[PromptMessageTool]
    has_to_call: bool


def chosen(tools: Tools, choice: ToolChoice | None) -> Choice:
    """The functions that the model may call, and whether it has to."""
    functions = tools.functions()
    match choice:
        case None | "auto":
            return Choice(list(functions.values()), has_to_call=False)
        case "none":
            return Choice([], has_to_call=False)
        case "required":
            wanted = list(functions)
        case AllowedTools():
            wanted = [
                _name(tools, tool, f"tool_choice.tools[{position}]") for position, tool in enumerate(choice.tools)
            ]
        case _:
            wanted = [_name(tools, choice, "tool_choice")]
    allowed = [function for name, function in functions.items() if name in wanted]
    has_to_call = not isinstance(choice, AllowedTools) or choice.mode == "required"
    if has_to_call and not allowed:
        raise InvalidInput("`tool_choice` wants a call of a tool that is not among `tools`.", field="tool_choice")
    return Choice(allowed, has_to_call)


def _name(tools: Tools, tool: OneTool, field: str) -> str:
    if isinstance(tool, BuiltInTool):
        raise InvalidInput(
            f"`{field}` names the built-in tool `{tool.type[:50]}`, which only OpenAI's own servers have. Choose a "
            "function or a `custom` tool.",
            field=field,
        )
    return tools.name_of(tool.namespace, tool.name)
