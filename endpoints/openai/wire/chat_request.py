"""The body of `POST /v1/chat/completions` (OpenAI API reference, "Create chat completion").

The fields are OpenAI's and those of other servers that speak the same API (vLLM, llama.cpp, Ollama, OpenRouter, Qwen,
DeepSeek, Mistral, Zhipu). What becomes of them, and of those that are not named here, is in `chat_parameters`.
"""

import json
from contextlib import suppress
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict

from endpoints.http.fields import FilledListOf, ListOf
from endpoints.openai.wire.chat_input import Message, Text

type Number = Annotated[float, Strict()]
type WholeNumber = Annotated[int, Strict()]


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


def _with_a_schema(response_format: object) -> object:
    """A schema is OpenAI's `json_schema` wherever else it stands: `schema` of llama.cpp and others, `value` of TGI, or
    without a name around it as with Cloudflare. One that is empty asks for nothing."""
    match response_format:
        case {"type": "json" | "json_object", "value": schema} if schema is not None:
            return {"type": "json_schema", "json_schema": {"schema": schema}}
        case {"type": "json" | "json_object", "schema": schema} if schema in (None, {}):
            return {"type": "json_object"}
        case {"type": "json" | "json_object" | "json_schema", "schema": schema} if schema is not None:
            return {"type": "json_schema", "json_schema": {"schema": schema}}
        case {"type": "json_object" | "json_schema", "json_schema": {"properties": dict()} as schema}:
            return {"type": "json_schema", "json_schema": {"schema": schema}}
        case {"type": "json_object", "json_schema": schema} if schema is not None:
            return {"type": "json_schema", "json_schema": schema}
    return response_format


def _read(schema: object) -> object:
    """vLLM takes a schema as text, too."""
    with suppress(ValueError, RecursionError):
        return json.loads(schema) if isinstance(schema, str) else schema
    return schema


type JsonObject = Annotated[dict[str, Any], BeforeValidator(_read)]


class PlainFormat(BaseModel):
    type: Literal["text", "json_object"]


class JsonSchema(BaseModel):
    schema_: dict[str, Any] = Field(alias="schema")


class SchemaFormat(BaseModel):
    type: Literal["json_schema"]
    json_schema: JsonSchema


class StructuredOutputs(BaseModel):
    """vLLM's; the others of its ways to bind an answer are not to be had."""

    model_config = ConfigDict(extra="allow")

    json_: JsonObject | None = Field(default=None, alias="json")


class Thinking(BaseModel):
    """As Anthropic, DeepSeek, Moonshot and Zhipu write it. `adaptive` and `auto` leave it to the model how much."""

    type: Literal["enabled", "disabled", "adaptive", "auto"]
    budget_tokens: WholeNumber | None = None


def _as_thinking(thinking: Any) -> Any:
    """Also a plain word, yes or no, and an object without a type."""
    match thinking:
        case str():
            return {"type": thinking}
        case bool(enabled) | {"enabled": bool(enabled)}:
            return {"type": "enabled" if enabled else "disabled"}
        case {"budget_tokens": int()} if "type" not in thinking:
            return {"type": "enabled", **thinking}
    return thinking or None


class ReasoningWish(BaseModel):
    """OpenRouter's."""

    effort: str | None = None
    max_tokens: WholeNumber | None = None
    enabled: bool | None = None
    exclude: bool | None = None


class TemplateWish(BaseModel):
    """What the templates of models on vLLM and SGLang know; other words of theirs mean nothing to Dify."""

    enable_thinking: bool | None = None
    thinking: bool | None = None
    thinking_budget: WholeNumber | None = None
    reasoning_effort: str | None = None


class StreamOptions(BaseModel):
    include_usage: bool | None = None


class ChatRequest(BaseModel):
    model_config = ConfigDict(extra="allow")

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
    response_format: (
        Annotated[PlainFormat | SchemaFormat, Field(discriminator="type"), BeforeValidator(_with_a_schema)] | None
    ) = None

    tools: ListOf[Tool] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    parallel_tool_calls: bool | None = None

    # what other servers with this API take too
    top_k: WholeNumber | None = None
    repetition_penalty: Number | None = None
    repeat_penalty: Number | None = None
    """The same, as llama.cpp calls it."""
    random_seed: WholeNumber | None = None
    safe_prompt: bool | None = None
    do_sample: bool | None = None
    enable_search: bool | None = None
    thinking: Annotated[Thinking | None, BeforeValidator(_as_thinking)] = None
    enable_thinking: bool | None = None
    think: bool | str | None = None
    thinking_budget: WholeNumber | None = None
    reasoning: ReasoningWish | None = None
    chat_template_kwargs: TemplateWish | None = None
    chat_template_args: TemplateWish | None = None
    """The same, as NVIDIA and Baseten call it."""
    include_reasoning: bool | None = None
    reasoning_format: str | None = None
    guided_json: JsonObject | None = None
    json_schema: JsonObject | None = None
    structured_outputs: StructuredOutputs | None = None

    # of apps: Dify's own
    conversation_id: str | None = None
    inputs: dict[str, Any] | None = None
    user: str | None = None

    # of which Dify has only what is so of itself
    n: WholeNumber | None = None
    modalities: ListOf[str] | None = None

    @property
    def includes_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)

    @property
    def hides_reasoning(self) -> bool:
        """Whether the caller wants to see nothing of what a model thinks."""
        excluded = self.reasoning is not None and self.reasoning.exclude
        return bool(excluded) or self.include_reasoning is False or self.reasoning_format == "hidden"
