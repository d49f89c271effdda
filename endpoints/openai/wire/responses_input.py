"""The items in the `input` of a response request (OpenAI API reference, "Create a model response").

Fields that are not named here are of no use to a model: ids, statuses, annotations, phases.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Discriminator, Field, Tag

from endpoints.http.fields import ListOf
from endpoints.openai.wire.chat_input import InputAudio, Text
from endpoints.openai.wire.responses_tools import Tool


class TextPart(BaseModel):
    type: Literal["input_text", "output_text", "text"]
    text: str


class RefusalPart(BaseModel):
    type: Literal["refusal"]
    refusal: str


class ImagePart(BaseModel):
    type: Literal["input_image"]
    image_url: str | None = None
    file_id: str | None = None
    detail: Literal["auto", "low", "high", "original"] | None = None


class AudioPart(BaseModel):
    type: Literal["input_audio"]
    input_audio: InputAudio


class FilePart(BaseModel):
    type: Literal["input_file"]
    file_data: str | None = None
    file_url: str | None = None
    file_id: str | None = None
    filename: str | None = None


type Part = Annotated[TextPart | RefusalPart | ImagePart | AudioPart | FilePart, Field(discriminator="type")]


class Message(BaseModel):
    type: Literal["message"] = "message"
    role: Literal["user", "assistant", "system", "developer"]
    content: str | ListOf[Part]


class FunctionCall(BaseModel):
    type: Literal["function_call"]
    call_id: Text
    name: Text
    namespace: str | None = None
    arguments: str


class CustomCall(BaseModel):
    type: Literal["custom_tool_call"]
    call_id: Text
    name: Text
    namespace: str | None = None
    input: str


class CallOutput(BaseModel):
    type: Literal["function_call_output", "custom_tool_call_output"]
    call_id: Text
    output: str | ListOf[Part]


class Thought(BaseModel):
    text: str


class Reasoning(BaseModel):
    type: Literal["reasoning"]
    summary: ListOf[Thought] | None = None
    content: ListOf[Thought] | None = None


class AdditionalTools(BaseModel):
    type: Literal["additional_tools"]
    tools: ListOf[Tool]


class OtherItem(BaseModel):
    type: Text


_KNOWN = (
    "message",
    "function_call",
    "custom_tool_call",
    "function_call_output",
    "custom_tool_call_output",
    "reasoning",
    "additional_tools",
)


def _kind(item: Any) -> str:
    """Which of the types below an item is; a message may come without its type."""
    kind = item.get("type", "message") if isinstance(item, dict) else "other"
    return f"type: {kind if kind in _KNOWN else 'other'}"  # like no field, which would be taken for a step to an error


type Item = Annotated[
    Annotated[Message, Tag("type: message")]
    | Annotated[FunctionCall, Tag("type: function_call")]
    | Annotated[CustomCall, Tag("type: custom_tool_call")]
    | Annotated[CallOutput, Tag("type: function_call_output")]
    | Annotated[CallOutput, Tag("type: custom_tool_call_output")]
    | Annotated[Reasoning, Tag("type: reasoning")]
    | Annotated[AdditionalTools, Tag("type: additional_tools")]
    | Annotated[OtherItem, Tag("type: other")],
    Discriminator(_kind),
]
