"""What a chat completion request asks of Dify."""

from typing import Any

from dify_plugin.entities.model.message import PromptMessageTool

from endpoints.http.settings import App, Model
from endpoints.openai.wire.chat_messages import prompt_messages
from endpoints.openai.wire.chat_parameters import model_parameters, refuse_what_cannot_be_had, wanted_schema
from endpoints.openai.wire.chat_request import ChatRequest, NamedTool
from switchboard.apps.conversations import conversation_id
from switchboard.chat.apps import AppChat, query_of, refuse_wishes
from switchboard.chat.completion_params import overridden
from switchboard.chat.models import Chat
from switchboard.errors import InvalidInput
from switchboard.selectors import chosen_app, llm_config, take_stop_sequences


def chat_of(request: ChatRequest, model: Model) -> Chat:
    """The request as a call of a model; raises InvalidInput for what Dify cannot do."""
    refuse_what_cannot_be_had(request)
    config = llm_config(model.selector)
    default_stop = take_stop_sequences(config)
    config.completion_params = overridden(config.completion_params, model_parameters(request, config.provider))
    tools, has_to_call = _tools(request)
    schema = wanted_schema(request)
    return Chat(
        model=config,
        messages=prompt_messages(request.messages),
        tools=tools,
        stop=default_stop if request.stop is None else stop_sequences(request.stop),
        schema=object_schema(*schema) if schema else None,
        has_to_call=has_to_call,
        one_call=request.parallel_tool_calls is False,
    )


def app_chat_of(request: ChatRequest, app: App) -> AppChat:
    """The request as a call of an app; raises InvalidInput for what an app cannot be told.

    Sampling parameters are passed over: an app has its own, and many clients always send some. So are tools that may
    be called, which chat front ends send with every chat: an app calls none but its own.
    """
    refuse_what_cannot_be_had(request)
    schema = wanted_schema(request)
    refuse_wishes(
        tool_choice=request.tool_choice not in (None, "auto", "none"),
        response_format=request.response_format is not None and request.response_format.type != "text",
        **({schema.field: True} if schema else {}),
        stop=bool(request.stop),
    )
    chosen = chosen_app(app.selector, typed_inputs=request.inputs)
    goes_on = conversation_id(request.conversation_id or "")
    places = [*range(len(request.messages))]
    if goes_on:  # the app remembers the others, and what is wrong with them does not matter
        places = [at for at in places if request.messages[at].role == "user"][-1:]
    query = query_of(
        [message for at in places for message in prompt_messages([request.messages[at]], first=at)],
        last_only=bool(goes_on),
        fields=[f"messages[{at}]" for at in places],
    )
    return AppChat(chosen.app_id, query, chosen.inputs, goes_on, request.user or "")


def stop_sequences(stop: str | list[str]) -> list[str]:
    """Those that are not empty."""
    return [sequence for sequence in ([stop] if isinstance(stop, str) else stop) if sequence]


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
