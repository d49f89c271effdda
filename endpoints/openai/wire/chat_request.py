"""The body of `POST /v1/chat/completions` (OpenAI API reference, "Create chat completion").

What is not named here is ignored, as long as leaving it out changes nothing but speed, cost or bookkeeping.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, Strict, field_validator

from endpoints.http.fields import FilledListOf, ListOf

type Text = Annotated[str, Field(min_length=1)]
type Number = Annotated[float, Strict()]
type WholeNumber = Annotated[int, Strict()]


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


class AssistantMessage(BaseModel):
    role: Literal["assistant"]
    content: str | ListOf[Annotated[TextPart | RefusalPart, Field(discriminator="type")]] | None = None
    name: str | None = None
    tool_calls: ListOf[MessageToolCall] | None = None
    function_call: Any = None

    @field_validator("function_call")
    @classmethod
    def _calls_are_tool_calls(cls, function_call: Any) -> None:
        if function_call is not None:
            raise ValueError(
                "it was replaced by `tool_calls`. Send the call there, with an `id`, and its result as a message of "
                "the role `tool`"
            )


class ToolMessage(BaseModel):
    role: Literal["tool"]
    content: str | FilledListOf[TextPart]
    tool_call_id: Text
    name: str | None = None


type Message = Annotated[SystemMessage | UserMessage | AssistantMessage | ToolMessage, Field(discriminator="role")]


class Function(BaseModel):
    name: Text
    description: str | None = None
    parameters: dict[str, Any] | None = None


class Tool(BaseModel):
    type: Literal["function"]
    function: Function


class FunctionName(BaseModel):
    name: Text


class NamedTool(BaseModel):
    type: Literal["function"]
    function: FunctionName


class PlainFormat(BaseModel):
    type: Literal["text", "json_object"]


class JsonSchema(BaseModel):
    schema_: dict[str, Any] = Field(alias="schema")


class SchemaFormat(BaseModel):
    type: Literal["json_schema"]
    json_schema: JsonSchema


class StreamOptions(BaseModel):
    include_usage: bool | None = None


class ChatRequest(BaseModel):
    model: str | None = None
    messages: FilledListOf[Message]
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    temperature: Number | None = None
    top_p: Number | None = None
    presence_penalty: Number | None = None
    frequency_penalty: Number | None = None
    max_tokens: WholeNumber | None = None
    max_completion_tokens: WholeNumber | None = None
    seed: WholeNumber | None = None
    stop: str | ListOf[str] | None = None
    reasoning_effort: str | None = None
    verbosity: str | None = None
    response_format: Annotated[PlainFormat | SchemaFormat, Field(discriminator="type")] | None = None

    tools: ListOf[Tool] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    parallel_tool_calls: bool | None = None

    # what other servers with this API take too
    top_k: WholeNumber | None = None
    repetition_penalty: Number | None = None
    enable_thinking: bool | None = None
    thinking_budget: WholeNumber | None = None

    # of apps: Dify's own
    conversation_id: str | None = None
    inputs: dict[str, Any] | None = None
    user: str | None = None

    # what cannot be had from Dify, and would be missed
    n: WholeNumber | None = None
    logprobs: Any = None
    top_logprobs: Any = None
    logit_bias: Any = None
    functions: Any = None
    function_call: Any = None
    modalities: ListOf[str] | None = None
    audio: Any = None
    web_search_options: Any = None

    @property
    def includes_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)
