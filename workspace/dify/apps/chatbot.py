"""A chatbot: it remembers the conversation, and its form has one required and one optional input."""

from collections.abc import Iterator
from typing import Any

from workspace.dify.apps.app import Event, Mode
from workspace.dify.apps.chat_events import Answer
from workspace.dify.apps.conversations import Conversations
from workspace.dify.apps.form import Input, checked, parameters
from workspace.engines import Models
from workspace.wire import DifyError

FORM = (
    Input("name", "Your name", required=True, max_length=48),
    Input("background", "What the answers should be drawn from", "paragraph"),
)


class Chatbot:
    """Mode `chat`. Later messages of a conversation keep the inputs of its first, as in Dify."""

    name = "Chatbot"
    description = "Answers and remembers the conversation; wants the input `name`, takes `background`."
    mode: Mode = "chat"

    def __init__(self, models: Models, conversations: Conversations, *, model: str) -> None:
        self._models = models
        self._conversations = conversations
        self._model = model

    def parameters(self) -> dict[str, Any]:
        return parameters(FORM, opening_statement="Hello. What would you like to know?")

    def run(self, payload: dict[str, Any]) -> Iterator[Event]:
        """message*, message_end; or error at any point."""
        conversation = self._conversations.find(payload["conversation_id"])
        conversation = conversation or self._conversations.start(checked(FORM, payload["inputs"]))
        system = f"You are talking with {conversation.inputs['name']}."
        if conversation.inputs["background"]:
            system += f"\n\n<background>\n{conversation.inputs['background']}\n</background>"
        messages = conversation.messages(payload["query"], system=system)
        answer = Answer(conversation.id)
        try:
            yield from answer.messages(self._models.generate(self._model, messages, tools=[], stop=[], parameters={}))
        except DifyError as error:
            yield answer.error(str(error))
            return
        conversation.turns.append((payload["query"], answer.text))
        self._conversations.keep(conversation)
        yield answer.message_end()
