"""A chatbot, an agent or a text generator out of its DSL file. Dify does not run these as graphs either."""

from collections.abc import Iterator
from typing import Any

from workspace.dify.apps.agent import rounds
from workspace.dify.apps.agent_tools import Toolbox
from workspace.dify.apps.app import Event, Mode
from workspace.dify.apps.app_config import AppConfig
from workspace.dify.apps.chat_events import Answer
from workspace.dify.apps.conversations import Conversation, Conversations
from workspace.dify.apps.form import checked, parameters
from workspace.dify.refusals import Refused
from workspace.engines import Models
from workspace.wire import DifyError


class BasicApp:
    """Mode `chat`, `agent-chat` or `completion`; `model` is what is asked, whatever the file names.

    Later messages of a conversation keep the inputs of its first, as in Dify.
    """

    def __init__(
        self, config: AppConfig, models: Models, conversations: Conversations, *, model: str, toolbox: Toolbox
    ) -> None:
        self._config = config
        self._models = models
        self._conversations = conversations
        self._model = model
        self._toolbox = toolbox

    @property
    def name(self) -> str:
        return self._config.name

    @property
    def description(self) -> str:
        return " ".join(self._config.description.split()) or self._config.name

    @property
    def mode(self) -> Mode:
        return self._config.mode

    def parameters(self) -> dict[str, Any]:
        config = self._config
        return parameters(config.form, opening_statement=config.opening_statement, suggested=config.suggested)

    def run(self, payload: dict[str, Any]) -> Iterator[Event]:
        """Those of a chatbot, of an agent or of a text generator; or error at any point."""
        if self.mode == "agent-chat" and payload.get("response_mode") == "blocking":
            raise Refused("Agent Chat App does not support blocking mode")
        query, conversation = payload["query"], None
        if self.mode == "completion":
            inputs = checked(self._config.form, payload["inputs"])
            query = query or str(payload["inputs"].get("query") or "")
        else:
            conversation = self._conversations.find(payload["conversation_id"] or "")
            conversation = conversation or self._conversations.start(checked(self._config.form, payload["inputs"]))
            inputs = conversation.inputs
        answer = Answer(conversation.id if conversation else None)
        messages = self._config.messages(inputs, query, conversation.turns if conversation else ())
        try:
            yield from self._answer(answer, messages)
        except DifyError as error:
            yield answer.error(str(error))
            return
        if conversation:
            self._keep(conversation, query, answer.text)
        yield answer.message_end()

    def _answer(self, answer: Answer, messages: list[dict[str, Any]]) -> Iterator[Event]:
        config = self._config
        options: dict[str, Any] = {"stop": list(config.stop), "parameters": dict(config.parameters)}
        if self.mode == "agent-chat":
            most = config.most_rounds
            yield from rounds(self._models, self._model, self._toolbox, answer, messages, most=most, **options)
        else:
            yield from answer.messages(self._models.generate(self._model, messages, tools=[], **options))

    def _keep(self, conversation: Conversation, query: str, answer: str) -> None:
        conversation.turns.append((query, answer))
        self._conversations.keep(conversation)
