"""The messages of a chat completion request (OpenAI API reference, "Create chat completion").

Those of other servers that speak the same API are among their fields.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, field_validator, model_validator

from endpoints.http.fields import FilledListOf, ListOf
from endpoints.openai.wire.earlier_reasoning import with_reasoning_in_one_place

type Text = Annotated[str, Field(min_length=1)]


class TextPart(BaseModel):
    type: Literal["text"]
    text: str


class RefusalPart(BaseModel):
    type: Literal["refusal"]
    refusal: str


class ImageUrl(BaseModel):
    url: Text
    detail: Literal["auto", "low", "high", "original"] | None = None


class ImagePart(BaseModel):
    type: Literal["image_url"]
    image_url: Annotated[ImageUrl, BeforeValidator(lambda value: {"url": value} if isinstance(value, str) else value)]


class InputAudio(BaseModel):
    data: Text
    format: Text


class AudioPart(BaseModel):
    type: Literal["input_audio"]
    input_audio: InputAudio


class InputFile(BaseModel):
    file_data: str | None = None
    file_id: str | None = None
    filename: str | None = None


class FilePart(BaseModel):
    type: Literal["file"]
    file: InputFile


class CalledFunction(BaseModel):
    name: Text
    arguments: str


class MessageToolCall(BaseModel):
    id: str
    type: Literal["function"] = "function"
    function: CalledFunction


class SystemMessage(BaseModel):
    role: Literal["system", "developer"]
    content: str | FilledListOf[TextPart]
    name: str | None = None


class UserMessage(BaseModel):
    role: Literal["user"]
    content: str | FilledListOf[Annotated[TextPart | ImagePart | AudioPart | FilePart, Field(discriminator="type")]]
    name: str | None = None
    images: Any = None

    @field_validator("images")
    @classmethod
    def _pictures_are_parts(cls, images: Any) -> None:
        if images:
            raise ValueError("it is Ollama's. Send pictures as parts of `content`, of the type `image_url`")


class AssistantMessage(BaseModel):
    role: Literal["assistant"]
    content: str | ListOf[Annotated[TextPart | RefusalPart, Field(discriminator="type")]] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    """The same, as vLLM and OpenRouter call it."""
    prefix: bool | None = None
    partial: bool | None = None
    """Whether the answer is to go on from this message, as DeepSeek and Mistral and as Moonshot call it."""
    refusal: str | None = None
    name: str | None = None
    tool_calls: ListOf[MessageToolCall] | None = None
    function_call: Any = None

    @model_validator(mode="before")
    @classmethod
    def _reasoning_is_in_one_place(cls, message: Any) -> Any:
        return with_reasoning_in_one_place(message) if isinstance(message, dict) else message

    @field_validator("function_call")
    @classmethod
    def _calls_are_tool_calls(cls, function_call: Any) -> None:
        if function_call:
            raise ValueError(
                "it was replaced by `tool_calls`. Send the call there, with an `id`, and its result as a message of "
                "the role `tool`"
            )


class ToolMessage(BaseModel):
    role: Literal["tool"]
    content: str | FilledListOf[TextPart]
    tool_call_id: Text
    name: str | None = None


def _results_are_of_tools(message: object) -> object:
    if isinstance(message, dict) and message.get("role") == "function":
        raise ValueError(
            "the role `function` was replaced by `tool`. Send the result with that, and with the `tool_call_id` of "
            "its call"
        )
    return message


type Message = Annotated[
    SystemMessage | UserMessage | AssistantMessage | ToolMessage,
    Field(discriminator="role"),
    BeforeValidator(_results_are_of_tools),
]
