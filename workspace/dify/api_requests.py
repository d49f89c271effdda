"""What Dify's API takes from the plugin daemon: its request classes, which refuse what Dify refuses.

Source: Dify, `core/plugin/entities/request.py`. The names of the classes and fields are kept because Dify's error texts
show them. What a class does not name is ignored: the session's own fields, and the `files` of an app.
"""

from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator

from workspace.dify.refusals import Refused

type Payload = dict[str, Any]


class BaseRequestInvokeModel(BaseModel):
    provider: str
    model: str


class PromptMessage(BaseModel):
    role: Literal["system", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    name: str | None = None
    tool_calls: list[dict[str, Any]] | None = None
    tool_call_id: str | None = None


class RequestInvokeLLM(BaseRequestInvokeModel):
    mode: str
    completion_params: dict[str, Any] = Field(default_factory=dict)
    prompt_messages: list[PromptMessage] = Field(default_factory=list)
    tools: list[dict[str, Any]] | None = None
    stop: list[str] | None = None

    @field_validator("prompt_messages", mode="before")
    @classmethod
    def must_be_a_list(cls, value: object) -> object:
        if not isinstance(value, list):
            raise ValueError("prompt_messages must be a list")  # noqa: TRY004 - pydantic reports no TypeError
        return value


class RequestInvokeLLMWithStructuredOutput(RequestInvokeLLM):
    structured_output_schema: dict[str, Any] = Field(default_factory=dict)


class RequestInvokeTextEmbedding(BaseRequestInvokeModel):
    texts: list[str]
    input_type: Literal["document", "query"] = "document"


class RequestInvokeRerank(BaseRequestInvokeModel):
    query: str
    docs: list[str]
    score_threshold: float
    top_n: int


class RequestInvokeTTS(BaseRequestInvokeModel):
    content_text: str
    voice: str


class RequestInvokeSpeech2Text(BaseRequestInvokeModel):
    file: bytes

    @field_validator("file", mode="before")
    @classmethod
    def is_hexadecimal(cls, value: object) -> object:
        if not isinstance(value, str):
            raise ValueError("file must be a hex string")  # noqa: TRY004
        return bytes.fromhex(value)


class RequestInvokeModeration(BaseRequestInvokeModel):
    text: str


class NodeModel(BaseModel):
    """`ModelConfig` of graphon's nodes, which know a model by its `name`."""

    provider: str
    name: str
    mode: Literal["chat", "completion"]
    completion_params: dict[str, Any] = Field(default_factory=dict)


class ParameterConfig(BaseModel):
    name: str
    type: str
    options: list[str] | None = None
    description: str
    required: bool

    @field_validator("name")
    @classmethod
    def is_not_reserved(cls, value: str) -> str:
        if value in ("__reason", "__is_success"):
            raise ValueError("Invalid parameter name, __reason and __is_success are reserved")
        return value


class ClassConfig(BaseModel):
    id: str
    name: str


class RequestInvokeParameterExtractorNode(BaseModel):
    parameters: list[ParameterConfig]
    model: NodeModel
    instruction: str
    query: str


class RequestInvokeQuestionClassifierNode(BaseModel):
    query: str
    model: NodeModel
    classes: list[ClassConfig]
    instruction: str


class RequestInvokeTool(BaseModel):
    tool_type: Literal["builtin", "workflow", "api", "mcp"]
    provider: str
    tool: str
    tool_parameters: dict[str, Any]
    credential_id: str | None = None


class RequestInvokeSummary(BaseModel):
    text: str
    instruction: str


class RequestInvokeApp(BaseModel):
    app_id: str
    inputs: dict[str, Any]
    query: str | None = None
    response_mode: Literal["blocking", "streaming"]
    conversation_id: str | None = None
    user: str | None = None


class RequestFetchAppInfo(BaseModel):
    app_id: str


class RequestRequestUploadFile(BaseModel):
    filename: str
    mimetype: str


class RequestInvokeEncrypt(BaseModel):
    """`data` are the settings of a group of endpoints, which the daemon never keeps or reads itself."""

    opt: Literal["encrypt", "decrypt", "clear"]
    namespace: Literal["endpoint"]
    identity: str
    data: dict[str, Any] = Field(default_factory=dict)


REQUESTS: dict[str, type[BaseModel]] = {
    "llm": RequestInvokeLLM,
    "llm_structured_output": RequestInvokeLLMWithStructuredOutput,
    "text_embedding": RequestInvokeTextEmbedding,
    "rerank": RequestInvokeRerank,
    "tts": RequestInvokeTTS,
    "speech2text": RequestInvokeSpeech2Text,
    "moderation": RequestInvokeModeration,
    "node_parameter_extractor": RequestInvokeParameterExtractorNode,
    "node_question_classifier": RequestInvokeQuestionClassifierNode,
    "tool": RequestInvokeTool,
    "system_summary": RequestInvokeSummary,
    "app": RequestInvokeApp,
    "fetch_app": RequestFetchAppInfo,
    "upload_file": RequestRequestUploadFile,
    "encrypt": RequestInvokeEncrypt,
}
"""By the type of the invocation. Dify has more; these are what the workspace answers."""


def read(invoke_type: str, payload: Payload) -> BaseModel:
    """The request in a payload. Raises `Refused` with Dify's text, which is pydantic's."""
    try:
        return REQUESTS[invoke_type].model_validate(payload)
    except ValidationError as error:
        raise Refused(f"invalid payload: {error}") from error
