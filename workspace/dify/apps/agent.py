"""An agent: it may call tools before it answers, and shows each step as a thought."""

import json
import uuid
from collections.abc import Generator, Iterator
from typing import Any

from workspace.dify.apps.agent_tools import Toolbox
from workspace.dify.apps.app import Event, Mode
from workspace.dify.apps.chat_events import Answer
from workspace.dify.apps.conversations import Conversations
from workspace.dify.apps.form import parameters
from workspace.dify.refusals import Refused
from workspace.engines import Generated, Models, ToolCall
from workspace.wire import DifyError

MAX_ROUNDS = 5


class Agent:
    """Mode `agent-chat`. Dify refuses to run it blocking."""

    mode: Mode = "agent-chat"

    def __init__(
        self, models: Models, conversations: Conversations, *, model: str, description: str, toolbox: Toolbox
    ) -> None:
        self.name = "Agent"
        self.description = description
        self._models = models
        self._conversations = conversations
        self._model = model
        self._toolbox = toolbox

    def parameters(self) -> dict[str, Any]:
        return parameters((), suggested=self._toolbox.suggested)

    def run(self, payload: dict[str, Any]) -> Iterator[Event]:
        """(agent_thought | agent_message)*, message_end; or error at any point."""
        if payload["response_mode"] != "streaming":
            raise Refused("Agent Chat App does not support blocking mode")
        conversation = self._conversations.find(payload["conversation_id"])
        conversation = conversation or self._conversations.start({})
        messages = conversation.messages(payload["query"])
        answer = Answer(conversation.id)
        try:
            yield from rounds(self._models, self._model, self._toolbox, answer, messages)
        except DifyError as error:
            yield answer.error(str(error))
            return
        conversation.turns.append((payload["query"], answer.text))
        self._conversations.keep(conversation)
        yield answer.message_end()


def rounds(
    models: Models,
    model: str,
    toolbox: Toolbox,
    answer: Answer,
    messages: list[dict[str, Any]],
    *,
    most: int = MAX_ROUNDS,
    **options: Any,
) -> Iterator[Event]:
    """(agent_thought | agent_message)*: the model is asked until it calls no more tools, in the last round without any.

    `options` are `stop` and `parameters` of the model. Raises DifyError.
    """
    for position in range(1, most + 1):
        tools = toolbox.tools if position < most else []
        asked = models.generate(model, messages, tools=tools, **{"stop": [], "parameters": {}, **options})
        calls = yield from _round(asked, toolbox, answer, messages, position)
        if not calls:
            return


def _round(
    asked: Iterator[Generated], toolbox: Toolbox, answer: Answer, messages: list[dict[str, Any]], position: int
) -> Generator[Event, None, list[ToolCall]]:
    """One answer of the model and the calls it wants, whose results go into the messages."""
    thought_id, thought, calls = str(uuid.uuid4()), "", list[ToolCall]()
    for at, piece in enumerate(asked):
        if at == 0:  # of a model that fails at once there is no thought
            yield answer.agent_thought(thought_id, position)
        answer.count(piece.tokens)
        calls = merged(calls, piece.tool_calls)
        thought += piece.text
        yield answer.agent_message(piece.text)
    names = ";".join(wanted.name for wanted in calls)
    given = json.dumps({wanted.name: _arguments(wanted) for wanted in calls}) if calls else ""
    yield answer.agent_thought(thought_id, position, thought=thought, tool=names, tool_input=given)
    if calls:
        results = {wanted.id: toolbox.call(wanted.name, wanted.arguments) for wanted in calls}
        messages.append(_request(thought, calls))
        messages.extend(
            {"role": "tool", "content": results[wanted.id], "tool_call_id": wanted.id, "name": wanted.name}
            for wanted in calls
        )
        observation = json.dumps({wanted.name: results[wanted.id] for wanted in calls})
        yield answer.agent_thought(
            thought_id, position, thought=thought, tool=names, tool_input=given, observation=observation
        )
    return calls


def merged(calls: list[ToolCall], pieces: list[ToolCall]) -> list[ToolCall]:
    """Tool calls so far with what a new piece of the stream adds: an empty or repeated id continues a call."""
    calls = list(calls)
    for piece in pieces:
        known = next((at for at, earlier in enumerate(calls) if earlier.id == piece.id), None)
        at = len(calls) - 1 if known is None and not piece.id and calls else known
        if at is None:
            calls.append(piece)
        else:
            calls[at] = ToolCall(calls[at].id, calls[at].name or piece.name, calls[at].arguments + piece.arguments)
    return calls


def _request(thought: str, calls: list[ToolCall]) -> dict[str, Any]:
    """The assistant's message that asks for tools, in Dify's wire form."""
    wanted = [
        {"id": one.id, "type": "function", "function": {"name": one.name, "arguments": one.arguments}} for one in calls
    ]
    return {"role": "assistant", "content": thought, "tool_calls": wanted}


def _arguments(wanted: ToolCall) -> Any:
    try:
        return json.loads(wanted.arguments or "{}")
    except ValueError:
        return wanted.arguments
