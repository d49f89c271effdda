"""The messages of a chat completion request as Dify's."""

from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    PromptMessage,
    PromptMessageContentUnionTypes,
    SystemPromptMessage,
    TextPromptMessageContent,
    ToolPromptMessage,
    UserPromptMessage,
)

from endpoints.openai.wire.chat_input import (
    AssistantMessage,
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    MessageToolCall,
    RefusalPart,
    SystemMessage,
    TextPart,
    ToolMessage,
    UserMessage,
)
from endpoints.openai.wire.contents import audio, document, image
from switchboard.chat.reasoning import with_reasoning
from switchboard.errors import InvalidInput


def prompt_messages(messages: list[Message], *, first: int = 0) -> list[PromptMessage]:
    """Each message as Dify has it: a developer is the system, what a tool returned bears the tool's name, and what a
    model has thought stands in its answer. `first` is the place of the first in the request."""
    names: dict[str, str] = {}
    found: list[PromptMessage] = []
    for position, message in enumerate(messages, start=first):
        match message:
            case SystemMessage():
                found.append(SystemPromptMessage(content=_text(message.content), name=message.name))
            case UserMessage():
                content = _user_content(message, f"messages[{position}].content")
                found.append(UserPromptMessage(content=content, name=message.name))
            case AssistantMessage():
                names |= {call.id: call.function.name for call in message.tool_calls or []}
                found.append(_assistant_message(message, f"messages[{position}]"))
            case ToolMessage():
                name = message.name or names.get(message.tool_call_id)
                found.append(
                    ToolPromptMessage(content=_text(message.content), name=name, tool_call_id=message.tool_call_id)
                )
    return found


def _assistant_message(message: AssistantMessage, field: str) -> AssistantPromptMessage:
    for name, is_beginning in (("prefix", message.prefix), ("partial", message.partial)):
        if is_beginning:
            raise InvalidInput(
                f"`{field}.{name}` cannot be had: Dify's providers have a model begin each answer anew. Leave it out.",
                field=f"{field}.{name}",
            )
    text = _text(message.content) or message.refusal or ""
    reasoning = message.reasoning_content or message.reasoning or ""
    if not text.lstrip().startswith("<think>"):
        text = with_reasoning(reasoning, text)
    calls = list(map(_tool_call, message.tool_calls or []))
    return AssistantPromptMessage(content=text, name=message.name, tool_calls=calls)


def _text(content: str | list[TextPart] | list[TextPart | RefusalPart] | None) -> str:
    """Only what a user says may be in parts: Dify's providers read the rest as one text."""
    if isinstance(content, list):
        return "\n".join(part.refusal if isinstance(part, RefusalPart) else part.text for part in content)
    return content or ""


def _tool_call(call: MessageToolCall) -> AssistantPromptMessage.ToolCall:
    function = AssistantPromptMessage.ToolCall.ToolCallFunction(**call.function.model_dump())
    return AssistantPromptMessage.ToolCall(id=call.id, type=call.type, function=function)


def _user_content(message: UserMessage, field: str) -> str | list[PromptMessageContentUnionTypes]:
    match message.content:
        case str(text) | [TextPart(text=text)]:
            return text
        case parts:
            return [_part(part, f"{field}[{position}]") for position, part in enumerate(parts)]


def _part(part: TextPart | ImagePart | AudioPart | FilePart, field: str) -> PromptMessageContentUnionTypes:
    match part:
        case TextPart():
            return TextPromptMessageContent(data=part.text)
        case ImagePart():
            return image(part.image_url.url, part.image_url.detail, f"{field}.image_url.url")
        case AudioPart():
            return audio(part.input_audio.data, part.input_audio.format, f"{field}.input_audio")
        case FilePart():
            field = f"{field}.file.file_data"
            if not part.file.file_data:
                raise InvalidInput(
                    f"The field `{field}` is missing. There are no uploaded files to refer to here: send the file "
                    "itself, as a data URL.",
                    field=field,
                )
            return document(part.file.file_data, part.file.filename or "", field)
