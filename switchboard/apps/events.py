"""From the events of a running app to what came of it.

An app sends the events of Dify's Service API (streaming mode), as dicts with the key `event`. What kind of app it is
shows in its events only: those of chat apps carry a `conversation_id`, workflow apps tell of their workflow and nothing
of messages, completion apps send messages without a conversation.

    app                 events                                                        ends with
    chatbot             message*                                                      message_end
    agent               agent_thought, agent_message*                                 message_end
    "New Agent"         agent_message*, one message that repeats the whole answer     message_end
    chatflow            workflow_started, node_*, message*                            message_end, workflow_finished
    workflow            workflow_started, node_*, text_chunk*                         workflow_finished
    completion          message*                                                      message_end

A workflow or chatflow that needs a person ends with `workflow_paused`. What goes wrong is no exception: the stream
carries an `error` event, or a `workflow_finished` whose status is "failed" or "stopped". Events that are not of use
here (pings, speech, iterations, retries, reasoning, kinds not yet known) are passed over, and so is a field that does
not have the type it should.

    events = AppEvents()
    for event in session.app.chat.invoke(...):
        events.feed(event)
    answer = events.result().answer
"""

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from switchboard.errors import InvocationError, NoAnswer, ProviderFailed, WrongKindOfApp
from switchboard.reverse_invocation import error_event, failed_run


class AppKind(StrEnum):
    CHAT = "chat app"
    """A chatbot, an agent or a chatflow."""
    WORKFLOW = "workflow app"
    COMPLETION = "completion app"


@dataclass(frozen=True)
class AppFile:
    """A file that an app made. `url` is signed and expires; without FILES_URL in Dify it has no host."""

    url: str
    type: str
    """image, document, audio, video or custom."""
    filename: str
    mime_type: str
    size: int | None


@dataclass(frozen=True)
class AppResult:
    """What came of a run. What an app of its kind does not have is empty."""

    kind: AppKind
    status: str
    """succeeded, partial-succeeded, paused, or stopped where moderation has put an answer of its own in place."""
    answer: str
    outputs: dict[str, Any]
    conversation_id: str
    message_id: str
    workflow_run_id: str
    usage: dict[str, Any]
    retriever_resources: list[dict[str, Any]]
    files: list[AppFile]
    waits_at: list[str]
    """The nodes at which a paused run waits for a person."""


