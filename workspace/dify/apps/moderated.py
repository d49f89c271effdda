"""A chatbot whose answers are moderated: what it said may be taken back once it is said."""

from collections.abc import Iterator
from typing import Any

from workspace.dify.apps.app import Event, Mode
from workspace.dify.apps.chat_events import Answer
from workspace.dify.apps.conversations import Conversations
from workspace.dify.apps.form import parameters
from workspace.engines import Models
from workspace.wire import DifyError

KEYWORD = "confidential"
REPLACEMENT = "This answer was withheld."


class Moderated:
    """Mode `chat`. It repeats the question first, so the word "confidential" in a question is sure to be moderated."""

    name = "Moderated chatbot"
    description = f'Takes its answer back (message_replace) if it has the word "{KEYWORD}" or is flagged.'
    mode: Mode = "chat"

    def __init__(self, models: Models, conversations: Conversations, *, model: str) -> None:
        self._models = models
        self._conversations = conversations
        self._model = model

    def parameters(self) -> dict[str, Any]:
        return {**parameters(()), "sensitive_word_avoidance": {"enabled": True}}

    def run(self, payload: dict[str, Any]) -> Iterator[Event]:
        """message*, message_replace where the answer is flagged, message_end; or error at any point."""
        query = payload["query"]
        conversation = self._conversations.find(payload["conversation_id"])
        conversation = conversation or self._conversations.start({})
        answer = Answer(conversation.id)
        try:
            yield answer.message(f"You asked: {query}\n\n")
            messages = conversation.messages(query)
            yield from answer.messages(self._models.generate(self._model, messages, tools=[], stop=[], parameters={}))
            if KEYWORD in answer.text.lower() or self._models.moderate(self._model, answer.text):
                yield answer.message_replace(REPLACEMENT)
        except DifyError as error:
            yield answer.error(str(error))
            return
        conversation.turns.append((query, answer.text))
        self._conversations.keep(conversation)
        yield answer.message_end()
