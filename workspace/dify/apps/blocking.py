"""The one reply of a blocking call, made of the events that a streaming call would have got.

A failed or paused workflow is a reply; a failed chat or completion is an HTTP error. What a chat's stream leaves out is
null here. Source: Dify Service API.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from workspace.dify.apps.app import Event, Mode
from workspace.dify.refusals import Refused

_RUN_FIELDS = (
    "id", "workflow_id", "status", "outputs", "error",
    "elapsed_time", "total_tokens", "total_steps", "created_at", "finished_at",
)  # fmt: skip


def reply(mode: Mode, events: Iterator[Event | None]) -> Iterator[Event | None]:
    """Reads the run to its end, with None for each that comes on the way. Raises `Refused` on an error event."""
    happened: list[Event] = []
    for event in events:
        if event is None:
            yield None
        else:
            happened.append(event)
    yield _run(happened) if mode == "workflow" else _message(mode, happened)


def _message(mode: Mode, events: Iterable[Event]) -> dict[str, Any]:
    answer, end = "", None
    for event in events:
        match event["event"]:
            case "message" | "agent_message":
                answer += event["answer"]
            case "message_replace":
                answer = event["answer"]
            case "message_end":
                end = event
            case "error":
                said = event["message"]
                raise Refused(
                    f"PluginInvokeError: {said}" if said.startswith('{"args":') else said, status=event["status"]
                )
    if end is None:
        raise Refused("Internal Server Error", status=500, code="unknown")
    metadata = {"annotation_reply": None, **end["metadata"]}
    metadata["usage"] = {"time_to_first_token": None, "time_to_generate": None, **metadata["usage"]}
    conversation = {"conversation_id": end["conversation_id"]} if "conversation_id" in end else {}
    return {
        "event": "message",
        "task_id": end["task_id"],
        "id": end["message_id"],
        "message_id": end["message_id"],
        **conversation,
        "mode": mode,
        "answer": answer,
        "metadata": metadata,
        "created_at": end["created_at"],
    }


def _run(events: Iterable[Event]) -> dict[str, Any]:
    workflow_id = ""
    for event in events:
        data = event.get("data") or {}
        match event["event"]:
            case "workflow_started":
                workflow_id = data["workflow_id"]
            case "workflow_finished":
                return _run_reply(event, {field: data[field] for field in _RUN_FIELDS})
            case "workflow_paused":
                ended = {**data, "id": data["workflow_run_id"], "workflow_id": workflow_id}
                return _run_reply(event, {field: ended.get(field) for field in _RUN_FIELDS})
            case "error":
                raise Refused(event["message"], status=event["status"])
    raise Refused("Internal Server Error", status=500, code="unknown")


def _run_reply(event: Event, data: dict[str, Any]) -> dict[str, Any]:
    return {"task_id": event["task_id"], "workflow_run_id": event["workflow_run_id"], "data": data}
