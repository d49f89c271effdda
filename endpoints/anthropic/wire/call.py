"""What a request for a message asks of Dify."""

from typing import Any

from dify_plugin.entities.model.message import PromptMessageTool

from endpoints.anthropic.wire.errors import NoThreads
from endpoints.anthropic.wire.prompt import prompt
from endpoints.anthropic.wire.request import MessagesRequest, NamedToolChoice, Thinking, Tool
from endpoints.http.settings import App, Model
from switchboard.apps.conversations import conversation_id
from switchboard.chat.apps import AppChat, query_of, refuse_wishes
from switchboard.chat.completion_params import overridden
from switchboard.chat.models import Chat
from switchboard.chat.thinking import thinking_parameters
from switchboard.errors import InvalidInput
from switchboard.selectors import chosen_app, llm_config, take_stop_sequences

_NEGOTIABLE = frozenset(
    {
        "max_tokens",
        "thinking",
        "enable_thinking",
        "thinking_mode",
        "think",
        "think_level",
        "thinking_level",
        "thinking_budget",
        "reasoning_budget",
        "effort",
        "reasoning_effort",
    }
)
"""What gives way to the model. In this API `max_tokens` is a bound that every request has to name and clients set to
what Anthropic's models can, and what a model does not know of thinking is to do no harm."""

REFUSED = {
    "container": "code runs in it at Anthropic's servers, which Dify has not; leave it out",
    "mcp_servers": "Dify's models call no MCP servers for a plugin; connect to them and send their tools in `tools`",
    "thread": "nothing is kept here from one request to the next; send all that was said in `messages`",
}
"""Fields that would be missed, and what to do without them."""


def chat_of(request: MessagesRequest, model: Model) -> Chat:
    """The request as a call of a model; raises InvalidInput for what Dify cannot do."""
    _refuse(request)
    config = llm_config(model.selector)
    stop = take_stop_sequences(config)
    config.completion_params = overridden(config.completion_params, _parameters(request, config.provider))
    if request.stop_sequences is not None:
        stop = [sequence for sequence in request.stop_sequences if sequence]
    tools, has_to_call = _tools(request)
    return Chat(
        model=config,
        messages=[placed.message for placed in prompt(request)],
        tools=tools,
        stop=stop,
        schema=_schema(request),
        has_to_call=has_to_call,
        one_call=bool(request.tool_choice and getattr(request.tool_choice, "disable_parallel_tool_use", None)),
        negotiable=_NEGOTIABLE,
    )


def app_chat_of(request: MessagesRequest, app: App) -> AppChat:
    """The request as a call of an app; raises InvalidInput for what an app cannot be told.

    Passed over is what an app has itself: how the model samples and thinks, and tools that may be called.
    """
    _refuse(request)
    refuse_wishes(
        tool_choice=request.tool_choice is not None and request.tool_choice.type in ("any", "tool"),
        stop_sequences=bool(request.stop_sequences),
        **{"output_config.format": bool(request.output_config and request.output_config.format)},
    )
    chosen = chosen_app(app.selector, typed_inputs=request.inputs)
    goes_on = conversation_id(request.conversation_id or "")
    placed = prompt(request)
    query = query_of(
        [each.message for each in placed],
        fields=[each.field for each in placed],
        last_only=bool(goes_on),
    )
    user = request.metadata.user_id if request.metadata else None
    return AppChat(chosen.app_id, query, chosen.inputs, goes_on, user or "")


def _refuse(request: MessagesRequest) -> None:
    for field, reason in REFUSED.items():
        if getattr(request, field):
            refusal = NoThreads if field == "thread" else InvalidInput
            raise refusal(f"`{field}` cannot be had: {reason}.", field=field)


def _parameters(request: MessagesRequest, provider: str) -> dict[str, Any]:
    """Those that the request sets, under the names of Dify's models, of which each knows some."""
    names = ("max_tokens", "temperature", "top_p", "top_k")
    wanted = {name: value for name in names if (value := getattr(request, name)) is not None}
    effort = request.output_config.effort if request.output_config else None
    match request.thinking:
        case Thinking(type="enabled" | "disabled" as wish, budget_tokens=budget):
            wanted |= thinking_parameters(wish == "enabled", budget=budget, effort=effort, provider=provider)
        case _:
            wanted |= thinking_parameters(None, effort=effort, provider=provider)
    if effort:
        wanted |= dict.fromkeys(("effort", "reasoning_effort"), effort)
    if request.output_config and request.output_config.format:
        wanted["response_format"] = None  # the object itself is asked for
    return wanted


def _schema(request: MessagesRequest) -> dict[str, Any] | None:
    if not request.output_config or not request.output_config.format:
        return None
    schema = request.output_config.format.schema_
    if schema.get("type", "object") != "object":
        field = "output_config.format.schema"
        raise InvalidInput(f"`{field}` has to be the schema of an object: Dify carries nothing else.", field=field)
    return schema


def _tools(request: MessagesRequest) -> tuple[list[PromptMessageTool], bool]:
    """The tools that the model may call, and whether it has to."""
    tools = [_tool(tool, f"tools[{position}]") for position, tool in enumerate(request.tools or [])]
    choice = request.tool_choice
    if choice is None or choice.type == "auto":
        return tools, False
    if choice.type == "none":
        return [], False
    if isinstance(choice, NamedToolChoice):
        tools = [tool for tool in tools if tool.name == choice.name]
        if not tools:
            raise InvalidInput("`tool_choice` names a tool that is not among `tools`.", field="tool_choice")
    if not tools:
        raise InvalidInput("`tool_choice` is any, and there are no `tools`.", field="tool_choice")
    return tools, True


def _tool(tool: Tool, field: str) -> PromptMessageTool:
    if tool.type not in (None, "custom"):
        raise InvalidInput(
            f"`{field}` is {tool.type[:50]}, a tool that only Anthropic's models and servers bring along. Leave it "
            "out, or send one of your own, with an `input_schema`.",
            field=field,
        )
    if tool.input_schema is None:
        raise InvalidInput(f"The field `{field}.input_schema` is missing.", field=f"{field}.input_schema")
    return PromptMessageTool(name=tool.name, description=tool.description or "", parameters=tool.input_schema)
