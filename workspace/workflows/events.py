"""What the engine tells of a run, as the events of Dify's Service API.

Source: Dify, `core/app/apps/common/workflow_response_converter.py` and the pipelines that call it.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from graphon.engine_events import (
    EngineEvent,
    GraphRunAbortedEvent,
    GraphRunFailedEvent,
    GraphRunPartialSucceededEvent,
    GraphRunSucceededEvent,
    NodeRunExceptionEvent,
    NodeRunFailedEvent,
    NodeRunIterationFailedEvent,
    NodeRunIterationNextEvent,
    NodeRunIterationStartedEvent,
    NodeRunIterationSucceededEvent,
    NodeRunLoopFailedEvent,
    NodeRunLoopNextEvent,
    NodeRunLoopStartedEvent,
    NodeRunLoopSucceededEvent,
    NodeRunReasoningChunkEvent,
    NodeRunRetryEvent,
    NodeRunStartedEvent,
    NodeRunStreamChunkEvent,
    NodeRunSucceededEvent,
    NodeRunVariableUpdatedEvent,
)
from graphon.file.runtime import use_workflow_file_runtime
from graphon.workflow_type_encoder import WorkflowRuntimeTypeConverter

from workspace.dify.apps.app import Event
from workspace.dify.apps.workflow_events import Node, Run
from workspace.workflows.dsl import Workflow
from workspace.workflows.files import Files
from workspace.workflows.run import GraphRun

type NodeFinished = NodeRunSucceededEvent | NodeRunFailedEvent | NodeRunExceptionEvent | NodeRunRetryEvent
type ContainerStarted = NodeRunIterationStartedEvent | NodeRunLoopStartedEvent
type ContainerCompleted = (
    NodeRunIterationSucceededEvent | NodeRunIterationFailedEvent | NodeRunLoopSucceededEvent | NodeRunLoopFailedEvent
)

_CONTAINERS = ("iteration", "loop")
_SHOWN = ("answer", "end", "llm")
_JSON = WorkflowRuntimeTypeConverter()


class Reporter:
    """`run` has the ids and counts of the events; `chunk` makes the event of a piece of the answer, `keep` gets what is
    written into a variable of the conversation."""

    def __init__(
        self,
        workflow: Workflow,
        graph_run: GraphRun,
        run: Run,
        files: Files,
        *,
        chunk: Callable[[str, list[str]], Event],
        keep: Callable[[str, Any], None],
        message_id: str | None = None,
    ) -> None:
        self.finished: Event = {}
        """`workflow_finished`, once the run is over; it is not among the events of `report`."""
        self.shown_files: list[dict[str, Any]] = []
        """The files that Dify shows with the message of a chatflow."""
        self._types = {node.id: node.type for node in workflow.nodes}
        self._graph_run = graph_run
        self._run = run
        self._files = files
        self._chunk = chunk
        self._keep = keep
        self._message_id = message_id
        self._nodes: dict[str, Node] = {}

    def report(self, event: EngineEvent) -> Iterator[Event]:
        match event:
            case NodeRunRetryEvent():  # it is a NodeRunStartedEvent too
                if not self._graph_run.halted:
                    yield self._node_finished(event, retry_index=event.retry_index)
            case NodeRunStartedEvent():
                if event.node_type not in _CONTAINERS and event.id not in self._nodes:
                    self._nodes[event.id] = node = self._node(event)
                    yield self._run.node_started(node)
            case NodeRunSucceededEvent() | NodeRunFailedEvent() | NodeRunExceptionEvent():
                if event.node_type not in _CONTAINERS:
                    yield self._node_finished(event)
            case NodeRunStreamChunkEvent(chunk=text, selector=selector):
                yield self._chunk(text, list(selector))
            case NodeRunReasoningChunkEvent(chunk=text, node_id=node_id, is_final=is_final):
                if text:
                    yield self._run.reasoning_chunk(text, node_id, message_id=self._message_id, is_final=is_final)
            case NodeRunVariableUpdatedEvent(variable=variable):
                if variable.selector[0] == "conversation":
                    self._keep(variable.name, self.encoded({"value": variable.value})["value"])
            case NodeRunIterationStartedEvent() | NodeRunLoopStartedEvent():
                yield self._container_started(event)
            case NodeRunIterationNextEvent() | NodeRunLoopNextEvent():
                node = Node(event.node_id, event.node_type, event.node_title, index=event.index)
                yield self._run.container(f"{event.node_type}_next", node)
            case (
                NodeRunIterationSucceededEvent()
                | NodeRunIterationFailedEvent()
                | NodeRunLoopSucceededEvent()
                | NodeRunLoopFailedEvent()
            ):
                yield self._container_completed(event)
            case GraphRunSucceededEvent(outputs=outputs):
                self._finish(outputs, "succeeded")
            case GraphRunPartialSucceededEvent(outputs=outputs, exceptions_count=count):
                self._finish(outputs, "partial-succeeded", exceptions=count)
            case GraphRunFailedEvent(error=error, exceptions_count=count):
                self._finish(self._graph_run.state.outputs, "failed", error=error, exceptions=count)
            case GraphRunAbortedEvent(outputs=outputs, reason=reason):  # Dify takes this for a failure as well
                self._finish(outputs, "failed", error=reason or "Unknown error")

    def encoded(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values as JSON: files with their address, secrets hidden."""
        with use_workflow_file_runtime(self._files):
            return dict(_JSON.to_json_encodable(values))

    def _node(self, event: NodeRunStartedEvent) -> Node:
        owner = self._types.get(event.container_id)
        return Node(
            event.node_id,
            event.node_type,
            event.node_title,
            execution_id=event.id,
            iteration_id=event.container_id if owner == "iteration" else None,
            loop_id=event.container_id if owner == "loop" else None,
        )

    def _node_finished(self, event: NodeFinished, *, retry_index: int | None = None) -> Event:
        result = event.node_run_result
        outputs = {name: value for name, value in result.outputs.items() if not name.startswith(("env.", "sys."))}
        inputs = {name: value for name, value in result.inputs.items() if not name.startswith("#")}
        finished = self._run.node_finished(
            self._nodes[event.id],
            inputs=self.encoded(inputs),
            process_data=self.encoded(result.process_data),
            outputs=self.encoded(outputs),
            status=result.status.value,
            error=getattr(event, "error", None),
            metadata=self.encoded({key.value: value for key, value in result.metadata.items()}) or None,
            retry_index=retry_index,
        )
        if event.node_type in _SHOWN:
            self.shown_files += finished["data"]["files"]
        return finished

    def _container_started(self, event: ContainerStarted) -> Event:
        self._nodes[event.id] = node = Node(event.node_id, event.node_type, event.node_title)
        data = {"metadata": self.encoded(event.metadata), "inputs": self.encoded(event.inputs)}
        return self._run.container(f"{event.node_type}_started", node, **data, inputs_truncated=False)

    def _container_completed(self, event: ContainerCompleted) -> Event:
        failed = isinstance(event, NodeRunIterationFailedEvent | NodeRunLoopFailedEvent)
        node, metadata = self._nodes[event.id], self.encoded(event.metadata)
        return self._run.container(
            f"{event.node_type}_completed",
            node,
            inputs=self.encoded(event.inputs),
            inputs_truncated=False,
            outputs=self.encoded(event.outputs),
            outputs_truncated=False,
            status="failed" if failed else "succeeded",
            error=None,  # in Dify too: the run's error tells it
            elapsed_time=time.perf_counter() - node.started,
            total_tokens=metadata.get("total_tokens", 0),
            execution_metadata=metadata,
            finished_at=int(time.time()),
            steps=event.steps,
        )

    def _finish(
        self, outputs: Mapping[str, object], status: str, *, error: str | None = None, exceptions: int = 0
    ) -> None:
        state = self._graph_run.state
        self._run.tokens, self._run.steps = state.total_tokens, state.node_run_steps
        error = (self._graph_run.halted or error) if error else None
        self.finished = self._run.finished(self.encoded(outputs), status=status, error=error, exceptions=exceptions)
