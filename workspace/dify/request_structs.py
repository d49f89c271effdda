"""The fields of every reverse invocation, as the daemon's request structs declare them.

Source: dify-plugin-daemon, `dify_invocation/types.go`, `entities/requests`, `entities/model_entities`. The names of the
Go structs and fields are kept because the daemon's error texts show them. `tool_choice`, which the SDK cannot send and
Dify's API has no field for, is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

type Kind = Literal["string", "int", "float64", "bool", "map", "list", "struct", "any", "raw"]


@dataclass(frozen=True)
class Field:
    """One field: `key` in the payload, `name` in Go.

    `embedded` is the Go struct it comes from, `of` what a list holds or a struct contains, `rule` the validation
    ("required", "oneof", or the name of the daemon's own check) and `choices` what a checked string may be.
    """

    key: str
    name: str
    kind: Kind = "string"
    embedded: str = ""
    of: "Struct | Kind | None" = None
    required: bool = False
    rule: str = ""
    choices: tuple[str, ...] = ()
    dive: bool = True
    go_type: str = "string"
    omitted_if_empty: bool = False


@dataclass(frozen=True)
class Struct:
    name: str
    fields: tuple[Field, ...]


def _embedded(struct: str, *fields: Field) -> tuple[Field, ...]:
    return tuple(Field(**{**vars(field), "embedded": struct}) for field in fields)


def _text(key: str, name: str, *, required: bool = False) -> Field:
    return Field(key, name, required=required)


_MODEL = _embedded(
    "BaseRequestInvokeModel", _text("provider", "Provider", required=True), _text("model", "Model", required=True)
)

_FUNCTION = Struct("", (_text("name", "Name"), _text("arguments", "Arguments")))
_TOOL_CALL = Struct(
    "PromptMessageToolCall",
    (_text("id", "ID"), _text("type", "Type"), Field("function", "Function", "struct", of=_FUNCTION)),
)
_MESSAGE = Struct(
    "PromptMessage",
    (
        Field("role", "Role", go_type="model_entities.PromptMessageRole"),
        Field("content", "Content", "any"),
        _text("name", "Name"),
        Field("tool_calls", "ToolCalls", "list", of=_TOOL_CALL),
        _text("tool_call_id", "ToolCallId"),
        Field("opaque_body", "OpaqueBody", "raw", omitted_if_empty=True),
    ),
)
_TOOL = Struct(
    "PromptMessageTool",
    (
        _text("name", "Name", required=True),
        _text("description", "Description"),
        Field("parameters", "Parameters", "map"),
    ),
)
_LLM = _embedded(
    "InvokeLLMSchema",
    _text("mode", "Mode", required=True),
    Field("completion_params", "CompletionParams", "map"),
    Field("prompt_messages", "PromptMessages", "list", of=_MESSAGE, dive=False),
    Field("tools", "Tools", "list", of=_TOOL),
    Field("stop", "Stop", "list", of="string"),
    Field("stream", "Stream", "bool"),
)

_CONTENT = Struct(
    "MultimodalContent",
    (
        _text("content", "Content", required=True),
        Field(
            "content_type",
            "ContentType",
            required=True,
            rule="multimodal_content_type",
            choices=("text", "image"),
            go_type="model_entities.MultimodalContentType",
        ),
    ),
)
_RERANK_NUMBERS = (Field("score_threshold", "ScoreThreshold", "float64"), Field("top_n", "TopN", "int"))

_NODE_MODEL = Struct(
    "ModelConfig",
    (
        _text("provider", "Provider", required=True),
        _text("name", "Name", required=True),
        _text("mode", "Mode", required=True),
        Field("completion_params", "CompletionParams", "map"),
    ),
)
_PARAMETER_TYPES = ("string", "number", "bool", "select", "array[string]", "array[number]", "array[object]")
_PARAMETER = Struct(
    "",
    (
        _text("name", "Name", required=True),
        Field("type", "Type", required=True, rule="oneof", choices=_PARAMETER_TYPES),
        Field("options", "Options", "list", of="string"),
        _text("description", "Description"),
        Field("required", "Required", "bool"),
    ),
)
_CLASS = Struct("", (_text("id", "ID", required=True), _text("name", "Name", required=True)))
_NODE_END = (
    Field("model", "Model", "struct", of=_NODE_MODEL),
    _text("instruction", "Instruction"),
    _text("query", "Query", required=True),
)


def _list(key: str, name: str, of: Struct | Kind) -> Field:
    return Field(key, name, "list", of=of, required=True)


def _request(name: str, *fields: Sequence[Field]) -> Struct:
    return Struct(name, tuple(field for group in fields for field in group))


REQUESTS: dict[str, Struct] = {
    "llm": _request("InvokeLLMRequest", _MODEL, _LLM),
    "llm_structured_output": _request(
        "InvokeLLMWithStructuredOutputRequest",
        _MODEL,
        _LLM,
        [Field("structured_output_schema", "StructuredOutputSchema", "map", required=True)],
    ),
    "text_embedding": _request(
        "InvokeTextEmbeddingRequest",
        _MODEL,
        _embedded(
            "InvokeTextEmbeddingSchema",
            _list("texts", "Texts", "string"),
            _text("input_type", "InputType", required=True),
        ),
    ),
    "multimodal_embedding": _request(
        "InvokeMultimodalEmbeddingRequest",
        _MODEL,
        _embedded(
            "InvokeMultimodalEmbeddingSchema",
            _list("documents", "Documents", _CONTENT),
            Field("input_type", "InputType", required=True, rule="oneof", choices=("document", "query")),
        ),
    ),
    "rerank": _request(
        "InvokeRerankRequest",
        _MODEL,
        _embedded(
            "InvokeRerankSchema",
            _text("query", "Query", required=True),
            _list("docs", "Docs", "string"),
            *_RERANK_NUMBERS,
        ),
    ),
    "multimodal_rerank": _request(
        "InvokeMultimodalRerankRequest",
        _MODEL,
        _embedded(
            "InvokeMultimodalRerankSchema",
            Field("query", "Query", "struct", of=_CONTENT),
            _list("docs", "Docs", _CONTENT),
            *_RERANK_NUMBERS,
        ),
    ),
    "tts": _request(
        "InvokeTTSRequest",
        _MODEL,
        _embedded(
            "InvokeTTSSchema",
            _text("content_text", "ContentText", required=True),
            _text("voice", "Voice", required=True),
        ),
    ),
    "speech2text": _request(
        "InvokeSpeech2TextRequest", _MODEL, _embedded("InvokeSpeech2TextSchema", _text("file", "File", required=True))
    ),
    "moderation": _request(
        "InvokeModerationRequest", _MODEL, _embedded("InvokeModerationSchema", _text("text", "Text", required=True))
    ),
    "system_summary": _request(
        "InvokeSummaryRequest",
        _embedded("InvokeSummarySchema", _text("text", "Text", required=True), _text("instruction", "Instruction")),
    ),
    "app": _request(
        "InvokeAppRequest",
        _embedded(
            "InvokeAppSchema",
            _text("app_id", "AppId", required=True),
            Field("inputs", "Inputs", "map"),
            _text("query", "Query"),
            _text("response_mode", "ResponseMode"),
            _text("conversation_id", "ConversationId"),
            _text("user", "User"),
        ),
    ),
    "fetch_app": _request("FetchAppRequest", [_text("app_id", "AppId", required=True)]),
    "storage": _request(
        "InvokeStorageRequest",
        [
            Field(
                "opt",
                "Opt",
                required=True,
                rule="storage_opt",
                choices=("get", "set", "del", "exist"),
                go_type="dify_invocation.StorageOpt",
            ),
            _text("key", "Key", required=True),
            _text("value", "Value"),
        ],
    ),
    "upload_file": _request(
        "UploadFileRequest",
        [_text("filename", "Filename", required=True), _text("mimetype", "MimeType", required=True)],
    ),
    "node_parameter_extractor": _request(
        "InvokeParameterExtractorRequest", [_list("parameters", "Parameters", _PARAMETER)], _NODE_END
    ),
    "node_question_classifier": _request(
        "InvokeQuestionClassifierRequest", [_list("classes", "Classes", _CLASS)], _NODE_END
    ),
    "tool": _request(
        "InvokeToolRequest",
        [
            Field(
                "tool_type",
                "ToolType",
                required=True,
                rule="tool_type",
                choices=("builtin", "workflow", "api", "mcp"),
                go_type="requests.ToolType",
            ),
            _text("credential_id", "CredentialId"),
            Field("credential_type", "CredentialType", omitted_if_empty=True),
        ],
        _embedded(
            "InvokeToolSchema",
            _text("provider", "Provider", required=True),
            _text("tool", "Tool", required=True),
            Field("tool_parameters", "ToolParameters", "map"),
        ),
    ),
}
"""One struct for each invocation type; the session's own fields (tenant_id, user_id, type) are not among them."""
