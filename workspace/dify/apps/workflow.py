"""A workflow that sums up a text: start, a code node that checks, an LLM node, end."""

from collections.abc import Iterator
from typing import Any

from workspace.dify.apps.app import Event, Mode
from workspace.dify.apps.form import Input, checked, parameters
from workspace.dify.apps.nodes import NodeFailed, ask, check_text, passed
from workspace.dify.apps.workflow_events import Node, Run
from workspace.engines import Models

FORM = (
    Input("text", "Text", "paragraph", required=True),
    Input("max_words", "At most so many words", "number", default=50),
)


class Workflow:
    """Mode `workflow`. An empty `text` or a `max_words` below 1 fails the run, as a node's failure does in Dify."""

    name = "Workflow"
    description = "Asks for a summary of the input `text` in `max_words`; an empty text or a limit below 1 fails."
    mode: Mode = "workflow"

    def __init__(self, models: Models, *, model: str) -> None:
        self._models = models
        self._model = model

    def parameters(self) -> dict[str, Any]:
        return parameters(FORM)

    def run(self, payload: dict[str, Any]) -> Iterator[Event]:
        """workflow_started, (node_started, text_chunk*, node_finished)*, workflow_finished."""
        inputs = checked(FORM, payload["inputs"])
        run = Run("workflow")
        yield run.started(inputs)
        yield from passed(run, Node("start", "start", "Start", inputs), inputs)
        try:
            text = yield from check_text(run, inputs["text"], inputs["max_words"])
            limit = inputs["max_words"] or FORM[1].default
            messages = [
                {"role": "system", "content": f"Summarise the text in at most {limit} words."},
                {"role": "user", "content": text},
            ]
            summary, _ = yield from ask(
                run, self._models, self._model, messages, lambda piece: run.text_chunk(piece, ["llm", "text"])
            )
        except NodeFailed as failure:
            yield run.finished(None, error=str(failure))
            return
        outputs = {"summary": summary, "words": len(summary.split())}
        yield from passed(run, Node("end", "end", "End", outputs), outputs)
        yield run.finished(outputs)
