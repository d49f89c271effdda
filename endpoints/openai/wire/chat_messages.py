"""The messages of a chat completion request as Dify's."""

import mimetypes

from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    AudioPromptMessageContent,
    DocumentPromptMessageContent,
    ImagePromptMessageContent,
    PromptMessage,
    PromptMessageContentUnionTypes,
    SystemPromptMessage,
    TextPromptMessageContent,
    ToolPromptMessage,
    UserPromptMessage,
)

from endpoints.openai.wire.chat_request import (
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
from endpoints.openai.wire.media import base64_content, media_at
from switchboard.errors import InvalidInput

_DETAIL = ImagePromptMessageContent.DETAIL
_AUDIO_TYPES = {"mp3": "audio/mpeg"}


def prompt_messages(messages: list[Message]) -> list[PromptMessage]:
    """Each message as Dify has it: a developer is the system, and what a tool returned bears the tool's name."""
    names: dict[str, str] = {}
    found: list[PromptMessage] = []
    for position, message in enumerate(messages):
        match message:
            case SystemMessage():
                found.append(SystemPromptMessage(content=_text(message.content), name=message.name))
            case UserMessage():
                content = _user_content(message, f"messages[{position}].content")
                found.append(UserPromptMessage(content=content, name=message.name))
            case AssistantMessage():
                calls = message.tool_calls or []
                names |= {call.id: call.function.name for call in calls}
                found.append(
                    AssistantPromptMessage(
                        content=_text(message.content), name=message.name, tool_calls=list(map(_tool_call, calls))
                    )
                )
            case ToolMessage():
                name = message.name or names.get(message.tool_call_id)
                found.append(
                    ToolPromptMessage(content=_text(message.content), name=name, tool_call_id=message.tool_call_id)
                )
    return found


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
            image = media_at(part.image_url.url, "image/", f"{field}.image_url.url", default_type="image/jpeg")
            # Dify has no "auto"; what a picture shows must not depend on how finely the model happens to look
            detail = _DETAIL.LOW if part.image_url.detail == "low" else _DETAIL.HIGH
            return ImagePromptMessageContent(**image._asdict(), detail=detail)
        case AudioPart():
            audio_format = part.input_audio.format.lower()
            return AudioPromptMessageContent(
                format=audio_format,
                mime_type=_AUDIO_TYPES.get(audio_format, f"audio/{audio_format}"),
                base64_data=base64_content(part.input_audio.data, f"{field}.input_audio.data"),
            )
        case FilePart():
            return _document(part, f"{field}.file")


def _document(part: FilePart, field: str) -> DocumentPromptMessageContent:
    if not part.file.file_data:
        raise InvalidInput(
            f"The field `{field}.file_data` is missing. There are no uploaded files to refer to here: send the file "
            "itself, as a data URL.",
            field=f"{field}.file_data",
        )
    address, filename = part.file.file_data, part.file.filename or ""
    mime_type = mimetypes.guess_type(filename)[0]
    if mime_type and ":" not in address:  # the content alone, which OpenAI takes too
        address = f"data:{mime_type};base64,{address}"
    document = media_at(address, "", f"{field}.file_data", default_type="application/pdf")
    return DocumentPromptMessageContent(**document._asdict(), filename=filename)
