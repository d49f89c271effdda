"""The input of a response request as Dify's messages.

What a model did in one turn comes as several items, and goes on as one message: what it thought, what it said, and the
calls of tools, with their outputs after them.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    PromptMessage,
    PromptMessageContentUnionTypes,
    SystemPromptMessage,
    TextPromptMessageContent,
    UserPromptMessage,
)

from endpoints.openai.wire.contents import audio, document, image
from endpoints.openai.wire.responses_input import (
    AdditionalTools,
    AudioPart,
    CallOutput,
    CustomCall,
    FilePart,
    FunctionCall,
    ImagePart,
    Item,
    Message,
    OtherItem,
    Part,
    Reasoning,
    RefusalPart,
    TextPart,
)
from endpoints.openai.wire.responses_tools import Tools, input_as_arguments
from switchboard.chat.reasoning import with_reasoning
from switchboard.chat.tool_results import ToolResult, tool_messages
from switchboard.errors import InvalidInput


class Told(NamedTuple):
    """A message, and the field of the request that it begins at."""

    message: PromptMessage
    field: str


def told(instructions: str | None, given: str | list[Item] | None, tools: Tools) -> list[Told]:
    """All that is told to a model; `tools` are those of the whole request. Raises InvalidInput."""
    messages = [Told(SystemPromptMessage(content=instructions), "instructions")] if instructions else []
    if isinstance(given, str):
        return [*messages, Told(UserPromptMessage(content=given), "input")] if given else messages
    return [*messages, *_Turns(tools).read(given or [])]


@dataclass
class _Turn:
    """What a model did before somebody else spoke, and what the tools it called returned."""

    begins_at: str
    thoughts: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    calls: list[AssistantPromptMessage.ToolCall] = field(default_factory=list)
    results: list[ToolResult] = field(default_factory=list)

    def messages(self) -> list[Told]:
        found: list[PromptMessage] = []
        if self.thoughts or self.texts or self.calls:
            content = with_reasoning("\n".join(self.thoughts), "\n\n".join(self.texts))
            found.append(AssistantPromptMessage(content=content, tool_calls=self.calls))
        return [Told(message, self.begins_at) for message in (*found, *tool_messages(self.results))]


class _Turns:
    """Reads the items in their order."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._told: list[Told] = []
        self._turn: _Turn | None = None
        self._names: dict[str, str] = {}
        """Of the functions that were called, by the ids of the calls."""

    def read(self, items: list[Item]) -> list[Told]:
        for position, item in enumerate(items):
            self._read(item, f"input[{position}]")
        self._end_turn()
        return self._told

    def _read(self, item: Item, field: str) -> None:
        match item:
            case Message(role="assistant"):
                self._turn_at(field).texts.append(_text(item.content, field))
            case Message():
                self._end_turn()
                self._told.append(Told(_spoken(item, field), field))
            case Reasoning():
                thoughts = [thought.text for thought in item.content or item.summary or []]
                self._turn_at(field).thoughts += thoughts
            case FunctionCall():
                self._call(item, item.arguments, field)
            case CustomCall():
                self._call(item, input_as_arguments(item.input), field)
            case CallOutput():
                self._output(item, field)
            case OtherItem():
                _refuse(item, field)
            case AdditionalTools():
                pass  # are among the tools

    def _turn_at(self, field: str) -> _Turn:
        """The model's turn that an item belongs to: after what tools returned there is another."""
        if self._turn is None or self._turn.results:
            self._end_turn()
            self._turn = _Turn(field)
        return self._turn

    def _end_turn(self) -> None:
        if self._turn:
            self._told += self._turn.messages()
        self._turn = None

    def _call(self, item: FunctionCall | CustomCall, arguments: str, field: str) -> None:
        name = self._names[item.call_id] = self._tools.name_of(item.namespace, item.name)
        function = AssistantPromptMessage.ToolCall.ToolCallFunction(name=name, arguments=arguments)
        self._turn_at(field).calls.append(
            AssistantPromptMessage.ToolCall(id=item.call_id, type="function", function=function)
        )

    def _output(self, item: CallOutput, field: str) -> None:
        if item.call_id not in self._names:
            raise InvalidInput(
                f"`{field}.call_id` belongs to no call in the items before it. Nothing is kept here between two "
                "requests: send the call too, and all that was said.",
                field=f"{field}.call_id",
            )
        self._turn = self._turn or _Turn(field)
        content = _parts(item.output, f"{field}.output")
        self._turn.results.append(ToolResult(item.call_id, self._names[item.call_id], content))


def _refuse(item: OtherItem, field: str) -> None:
    if item.type == "item_reference":
        raise InvalidInput(
            f"`{field}` refers to an item that was kept, and nothing is kept here. Send the item itself.", field=field
        )
    raise InvalidInput(
        f"`{field}` is of type `{item.type[:50]}`, which no model of Dify can be told. Leave it out, or say in a "
        "message what it holds.",
        field=field,
    )


def _spoken(item: Message, field: str) -> PromptMessage:
    if item.role != "user":
        return SystemPromptMessage(content=_text(item.content, field))
    match _parts(item.content, f"{field}.content"):
        case [TextPromptMessageContent(data=text)]:
            return UserPromptMessage(content=text)
        case []:
            return UserPromptMessage(content="")
        case parts:
            return UserPromptMessage(content=parts)


def _text(content: str | list[Part], field: str) -> str:
    """Only what a user says and a tool returns may be more than text."""
    if isinstance(content, str):
        return content
    texts: list[str] = []
    for position, part in enumerate(content):
        match part:
            case TextPart():
                texts.append(part.text)
            case RefusalPart():
                texts.append(part.refusal)
            case _:
                field = f"{field}.content[{position}]"
                raise InvalidInput(f"`{field}` is no text, and only messages of the user may hold more.", field=field)
    return "\n".join(texts)


def _parts(content: str | list[Part], field: str) -> list[PromptMessageContentUnionTypes]:
    if isinstance(content, str):
        return [TextPromptMessageContent(data=content)]
    return [_part(part, f"{field}[{position}]") for position, part in enumerate(content)]


def _part(part: Part, field: str) -> PromptMessageContentUnionTypes:
    match part:
        case TextPart():
            return TextPromptMessageContent(data=part.text)
        case RefusalPart():
            return TextPromptMessageContent(data=part.refusal)
        case ImagePart(image_url=str(address)):
            return image(address, part.detail, f"{field}.image_url")
        case AudioPart():
            return audio(part.input_audio.data, part.input_audio.format, f"{field}.input_audio")
        case FilePart(file_data=str(content)) if content:
            return document(content, part.filename or "", f"{field}.file_data")
        case FilePart(file_url=str(address)) if address:
            return document(address, part.filename or "", f"{field}.file_url")
    field = f"{field}.image_url" if isinstance(part, ImagePart) else f"{field}.file_data"
    raise InvalidInput(
        f"The field `{field}` is missing. There are no uploaded files to refer to here: send the file itself, as a "
        "data URL.",
        field=field,
    )