class AppEvents:
    """Takes the events of one run, one by one; `result()` says what came of it once they have ended."""

    def __init__(self) -> None:
        self._empty = True
        self.length = 0
        """Characters of the answer so far."""
        self._ids = {"conversation_id": "", "message_id": "", "workflow_run_id": ""}
        self._of_messages = False
        self._answer: list[str] = []
        self._whole_answer: list[str] = []
        self._from_agent = False
        self._replaced = False
        self._message_ended = False
        self._metadata: dict[str, Any] = {}
        self._files: dict[str, AppFile] = {}
        self._finished: dict[str, Any] | None = None
        self._failed_node: dict[str, Any] = {}
        self._waits_at: list[str] = []
        self._error: Mapping[str, Any] | None = None

    @property
    def kind(self) -> AppKind | None:
        """The kind of app, as soon as an event has shown it."""
        if self._ids["conversation_id"]:
            return AppKind.CHAT
        if self._ids["workflow_run_id"]:
            return AppKind.WORKFLOW
        return AppKind.COMPLETION if self._of_messages else None

    def feed(self, event: Mapping[str, Any]) -> None:
        """The next event. Never raises: a failure among the events is for `result()` to report."""
        self._empty = False
        for name in self._ids:
            self._ids[name] = _text(event, name) or self._ids[name]
        data = _object(event, "data")
        kind = _text(event, "event")
        self.length += len(_text(event, "answer"))
        self._of_messages = self._of_messages or kind.startswith("message")
        match kind:
            case "agent_message":
                self._from_agent = True
                self._answer.append(_text(event, "answer"))
            case "message":
                (self._whole_answer if self._from_agent else self._answer).append(_text(event, "answer"))
            case "message_replace":
                self._replaced = True
                self._answer = [_text(event, "answer")]
            case "message_file" if event.get("belongs_to") != "user":
                self._add_file(event)
            case "message_end":
                self._message_ended = True
                self._metadata = _object(event, "metadata")
                self._add_files(event)
            case "node_finished" if data.get("status") == "failed":
                self._failed_node = data
            case "human_input_required":
                self._waits_at.append(_text(data, "node_title") or _text(data, "node_id"))
            case "workflow_paused":
                self._finished = {**data, "status": "paused"}
                self._waits_at = self._waits_at or [_text(item, "node_title") for item in _objects(data, "reasons")]
            case "workflow_finished":
                self._finished = data
                self._add_files(data)
            case "error":
                self._error = event

    @property
    def answer(self) -> str:
        """What a chat or completion app has said so far."""
        return (not self._replaced and "".join(self._whole_answer)) or "".join(self._answer)

    def check(self, wanted: AppKind | None = None) -> AppKind:
        """The kind of app, if its run came to an end and, where a kind is wanted, the app is of that kind.

        Raises WrongKindOfApp, ProviderFailed, RefusedByDify or NotConfigured for a run that failed, was stopped or was
        cut off, and NoAnswer where there was no event at all.
        """
        self.check_kind(wanted)
        if failure := self._failure(self._interface(wanted)):
            raise failure
        self.check_end(wanted)
        if self.kind is None:
            raise self._cut_off(wanted)
        return self.kind

    def check_kind(self, wanted: AppKind | None) -> None:
        """Raises WrongKindOfApp once an event has shown another kind than the one wanted."""
        if wanted and self.kind and self.kind is not wanted:
            raise WrongKindOfApp(self.kind, wanted)

    def check_end(self, wanted: AppKind | None) -> None:
        """Raises ProviderFailed if the events have stopped before the last one, NoAnswer if none has come."""
        if self._empty:
            raise NoAnswer(f"Dify ended the {self._interface(wanted)} call without an answer. Its log says more.")
        if not (self._message_ended or self._finished or self._error):
            raise self._cut_off(wanted)

    def result(self, wanted: AppKind | None = None) -> AppResult:
        """What came of the run. Raises as `check` does, and NoAnswer where a chat or completion app gave nothing."""
        kind = self.check(wanted)
        result = AppResult(
            kind=kind,
            status=self._status or "succeeded",
            answer=self.answer,
            outputs=_object(self._finished or {}, "outputs"),
            **self._ids,
            usage=_object(self._metadata, "usage"),
            retriever_resources=_objects(self._metadata, "retriever_resources"),
            files=list(self._files.values()),
            waits_at=[node for node in self._waits_at if node],
        )
        if kind is not AppKind.WORKFLOW and result.status != "paused" and not (result.answer.strip() or result.files):
            raise NoAnswer(f"The {kind} ended without an answer. Look at its logs in Dify.")
        return result

    def _interface(self, wanted: AppKind | None) -> str:
        return str(wanted or self.kind or "app")

    def _cut_off(self, wanted: AppKind | None) -> ProviderFailed:
        return ProviderFailed(
            f"The answer to the {self._interface(wanted)} call was cut off: its last event did not come."
        )

    @property
    def _status(self) -> str:
        return _text(self._finished or {}, "status")

    def _failure(self, interface: str) -> InvocationError | None:
        run = f" (run {self._ids['workflow_run_id']})" if self._ids["workflow_run_id"] else ""
        finished = self._finished or {}
        if self._status == "stopped" and not self._message_ended:  # moderation stops a chatflow and lets it answer
            reason = f" {_readable(error)}" if (error := _text(finished, "error")) else ""
            return ProviderFailed(f"The workflow run was stopped before it ended{run}.{reason}")
        if self._finished is not None and self._status not in ("succeeded", "partial-succeeded", "stopped", "paused"):
            title = _text(self._failed_node, "title")
            where = f' at the node "{title}"' if title else ""
            error = _text(self._failed_node, "error") or _text(finished, "error")
            return failed_run(f"The workflow run failed{where}{run}", error)
        return error_event(interface, self._error) if self._error else None

    def _add_files(self, holder: Mapping[str, Any]) -> None:
        for file in _objects(holder, "files"):
            self._add_file(file)

    def _add_file(self, file: Mapping[str, Any]) -> None:
        """Each file once: it is told of when it is made and again at the end, with a new signature and more detail."""
        url = _text(file, "url") or _text(file, "remote_url")
        if not url:
            return
        try:
            address = urlsplit(url)
        except ValueError:
            return
        signed_by_dify = "sign=" in address.query and "/files/" in address.path
        name = PurePosixPath(_text(file, "filename") or unquote(address.path)).name or "file"
        size = file.get("size")
        self._files[address.path if signed_by_dify else url] = AppFile(
            url=url,
            type=_text(file, "type") or "custom",
            filename=name,
            mime_type=_text(file, "mime_type") or mimetypes.guess_type(name)[0] or "application/octet-stream",
            size=size if isinstance(size, int) and size > 0 else None,
        )


def _readable(error: str) -> str:
    from switchboard.error_texts import readable_reason  # only where something has failed

    return readable_reason(error)


def _text(holder: Mapping[str, Any], key: str) -> str:
    value = holder.get(key)
    return value if isinstance(value, str) else ""


def _object(holder: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = holder.get(key)
    return value if isinstance(value, dict) else {}


def _objects(holder: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    value = holder.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
