"""The messages of a request as Dify's."""

import json
from collections.abc import Iterator
from typing import NamedTuple

from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    DocumentPromptMessageContent,
    ImagePromptMessageContent,
    PromptMessage,
    PromptMessageContentUnionTypes,
    SystemPromptMessage,
    TextPromptMessageContent,
    UserPromptMessage,
)

from endpoints.anthropic.wire.request import (
    AssistantMessage,
    Base64Source,
    DocumentPart,
    ImagePart,
    MessagesRequest,
    PartsSource,
    PlainTextSource,
    SearchResultPart,
    SystemMessage,
    TextPart,
    ThinkingPart,
    ToolReferencePart,
    ToolResultPart,
    ToolUsePart,
    UrlSource,
    UserMessage,
)
from endpoints.http.media import Media, inline_media, media_at
from switchboard.chat.reasoning import with_reasoning
from switchboard.chat.tool_results import ToolResult, tool_messages
from switchboard.errors import InvalidInput

_BILLING = "x-anthropic-billing-header:"
"""What the first part of Claude Code's system begins with. It is for Anthropic, and may change from request to request,
which would keep a provider from ever finding the prompt in its cache."""


class Placed(NamedTuple):
    field: str
    """Where the message stands in the request."""
    message: PromptMessage


def prompt(request: MessagesRequest) -> list[Placed]:
    """Each message as Dify has it, the results of tools as messages of their own, in front of what else the user says.

    A message of which nothing is left is left out. Raises InvalidInput for a picture or file that cannot be used.
    """
    names: dict[str, str] = {}
    found = [Placed("system", SystemPromptMessage(content=text))] if (text := _system(request)) else []
    for position, message in enumerate(request.messages):
        field = f"messages[{position}]"
        match message:
            case SystemMessage():
                converted: Iterator[PromptMessage] = iter([SystemPromptMessage(content=_joined(message.content))])
            case AssistantMessage():
                converted = _of_assistant(message, names)
            case UserMessage():
                converted = _of_user(message, names, f"{field}.content")
        found += [Placed(field, each) for each in converted]
    if not any(placed.field != "system" for placed in found):
        raise InvalidInput("`messages` holds nothing that could be answered.", field="messages")
    return found


def _system(request: MessagesRequest) -> str:
    if not isinstance(request.system, list):
        return request.system or ""
    return _joined([part for part in request.system if not part.text.startswith(_BILLING)])


def _joined(content: str | list[TextPart]) -> str:
    return content if isinstance(content, str) else "\n".join(part.text for part in content)


def _of_assistant(message: AssistantMessage, names: dict[str, str]) -> Iterator[PromptMessage]:
    parts = message.content
    if isinstance(parts, str):
        parts = [TextPart(type="text", text=parts)]
    calls = [part for part in parts if isinstance(part, ToolUsePart)]
    names |= {call.id: call.name for call in calls}
    thought = [part.thinking for part in parts if isinstance(part, ThinkingPart) and not part.signature]
    text = with_reasoning("\n".join(thought), _joined([part for part in parts if isinstance(part, TextPart)]))
    if text or calls:
        yield AssistantPromptMessage(content=text, tool_calls=list(map(_tool_call, calls)))


def _tool_call(part: ToolUsePart) -> AssistantPromptMessage.ToolCall:
    function = AssistantPromptMessage.ToolCall.ToolCallFunction(
        name=part.name, arguments=json.dumps(part.input, ensure_ascii=False)
    )
    return AssistantPromptMessage.ToolCall(id=part.id, type="function", function=function)


def _of_user(message: UserMessage, names: dict[str, str], field: str) -> Iterator[PromptMessage]:
    if isinstance(message.content, str):
        yield UserPromptMessage(content=message.content)
        return
    results: list[ToolResult] = []
    said: list[PromptMessageContentUnionTypes] = []
    for position, part in enumerate(message.content):
        place = f"{field}[{position}]"
        if isinstance(part, ToolResultPart):
            name = names.get(part.tool_use_id, "")
            results.append(ToolResult(part.tool_use_id, name, _returned(part, f"{place}.content")))
        else:
            said += _shown(part, place)
    yield from tool_messages(results)
    texts = [part.data for part in said if isinstance(part, TextPromptMessageContent)]
    if said:  # not every provider takes texts in parts
        yield UserPromptMessage(content="\n".join(texts) if len(texts) == len(said) else said)


def _returned(part: ToolResultPart, field: str) -> list[PromptMessageContentUnionTypes]:
    """What a tool returned; Dify has no other place than the text for whether that is an error."""
    content = [TextPart(type="text", text=part.content)] if isinstance(part.content, str) else part.content or []
    shown = [each for position, inner in enumerate(content) for each in _shown(inner, f"{field}[{position}]")]
    if not part.is_error:
        return shown
    match shown:
        case [TextPromptMessageContent(data=text), *others]:
            return [TextPromptMessageContent(data=f"Error: {text}"), *others]
    return [TextPromptMessageContent(data="Error"), *shown]


def _shown(
    part: TextPart | ImagePart | DocumentPart | SearchResultPart | ToolReferencePart, field: str
) -> list[PromptMessageContentUnionTypes]:
    match part:
        case TextPart():
            return [TextPromptMessageContent(data=part.text)]
        case ToolReferencePart():
            return [TextPromptMessageContent(data=part.tool_name)]
        case ImagePart():
            image = _media(part.source, "image/", f"{field}.source", default_type="image/jpeg")
            return [ImagePromptMessageContent(**image._asdict(), detail=ImagePromptMessageContent.DETAIL.HIGH)]
        case SearchResultPart():
            head = [f"{part.title} ({part.source})"]
            return [TextPromptMessageContent(data="\n".join(head + [each.text for each in part.content]))]
        case DocumentPart():
            return _document(part, field)


def _document(part: DocumentPart, field: str) -> list[PromptMessageContentUnionTypes]:
    head = [TextPromptMessageContent(data=text) for text in (part.title, part.context) if text]
    match part.source:
        case PlainTextSource(data=text) | PartsSource(content=str(text)):
            return [*head, TextPromptMessageContent(data=text)]
        case PartsSource(content=parts):
            place = f"{field}.source.content"
            inner = [_shown(each, f"{place}[{at}]") for at, each in enumerate(parts) if not isinstance(each, str)]
            return [*head, *(shown for each in inner for shown in each)]
        case Base64Source() | UrlSource() as source:
            media = _media(source, "", f"{field}.source", default_type="application/pdf")
            return [*head, DocumentPromptMessageContent(**media._asdict(), filename=part.title or "")]


def _media(source: Base64Source | UrlSource, kind: str, field: str, *, default_type: str) -> Media:
    if isinstance(source, UrlSource):
        return media_at(source.url, kind, f"{field}.url", default_type=default_type)
    if not source.media_type.startswith(kind) or "/" not in source.media_type:
        raise InvalidInput(
            f"The field `{field}.media_type` has to be one such as {default_type}.", field=f"{field}.media_type"
        )
    return inline_media(source.media_type, source.data, f"{field}.data")
