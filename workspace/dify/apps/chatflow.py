"""A chatflow: a workflow that answers in a conversation. It can be made to fail."""

from collections.abc import Iterator
from typing import Any

from workspace.dify.apps.app import Event, Mode
from workspace.dify.apps.chat_events import Answer
from workspace.dify.apps.conversations import Conversations
from workspace.dify.apps.form import Input, checked, parameters
from workspace.dify.apps.nodes import NodeFailed, ask, check_text, passed
from workspace.dify.apps.workflow_events import Node, Run
from workspace.engines import Models

FORM = (Input("max_words", "At most so many words", "number", default=50),)


class Chatflow:
    """Mode `advanced-chat`. A `max_words` below 1 fails the run. Unlike a chatbot's, its inputs count each time."""

    name = "Chatflow"
    description = "Answers through nodes and remembers the conversation; `max_words` below 1 ends as failed."
    mode: Mode = "advanced-chat"

    def __init__(self, models: Models, conversations: Conversations, *, model: str) -> None:
        self._models = models
        self._conversations = conversations
        self._model = model

    def parameters(self) -> dict[str, Any]:
        return parameters(FORM)

    def run(self, payload: dict[str, Any]) -> Iterator[Event]:
        """workflow_started, nodes and message*, message_end, workflow_finished; a failure: workflow_finished, error."""
        inputs = checked(FORM, payload["inputs"])
        conversation = self._conversations.find(payload["conversation_id"])
        conversation = conversation or self._conversations.start(inputs)
        answer = Answer(conversation.id)
        ids = {"conversation_id": conversation.id, "message_id": answer.message_id, "created_at": answer.created_at}
        run = Run("chatflow", task_id=answer.task_id, chat=ids)
        yield run.started(inputs)
        yield from passed(run, Node("start", "start", "Start", inputs), {**inputs, "sys.query": payload["query"]})
        try:
            query = yield from check_text(run, payload["query"], inputs["max_words"])
            limit = inputs["max_words"] or FORM[0].default
            messages = conversation.messages(query, system=f"Answer in at most {limit} words.")
            text, tokens = yield from ask(
                run, self._models, self._model, messages, lambda piece: answer.message(piece, selector=["llm", "text"])
            )
        except NodeFailed as failure:
            yield run.finished(None, error=str(failure))
            yield answer.error(f"Run failed: {failure}", code="invalid_param")
            return
        answer.count(tokens)
        yield from passed(run, Node("answer", "answer", "Answer", {}), {"answer": text})
        conversation.turns.append((payload["query"], text))
        self._conversations.keep(conversation)
        yield answer.message_end()
        yield run.finished({"answer": text})
