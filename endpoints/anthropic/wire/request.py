"""The body of `POST /v1/messages` and of `/v1/messages/count_tokens` (Anthropic API reference, "Create a Message").

What is not named here is ignored, `cache_control` and citations before all: leaving it out changes nothing but speed,
cost or bookkeeping.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Discriminator, Field, Strict, Tag

from endpoints.http.fields import FilledListOf, ListOf

type Text = Annotated[str, Field(min_length=1)]
type Number = Annotated[float, Strict()]
type WholeNumber = Annotated[int, Strict()]


class TextPart(BaseModel):
    type: Literal["text"]
    text: str


class Base64Source(BaseModel):
    type: Literal["base64"]
    media_type: Text
    data: Text


class UrlSource(BaseModel):
    type: Literal["url"]
    url: Text


class PlainTextSource(BaseModel):
    type: Literal["text"]
    data: str


class ImagePart(BaseModel):
    type: Literal["image"]
    source: Annotated[Base64Source | UrlSource, Field(discriminator="type")]


class PartsSource(BaseModel):
    type: Literal["content"]
    content: str | ListOf[Annotated[TextPart | ImagePart, Field(discriminator="type")]]


class DocumentPart(BaseModel):
    type: Literal["document"]
    source: Annotated[Base64Source | UrlSource | PlainTextSource | PartsSource, Field(discriminator="type")]
    title: str | None = None
    context: str | None = None


class SearchResultPart(BaseModel):
    type: Literal["search_result"]
    source: str
    title: str
    content: ListOf[TextPart]


class ToolReferencePart(BaseModel):
    """What a search for tools has found; a model has all tools here, so the name is all there is to tell."""

    type: Literal["tool_reference"]
    tool_name: str


type ResultPart = Annotated[
    TextPart | ImagePart | DocumentPart | SearchResultPart | ToolReferencePart, Field(discriminator="type")
]


class ToolResultPart(BaseModel):
    type: Literal["tool_result"]
    tool_use_id: Text
    content: str | ListOf[ResultPart] | None = None
    is_error: bool | None = None


class ToolUsePart(BaseModel):
    type: Literal["tool_use"]
    id: Text
    name: Text
    input: dict[str, Any]


class ThinkingPart(BaseModel):
    type: Literal["thinking"]
    thinking: str
    signature: str | None = None
    """Empty where a model of Dify has thought."""


class PartOfAnotherServer(BaseModel):
    """What only Anthropic's servers can read again: thinking that they encrypted, and what their own tools did."""

    type: str


def _kind_of_part(part: Any) -> str | None:
    """The tag below; a part may have been read already."""
    kind = part.get("type") if isinstance(part, dict) else getattr(part, "type", None)
    if not isinstance(kind, str):
        return None
    return kind if kind in ("text", "tool_use", "thinking") else "other"


type AssistantPart = Annotated[
    Annotated[TextPart, Tag("text")]
    | Annotated[ToolUsePart, Tag("tool_use")]
    | Annotated[ThinkingPart, Tag("thinking")]
    | Annotated[PartOfAnotherServer, Tag("other")],
    Discriminator(
        _kind_of_part, custom_error_type="part_without_type", custom_error_message="it is no object with a 'type'"
    ),
]


type UserPart = Annotated[
    TextPart | ImagePart | DocumentPart | SearchResultPart | ToolResultPart, Field(discriminator="type")
]


class UserMessage(BaseModel):
    role: Literal["user"]
    content: str | FilledListOf[UserPart]


class AssistantMessage(BaseModel):
    role: Literal["assistant"]
    content: str | ListOf[AssistantPart]


class SystemMessage(BaseModel):
    """Among the others, as Claude Code sends them."""

    role: Literal["system"]
    content: str | ListOf[TextPart]


type Message = Annotated[UserMessage | AssistantMessage | SystemMessage, Field(discriminator="role")]


class Tool(BaseModel):
    type: str | None = None
    name: Text
    description: str | None = None
    input_schema: dict[str, Any] | None = None


class ToolChoice(BaseModel):
    type: Literal["auto", "any", "none"]
    disable_parallel_tool_use: bool | None = None


class NamedToolChoice(BaseModel):
    type: Literal["tool"]
    name: Text
    disable_parallel_tool_use: bool | None = None


class Thinking(BaseModel):
    type: str
    """ "enabled" or "disabled"; "adaptive" and others leave it to the model."""
    budget_tokens: WholeNumber | None = None
    display: str | None = None


class JsonFormat(BaseModel):
    type: Literal["json_schema"]
    schema_: dict[str, Any] = Field(alias="schema")


class OutputConfig(BaseModel):
    effort: str | None = None
    format: JsonFormat | None = None


class Metadata(BaseModel):
    user_id: str | None = None


class MessagesRequest(BaseModel):
    model: str | None = None
    system: str | ListOf[TextPart] | None = None
    messages: FilledListOf[Message]
    stream: bool | None = None

    max_tokens: Annotated[WholeNumber, Field(ge=1)] | None = None
    temperature: Number | None = None
    top_p: Number | None = None
    top_k: WholeNumber | None = None
    stop_sequences: ListOf[str] | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig | None = None

    tools: ListOf[Tool] | None = None
    tool_choice: Annotated[ToolChoice | NamedToolChoice, Field(discriminator="type")] | None = None

    # of apps: Dify's own, but for the user's id
    conversation_id: str | None = None
    inputs: dict[str, Any] | None = None
    metadata: Metadata | None = None

    # what cannot be had from Dify, and would be missed
    container: Any = None
    mcp_servers: Any = None
    thread: Any = None

    @property
    def shows_thinking(self) -> bool:
        """Whether the reply may hold thinking: a client that has not asked for it expects text first."""
        thinking = self.thinking
        return thinking is not None and thinking.type != "disabled" and thinking.display != "omitted"
