"""Blocking replies of Dify's Service API, made of the events of a run.

Every run is asked for as a stream: agents know no other way, and a stream tells more of what went wrong.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from switchboard.apps.events import AppEvents, AppKind

_MESSAGE_FIELDS = ("task_id", "message_id", "conversation_id", "metadata", "created_at")
_RUN_FIELDS: tuple[str, ...] = (
    "id", "workflow_id", "status", "outputs", "error",
    "elapsed_time", "total_tokens", "total_steps", "created_at", "finished_at",
)  # fmt: skip


def message_reply(kind: AppKind, events: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """`{event: "message", task_id, id, message_id, conversation_id, mode, answer, metadata, created_at}`.

    A chatflow that waits for a person answers with what it has said so far, as `{event: "workflow_paused"}` with the
    event's `data`. Raises what made the run fail.
    """
    run = AppEvents()
    told: dict[str, Any] = {}
    names: set[str] = set()
    pause: Mapping[str, Any] | None = None
    for event in events:
        run.feed(event)
        told |= {field: event[field] for field in _MESSAGE_FIELDS if event.get(field) is not None}
        names.add(str(event.get("event")))
        pause = event if event.get("event") == "workflow_paused" else pause
    run.check(kind)
    reply = {
        "event": "message",
        "task_id": told.get("task_id"),
        "id": told.get("message_id"),
        "message_id": told.get("message_id"),
        "conversation_id": told.get("conversation_id"),
        "mode": _mode(kind, names),
        "answer": run.answer,
        "metadata": told.get("metadata", {}),
        "created_at": told.get("created_at"),
    }
    if kind is AppKind.COMPLETION:
        del reply["conversation_id"]
    if pause and "message_end" not in names:
        reply |= {
            "event": "workflow_paused",
            "workflow_run_id": pause.get("workflow_run_id"),
            "data": pause.get("data"),
        }
    return reply


def _mode(kind: AppKind, names: set[str]) -> str:
    """Dify tells a plugin no app's mode; it shows in which events there were."""
    if kind is AppKind.COMPLETION:
        return "completion"
    if names & {"agent_message", "agent_thought"}:
        return "agent-chat"
    return "advanced-chat" if "workflow_started" in names else "chat"


def run_reply(events: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """`{task_id, workflow_run_id, data: {id, workflow_id, status, outputs, error, ...}}` of a workflow run.

    A run that failed, was stopped or waits for a person is a reply with that status. Raises what Dify reports instead.
    """
    run = AppEvents()
    last: Mapping[str, Any] = {}
    data: dict[str, Any] = {}
    for event in events:
        run.feed(event)
        match event:
            case {"event": "workflow_started", "data": dict(started)}:
                data = {"workflow_id": started.get("workflow_id")}
            case {"event": "workflow_finished" | "workflow_paused", "data": dict(ended)}:
                last = event
                data |= ended
    if not last:
        run.check(AppKind.WORKFLOW)
    run_id = last.get("workflow_run_id")
    fields = _RUN_FIELDS
    if last.get("event") == "workflow_paused":
        data |= {"id": run_id, "status": "paused"}
        fields += ("paused_nodes", "reasons")
    return {
        "task_id": last.get("task_id"),
        "workflow_run_id": run_id,
        "data": {field: data.get(field) for field in fields},
    }
