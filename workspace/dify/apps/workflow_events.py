"""The events of workflows and chatflows, as Dify's Service API streams them.

Source: Dify Service API, `/workflows/run`. In a chatflow they carry the ids of the conversation and message as well.
"""

import time
import uuid
from typing import Any

from workspace.dify.apps.app import Event
from workspace.engines import TokenCount


class Node:
    """One node of a run. `type` is Dify's node type ("start", "llm", "end", ...)."""

    def __init__(self, node_id: str, node_type: str, title: str, inputs: dict[str, Any]) -> None:
        self.id = node_id
        self.type = node_type
        self.title = title
        self.inputs = inputs
        self.execution_id = str(uuid.uuid4())
        self.index = 1
        self.predecessor: str | None = None
        self.started = time.perf_counter()
        self.created_at = int(time.time())


class Run:
    """One run of a workflow: its ids, its counts, and the events that tell of it."""

    def __init__(self, app_id: str, *, task_id: str | None = None, chat: dict[str, Any] | None = None) -> None:
        self.task_id = task_id or str(uuid.uuid4())
        self.run_id = str(uuid.uuid4())
        self.workflow_id = str(uuid.uuid5(uuid.NAMESPACE_URL, app_id))
        self._chat = chat or {}
        self._created_at = int(time.time())
        self._started = time.perf_counter()
        self._tokens = 0
        self._last: Node | None = None
        self._steps = 0

    def started(self, inputs: dict[str, Any]) -> Event:
        data = {"id": self.run_id, "workflow_id": self.workflow_id, "inputs": inputs, "created_at": self._created_at}
        return self._event("workflow_started", {**data, "reason": "initial"})

    def node_started(self, node: Node) -> Event:
        self._steps += 1
        node.index = self._steps
        node.predecessor = self._last.id if self._last else None
        self._last = node
        data = {**self._node(node), "extras": {}, "inputs_truncated": False}
        return self._event("node_started", data)

    def node_finished(
        self, node: Node, outputs: dict[str, Any] | None, *, error: str | None = None, tokens: TokenCount | None = None
    ) -> Event:
        """A node came to its end: with outputs, or failed with an error. `tokens` for a node that asked a model."""
        metadata = None
        if tokens:
            total = tokens.prompt + tokens.completion
            self._tokens += total
            metadata = {"total_tokens": total, "total_price": "0", "currency": "USD"}
        data = {
            **self._node(node),
            "process_data": {},
            "outputs": outputs,
            "status": "failed" if error else "succeeded",
            "error": error,
            "elapsed_time": time.perf_counter() - node.started,
            "execution_metadata": metadata,
            "finished_at": int(time.time()),
            "files": [],
            "inputs_truncated": False,
            "outputs_truncated": False,
            "process_data_truncated": False,
        }
        return self._event("node_finished", data)

    def text_chunk(self, text: str, selector: list[str]) -> Event:
        return self._event("text_chunk", {"text": text, "from_variable_selector": selector})

    def human_input_required(self, node: Node, content: str, actions: list[dict[str, Any]], *, seconds: int) -> Event:
        """Somebody has to fill in a form within so many seconds before the run goes on."""
        data = {
            "form_id": str(uuid.uuid4()),
            "node_id": node.id,
            "node_title": node.title,
            "form_content": content,
            "inputs": [],
            "actions": actions,
            "display_in_ui": True,
            "form_token": uuid.uuid4().hex,
            "resolved_default_values": {},
            "expiration_time": int(time.time()) + seconds,
        }
        return self._event("human_input_required", data)

    def paused(self, form: Event) -> Event:
        """The run stops here, waiting for the form of a `human_input_required` event."""
        waiting = {key: form["data"][key] for key in ("form_id", "node_id", "node_title", "form_content")}
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

    def finished(self, outputs: dict[str, Any] | None, *, error: str | None = None) -> Event:
        data = {
            "id": self.run_id,
            "workflow_id": self.workflow_id,
            "status": "failed" if error else "succeeded",
            "outputs": outputs,
            "error": error,
            **self._counts(),
            "created_by": {},
            "created_at": self._created_at,
            "finished_at": int(time.time()),
            "exceptions_count": 0,
            "files": [],
        }
        return self._event("workflow_finished", data)

    def _counts(self) -> dict[str, Any]:
        elapsed = time.perf_counter() - self._started
        return {"elapsed_time": elapsed, "total_tokens": self._tokens, "total_steps": self._steps}

    def _node(self, node: Node) -> dict[str, Any]:
        return {
            "id": node.execution_id,
            "node_id": node.id,
            "node_type": node.type,
            "title": node.title,
            "index": node.index,
            "predecessor_node_id": node.predecessor,
            "inputs": node.inputs,
            "created_at": node.created_at,
            "iteration_id": None,
            "loop_id": None,
        }

    def _event(self, event: str, data: dict[str, Any]) -> Event:
        return {"event": event, **self._chat, "task_id": self.task_id, "workflow_run_id": self.run_id, "data": data}
