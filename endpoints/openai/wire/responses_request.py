"""The body of `POST /v1/responses` (OpenAI API reference, "Create a model response").

What is not named here is ignored, as long as leaving it out changes nothing but speed, cost or bookkeeping.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from endpoints.http.fields import ListOf
from endpoints.openai.wire.chat_request import Number, WholeNumber
from endpoints.openai.wire.responses_input import Item
from endpoints.openai.wire.responses_tools import Tool, ToolChoice


class PlainFormat(BaseModel):
    model_config = ConfigDict(extra="allow")

    type: Literal["text", "json_object"]


class SchemaFormat(BaseModel):
    model_config = ConfigDict(extra="allow")

    type: Literal["json_schema"]
    schema_: dict[str, Any] = Field(alias="schema")


class TextOptions(BaseModel):
    format: Annotated[PlainFormat | SchemaFormat, Field(discriminator="type")] | None = None
    verbosity: str | None = None


class ReasoningOptions(BaseModel):
    effort: str | None = None
    summary: str | None = None
    generate_summary: str | None = None
    """What `summary` was called before."""


class ConversationId(BaseModel):
    id: str


class ResponsesRequest(BaseModel):
    model: str | None = None
    input: str | ListOf[Item] | None = None
    instructions: str | None = None
    stream: bool | None = None

    temperature: Number | None = None
    top_p: Number | None = None
    max_output_tokens: WholeNumber | None = None
    reasoning: ReasoningOptions | None = None
    text: TextOptions | None = None

    tools: ListOf[Tool] | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None

    # what other servers with this API take too
    top_k: WholeNumber | None = None
    presence_penalty: Number | None = None
    frequency_penalty: Number | None = None
    repetition_penalty: Number | None = None
    seed: WholeNumber | None = None
    stop: str | ListOf[str] | None = None

    # of apps: `conversation_id` and `inputs` are Dify's own
    conversation: str | ConversationId | None = None
    conversation_id: str | None = None
    inputs: dict[str, Any] | None = None
    user: str | None = None

    # told again in the reply
    metadata: dict[str, Any] | None = None
    prompt_cache_key: str | None = None
    safety_identifier: str | None = None

    # what cannot be had from Dify, and would be missed
    previous_response_id: Any = None
    background: Any = None
    prompt: Any = None
    context_management: Any = None
    moderation: Any = None
    top_logprobs: Any = None
    include: ListOf[str] | None = None
