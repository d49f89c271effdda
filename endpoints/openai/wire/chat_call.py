"""What a chat completion request asks of Dify."""

from typing import Any

from dify_plugin.entities.model.message import PromptMessageTool

from endpoints.http.settings import App, Model
from endpoints.openai.wire.chat_messages import prompt_messages
from endpoints.openai.wire.chat_request import ChatRequest, NamedTool, PlainFormat, SchemaFormat
from switchboard.apps.conversations import conversation_id
from switchboard.chat.apps import AppChat, query_of, refuse_wishes
from switchboard.chat.completion_params import overridden
from switchboard.chat.models import Chat
from switchboard.errors import InvalidInput
from switchboard.selectors import chosen_app, llm_config, take_stop_sequences

_SAME_NAME = (
    "temperature",
    "top_p",
    "top_k",
    "presence_penalty",
    "frequency_penalty",
    "repetition_penalty",
    "seed",
    "reasoning_effort",
    "verbosity",
    "enable_thinking",
    "thinking_budget",
)
"""Parameters that Dify's models and OpenAI's API call the same."""

_NOT_TO_BE_HAD = {
    "logprobs": "Dify passes no log probabilities on",
    "top_logprobs": "Dify passes no log probabilities on",
    "logit_bias": "Dify has no such parameter",
    "functions": "it was replaced by `tools`; send them there",
    "function_call": "it was replaced by `tool_choice`; use that",
    "audio": "Dify's language models answer in text; POST /v1/audio/speech speaks it",
    "web_search_options": "Dify's models search nothing for a plugin",
}


def chat_of(request: ChatRequest, model: Model) -> Chat:
    """The request as a call of a model; raises InvalidInput for what Dify cannot do."""
    _refuse_what_is_not_to_be_had(request)
    config = llm_config(model.selector)
    default_stop = take_stop_sequences(config)
    config.completion_params = overridden(config.completion_params, _parameters(request))
    tools, has_to_call = _tools(request)
    return Chat(
        model=config,
        messages=prompt_messages(request.messages),
        tools=tools,
        stop=default_stop if request.stop is None else stop_sequences(request.stop),
        schema=_schema(request),
        has_to_call=has_to_call,
        one_call=request.parallel_tool_calls is False,
    )


def app_chat_of(request: ChatRequest, app: App) -> AppChat:
    """The request as a call of an app; raises InvalidInput for what an app cannot be told.

    Sampling parameters are passed over: an app has its own, and many clients always send some. So are tools that may
    be called, which chat front ends send with every chat: an app calls none but its own.
    """
    _refuse_what_is_not_to_be_had(request)
    refuse_wishes(
        tool_choice=request.tool_choice not in (None, "auto", "none"),
        response_format=request.response_format is not None and request.response_format.type != "text",
        stop=bool(request.stop),
    )
    chosen = chosen_app(app.selector, typed_inputs=request.inputs)
    goes_on = conversation_id(request.conversation_id or "")
    fields = [f"messages[{position}]" for position in range(len(request.messages))]
    query = query_of(prompt_messages(request.messages), last_only=bool(goes_on), fields=fields)
    return AppChat(chosen.app_id, query, chosen.inputs, goes_on, request.user or "")


def _refuse_what_is_not_to_be_had(request: ChatRequest) -> None:
    if request.n not in (None, 1):
        raise InvalidInput(
            "`n` has to be 1: Dify makes one answer a call. Send the request once for each answer.", field="n"
        )
    for field, reason in _NOT_TO_BE_HAD.items():
        if field in request.model_fields_set and getattr(request, field) not in (None, False, 0, "none", [], {}):
            raise InvalidInput(f"`{field}` cannot be had: {reason}.", field=field)
    if set(request.modalities or []) - {"text"}:
        raise InvalidInput("`modalities` can be text only. POST /v1/audio/speech speaks a text.", field="modalities")


def _parameters(request: ChatRequest) -> dict[str, Any]:
    """Those that the request sets, under the names of Dify's models."""
    wanted = {name: value for name in _SAME_NAME if (value := getattr(request, name)) is not None}
    limit = request.max_tokens if request.max_completion_tokens is None else request.max_completion_tokens
    if limit is not None:
        wanted["max_tokens"] = limit
    if isinstance(request.response_format, PlainFormat | SchemaFormat):
        is_json = request.response_format.type == "json_object"
        wanted["response_format"] = "json_object" if is_json else None  # a model answers in text of itself
    return wanted


def stop_sequences(stop: str | list[str]) -> list[str]:
    """Those that are not empty."""
    return [sequence for sequence in ([stop] if isinstance(stop, str) else stop) if sequence]


def _schema(request: ChatRequest) -> dict[str, Any] | None:
    if not isinstance(request.response_format, SchemaFormat):
        return None
    return object_schema(request.response_format.json_schema.schema_, "response_format.json_schema.schema")


def object_schema(schema: dict[str, Any], field: str) -> dict[str, Any]:
    """The schema, if it is one that Dify takes."""
    if schema.get("type", "object") != "object":
        raise InvalidInput(f"`{field}` has to be the schema of an object: Dify carries nothing else.", field=field)
    return schema


def _tools(request: ChatRequest) -> tuple[list[PromptMessageTool], bool]:
    """The functions that the model may call, and whether it has to."""
    tools = [
        PromptMessageTool(
            name=tool.function.name,
            description=tool.function.description or "",
            parameters=tool.function.parameters or {"type": "object", "properties": {}},
        )
        for tool in request.tools or []
    ]
    match request.tool_choice:
        case "none":
            return [], False
        case NamedTool(function=wanted):
            tools = [tool for tool in tools if tool.name == wanted.name]
            if not tools:
                raise InvalidInput("`tool_choice` names a function that is not among `tools`.", field="tool_choice")
        case "required" if not tools:
            raise InvalidInput("`tool_choice` is required, and there are no `tools`.", field="tool_choice")
    return tools, request.tool_choice not in (None, "auto")
