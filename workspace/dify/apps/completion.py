"""A completion app: one prompt, one answer, no conversation.

Dify's API cannot start a completion app for a plugin today (`KeyError: 'query'`); the workspace can, unless it is told
to fail as Dify does.
"""

from collections.abc import Iterator
from typing import Any

from workspace.dify.apps.app import Event, Mode
from workspace.dify.apps.chat_events import Answer
from workspace.dify.apps.form import Input, checked, parameters
from workspace.engines import Models
from workspace.wire import DifyError

FORM = (
    Input("query", "Query", "paragraph", required=True),
    Input("tone", "Tone", "select", default="plain", options=("plain", "friendly", "formal")),
)


class Completion:
    """Mode `completion`. What is asked is the input `query`: an invocation has no other way to carry it."""

    name = "Completion"
    description = "Completes the input `query` in a `tone` of plain, friendly or formal."
    mode: Mode = "completion"

    def __init__(self, models: Models, *, model: str) -> None:
        self._models = models
        self._model = model

    def parameters(self) -> dict[str, Any]:
        return parameters(FORM)

    def run(self, payload: dict[str, Any]) -> Iterator[Event]:
        """message*, message_end; or error at any point."""
        inputs = checked(FORM, payload["inputs"])
        messages = [
            {"role": "system", "content": f"Write in a {inputs['tone']} tone."},
            {"role": "user", "content": inputs["query"]},
        ]
        answer = Answer(None)
        try:
            yield from answer.messages(self._models.generate(self._model, messages, tools=[], stop=[], parameters={}))
        except DifyError as error:
            yield answer.error(str(error))
            return
        yield answer.message_end()
