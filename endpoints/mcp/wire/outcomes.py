"""What a call of a tool comes to, and the steps on the way there; nothing here knows the protocol's own types."""

import json
import queue
import threading
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dify_plugin.entities.tool import ToolInvokeMessage

from switchboard.apps.events import AppFile, AppResult
from switchboard.apps.outputs import readable_outputs
from switchboard.chat.pieces import End, Piece, Replacement, Text, whole
from switchboard.errors import NoAnswer, WaitsForAPerson
from switchboard.media.audio import Audio

PATIENCE = 10.0
"""Seconds of silence after which a sign of life is due."""

_Type = ToolInvokeMessage.MessageType


class Progress(NamedTuple):
    """Something has begun, such as a node of a workflow; "" for a sign of life."""

    what: str


class Outcome(NamedTuple):
    """What came of a call. `text` is for whoever reads it, `structured` the same for a program."""

    text: str
    structured: dict[str, Any] | None = None
    audio: Audio | None = None
    is_error: bool = False


type Step = Progress | Outcome
"""Any number of Progress, then one Outcome."""


def paced(steps: Iterator[Step], *, patience: float = PATIENCE) -> Iterator[Step]:
    """The same steps, with a sign of life wherever none comes for `patience` seconds."""
    arrivals: queue.SimpleQueue[Step] = queue.SimpleQueue()

    def read() -> None:
        for step in steps:
            arrivals.put(step)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            step: Step = arrivals.get(timeout=patience)
        except queue.Empty:
            step = Progress("")
        yield step
        if isinstance(step, Outcome):
            return


def app_progress(event: Mapping[str, Any]) -> Progress | None:
    """What an event of a running app tells of its progress: a node or a tool has begun."""
    data = event.get("data")
    match event.get("event"):
        case "node_started" if isinstance(data, dict) and isinstance(title := data.get("title"), str):
            return Progress(title)
        case "agent_thought" if isinstance(tool := event.get("tool"), str) and tool:
            return Progress(tool)
    return None


def app_outcome(result: AppResult) -> Outcome:
    """The answer of a chat app, or what a workflow put out; files as links. Raises WaitsForAPerson."""
    if result.status == "paused":
        raise WaitsForAPerson(result.waits_at)
    answer = result.answer or readable_outputs(result.outputs)
    told = {"conversation_id": result.conversation_id, "outputs": result.outputs}
    structured: dict[str, Any] = {"answer": answer, **{name: value for name, value in told.items() if value}}
    if result.files:
        structured["files"] = [
            {"name": file.filename, "mime_type": file.mime_type, "url": file.url} for file in result.files
        ]
    return Outcome("\n\n".join(filter(None, [answer, *map(_link, result.files)])), structured)


def answer_outcome(pieces: Iterator[Piece], *, model: str) -> Outcome:
    """What a language model answered, without what it thought on the way."""
    texts: list[str] = []
    structured: dict[str, Any] = {"model": model}
    for piece in whole(pieces):
        match piece:
            case Text():
                texts.append(piece.text)
            case Replacement():
                texts = [piece.text]
            case End():
                structured["finish_reason"] = str(piece.finish)
                if piece.usage:
                    structured["usage"] = {
                        "prompt_tokens": piece.usage.prompt,
                        "completion_tokens": piece.usage.completion,
                        "total_tokens": piece.usage.total,
                    }
    answer = "".join(texts)
    return Outcome(answer, {"answer": answer, **structured})


class ToolMessages:
    """Takes the messages of a tool of the workspace, one by one."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._values: list[Any] = []
        self._variables: dict[str, Any] = {}
        self._links: list[str] = []

    def feed(self, message: ToolInvokeMessage) -> Progress | None:
        match message.type, message.message:
            case _Type.TEXT, ToolInvokeMessage.TextMessage(text=text):
                self._texts.append(text)
            case _Type.JSON, ToolInvokeMessage.JsonMessage(json_object=value):
                self._values.append(value)
            case _, ToolInvokeMessage.VariableMessage(variable_name=name, variable_value=value, stream=more):
                self._variables[name] = f"{self._variables.get(name, '')}{value}" if more else value
            case _Type.LOG, ToolInvokeMessage.LogMessage(label=label):
                return Progress(label)
            case _, ToolInvokeMessage.TextMessage(text=address):  # of a file, which Dify keeps
                self._links.append(address)
        return None

    def outcome(self, tool: str) -> Outcome:
        """All of it; values as JSON where no text says them. Raises NoAnswer if there was nothing."""
        text = "".join(self._texts)
        if not (text or self._values or self._variables or self._links):
            raise NoAnswer(f"The tool {tool} ended without a result.")
        told = {"text": text, "json": self._values, "variables": self._variables, "links": self._links}
        readable = text or (_json(self._values or self._variables) if self._values or self._variables else "")
        return Outcome("\n".join([*filter(None, [readable]), *self._links]), told)


def value_outcome(structured: dict[str, Any]) -> Outcome:
    """A value that a program reads, and as JSON whoever else does."""
    return Outcome(_json(structured), structured)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _link(file: AppFile) -> str:
    return f"[{file.filename}]({file.url})"
