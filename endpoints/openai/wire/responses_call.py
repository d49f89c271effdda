"""What a response request asks of Dify."""

from typing import Any

from endpoints.http.settings import App, Model
from endpoints.openai.wire.chat_call import object_schema, stop_sequences
from endpoints.openai.wire.responses_input import AdditionalTools
from endpoints.openai.wire.responses_messages import Told, told
from endpoints.openai.wire.responses_request import ConversationId, PlainFormat, ResponsesRequest, SchemaFormat
from endpoints.openai.wire.responses_tools import AllowedTools, Tools, chosen
from switchboard.apps.conversations import conversation_id
from switchboard.chat.apps import AppChat, query_of, refuse_wishes
from switchboard.chat.completion_params import overridden
from switchboard.chat.models import Chat
from switchboard.chat.thinking import thinking_parameters
from switchboard.errors import InvalidInput
from switchboard.selectors import chosen_app, llm_config, take_stop_sequences

SAME_NAME = (
    "temperature",
    "top_p",
    "top_k",
    "presence_penalty",
    "frequency_penalty",
    "repetition_penalty",
    "seed",
)
"""Parameters that Dify's models and this API call the same."""

REFUSED = {
    "previous_response_id": "no response is kept here to go on from; send all that was said in `input`",
    "background": "a plugin of Dify answers while the request lasts; leave it out",
    "prompt": "prompts that OpenAI keeps are not here; send their text as `instructions`",
    "context_management": "nothing is made shorter here; send a shorter `input`",
    "moderation": "POST /v1/moderations judges a text by itself",
    "top_logprobs": "Dify passes no log probabilities on",
}
"""Fields that would be missed, and what to do without them."""


def chat_of(request: ResponsesRequest, model: Model, tools: Tools) -> Chat:
    """The request as a call of a model; raises InvalidInput for what Dify cannot do."""
    _refuse(request)
    if request.conversation or request.conversation_id:
        raise InvalidInput(
            "`conversation` is for apps alone: a model remembers nothing. Send all that was said in `input`.",
            field="conversation",
        )
    config = llm_config(model.selector)
    default_stop = take_stop_sequences(config)
    config.completion_params = overridden(config.completion_params, _parameters(request, config.provider))
    choice = chosen(tools, request.tool_choice)
    return Chat(
        model=config,
        messages=[each.message for each in _told(request, tools)],
        tools=choice.functions,
        stop=default_stop if request.stop is None else stop_sequences(request.stop),
        schema=_schema(request),
        has_to_call=choice.has_to_call,
        one_call=request.parallel_tool_calls is False,
        messages_field="input",
    )


def app_chat_of(request: ResponsesRequest, app: App, tools: Tools) -> AppChat:
    """The request as a call of an app; raises InvalidInput for what an app cannot be told.

    As in chat completions, sampling parameters and tools that may be called are passed over.
    """
    _refuse(request)
    choice = request.tool_choice
    is_forced = choice.mode == "required" if isinstance(choice, AllowedTools) else choice not in (None, "auto", "none")
    answer_format = request.text.format if request.text else None
    refuse_wishes(
        tool_choice=is_forced,
        **{"text.format": answer_format is not None and answer_format.type != "text"},
        stop=bool(request.stop),
    )
    chosen_one = chosen_app(app.selector, typed_inputs=request.inputs)
    goes_on = _conversation_id(request)
    messages = _told(request, tools)
    query = query_of(
        [each.message for each in messages],
        last_only=bool(goes_on),
        fields=[each.field for each in messages],
        messages_field="input",
    )
    return AppChat(chosen_one.app_id, query, chosen_one.inputs, goes_on, request.user or "", messages_field="input")


def tools_of(request: ResponsesRequest) -> Tools:
    """All tools of the request, those among its input too. Raises InvalidInput for those that Dify does not have."""
    tools = Tools()
    tools.add(request.tools or [], "tools")
    for position, item in enumerate(request.input if isinstance(request.input, list) else []):
        if isinstance(item, AdditionalTools):
            tools.add(item.tools, f"input[{position}].tools")
    return tools


def _refuse(request: ResponsesRequest) -> None:
    for field, reason in REFUSED.items():
        if field in request.model_fields_set and getattr(request, field) not in (None, False, 0, [], {}):
            raise InvalidInput(f"`{field}` cannot be had: {reason}.", field=field)
    if "message.output_text.logprobs" in (request.include or []):
        raise InvalidInput(
            "`include` asks for log probabilities, and Dify passes none on. Leave `message.output_text.logprobs` out.",
            field="include",
        )


def _told(request: ResponsesRequest, tools: Tools) -> list[Told]:
    if request.input is None and not request.instructions:
        raise InvalidInput("The field `input` is missing.", field="input")
    messages = told(request.instructions, request.input, tools)
    if not messages:
        raise InvalidInput(
            "The field `input` is empty. Say something in it, as text or as a list of items.", field="input"
        )
    return messages


def _parameters(request: ResponsesRequest, provider: str) -> dict[str, Any]:
    """Those that the request sets, under the names of Dify's models."""
    effort = request.reasoning.effort if request.reasoning else None
    wanted = thinking_parameters(False if effort == "none" else None, effort=effort, provider=provider)
    wanted |= {name: value for name in SAME_NAME if (value := getattr(request, name)) is not None}
    others = {
        "max_tokens": request.max_output_tokens,
        "reasoning_effort": effort,
        "verbosity": request.text.verbosity if request.text else None,
    }
    wanted |= {name: value for name, value in others.items() if value is not None}
    if isinstance(answer_format := request.text and request.text.format, PlainFormat | SchemaFormat):
        is_json = answer_format.type == "json_object"
        wanted["response_format"] = "json_object" if is_json else None  # a model answers in text of itself
    return wanted


def _schema(request: ResponsesRequest) -> dict[str, Any] | None:
    if request.text and isinstance(request.text.format, SchemaFormat):
        return object_schema(request.text.format.schema_, "text.format.schema")
    return None


def _conversation_id(request: ResponsesRequest) -> str:
    conversation = request.conversation
    named = conversation.id if isinstance(conversation, ConversationId) else conversation
    return conversation_id(named or request.conversation_id or "")
