"""The events of workflows and chatflows, as Dify's Service API streams them.

Source: Dify Service API, `/workflows/run`. In a chatflow they carry the ids of the conversation and message as well.
"""

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from workspace.dify.apps.app import Event

type Values = dict[str, Any]

USER = str(uuid.uuid5(uuid.NAMESPACE_URL, "local-user"))
"""The end user of every run."""


@dataclass
class Node:
    """One node of a run, or the round of it in a container. `type` is Dify's node type ("start", "llm", "end", ...)."""

    id: str
    type: str
    title: str
    execution_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    iteration_id: str | None = None
    loop_id: str | None = None
    index: int = 1
    started: float = field(default_factory=time.perf_counter)
    created_at: int = field(default_factory=lambda: int(time.time()))


class Run:
    """One run of a workflow: its ids, its counts, and the events that tell of it."""

    def __init__(self, app_id: str, *, task_id: str | None = None, chat: Values | None = None) -> None:
        self.task_id = task_id or str(uuid.uuid4())
        self.run_id = str(uuid.uuid4())
        self.workflow_id = str(uuid.uuid5(uuid.NAMESPACE_URL, app_id))
        self.tokens = 0
        self.steps = 0
        self._chat = chat or {}
        self._created_at = int(time.time())
        self._started = time.perf_counter()

    def started(self, inputs: Values) -> Event:
        data = {"id": self.run_id, "workflow_id": self.workflow_id, "inputs": inputs, "created_at": self._created_at}
        return self._event("workflow_started", {**data, "reason": "initial"})

    def node_started(self, node: Node) -> Event:
        self.steps += 1
        node.index = self.steps
        data = {**_identity(node), "predecessor_node_id": None, "inputs": None, "inputs_truncated": False}
        return self._event("node_started", {**data, "extras": {}, "agent_strategy": None, **_containers(node)})

    def node_finished(
        self,
        node: Node,
        *,
        inputs: Values,
        outputs: Values | None,
        status: str = "succeeded",
        error: str | None = None,
        process_data: Values | None = None,
        metadata: Values | None = None,
        retry_index: int | None = None,
    ) -> Event:
        """A node came to its end: `succeeded`, `failed`, or by its error strategy `exception`.

        With a `retry_index`, from 1, it is about to be tried again: `node_retry`, whose status is `retry`.
        """
        data = {
            **_identity(node),
            "predecessor_node_id": None,
            "inputs": inputs,
            "inputs_truncated": False,
            "process_data": process_data or {},
            "process_data_truncated": False,
            "outputs": outputs,
            "outputs_truncated": False,
            "status": status,
            "error": error,
            "elapsed_time": time.perf_counter() - node.started,
            "execution_metadata": metadata,
            "finished_at": int(time.time()),
            "files": files_in(outputs),
            **_containers(node),
        }
        if retry_index is None:
            return self._event("node_finished", data)
        return self._event("node_retry", {**data, "status": "retry", "retry_index": retry_index})

    def container(self, event: str, node: Node, **data: Any) -> Event:
        """`iteration_` or `loop_` and `started`, `next` or `completed`. Their id is the node's own."""
        return self._event(event, {**_identity(node), "id": node.id, "extras": {}, **data})

    def text_chunk(self, text: str, selector: list[str]) -> Event:
        return self._event("text_chunk", {"text": text, "from_variable_selector": selector})

    def reasoning_chunk(self, text: str, node_id: str, *, message_id: str | None, is_final: bool) -> Event:
        data = {"message_id": message_id, "reasoning": text, "node_id": node_id, "is_final": is_final}
        return self._event("reasoning_chunk", data)

    def human_input_required(self, node: Node, content: str, actions: list[Values], *, seconds: int) -> Event:
        """Somebody has to fill in a form within so many seconds before the run goes on."""
        data = {
            "form_id": str(uuid.uuid4()),
            "node_id": node.id,
            "node_title": node.title,
            "form_content": content,
            "inputs": [],
            "actions": actions,
            "approval_channels": ["console"],
            "display_in_ui": True,
            "form_token": uuid.uuid4().hex,
            "resolved_default_values": {},
            "expiration_time": int(time.time()) + seconds,
        }
        return self._event("human_input_required", data)

    def paused(self, form: Event) -> Event:
        """The run stops here, waiting for the form of a `human_input_required` event."""
        waiting = {key: value for key, value in form["data"].items() if key != "display_in_ui"}
        data = {
            "workflow_run_id": self.run_id,
            "paused_nodes": [form["data"]["node_id"]],
            "outputs": {},
            "reasons": [{"TYPE": "human_input_required", **waiting}],
            "status": "paused",
            "created_at": self._created_at,
            **self._counts(),
        }
        return self._event("workflow_paused", data)

    def finished(
        self, outputs: Values, *, status: str = "succeeded", error: str | None = None, exceptions: int = 0
    ) -> Event:
        """The run is over: `succeeded`, `partial-succeeded` after so many exceptions, `failed` or `stopped`."""
        data = {
            "id": self.run_id,
            "workflow_id": self.workflow_id,
            "status": status,
            "outputs": outputs,
            "error": error,
            **self._counts(),
            "created_by": {"id": USER, "user": USER},
            "created_at": self._created_at,
            "finished_at": int(time.time()),
            "exceptions_count": exceptions,
            "files": files_in(outputs),
        }
        return self._event("workflow_finished", data)

    def _counts(self) -> Values:
        elapsed = time.perf_counter() - self._started
        return {"elapsed_time": elapsed, "total_tokens": self.tokens, "total_steps": self.steps}

    def _event(self, event: str, data: Values) -> Event:
        return {"event": event, **self._chat, "task_id": self.task_id, "workflow_run_id": self.run_id, "data": data}


def passed(run: Run, node: Node, outputs: Values) -> Iterator[Event]:
    """A node that only hands on what it has."""
    yield run.node_started(node)
    yield run.node_finished(node, inputs=outputs, outputs=outputs)


def files_in(outputs: Values | None) -> list[Values]:
    """The files among the outputs of a node, alone or in lists."""
    values = [item for value in (outputs or {}).values() for item in (value if isinstance(value, list) else [value])]
    return [value for value in values if isinstance(value, dict) and value.get("dify_model_identity")]


def _identity(node: Node) -> Values:
    return {
        "id": node.execution_id,
        "node_id": node.id,
        "node_type": node.type,
        "title": node.title,
        "index": node.index,
        "created_at": node.created_at,
    }


def _containers(node: Node) -> Values:
    return {"iteration_id": node.iteration_id, "loop_id": node.loop_id}
