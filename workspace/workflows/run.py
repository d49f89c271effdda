"""One run of a workflow in Dify's engine: built, watched, and stopped for good.

The engine works on threads of its own; here they are watched by one more, so that whoever reads the events is never
kept waiting for longer than a second, and a run that takes too long ends.
"""

import queue
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphon.engine import Engine
from graphon.engine.filter import EngineEventFilterContext, ResponseStreamFilter, filter_engine_events
from graphon.engine.layer import ExecutionLimitsLayer
from graphon.engine_events import (
    EngineEvent,
    GraphRunAbortedEvent,
    GraphRunFailedEvent,
    GraphRunPartialSucceededEvent,
    GraphRunSucceededEvent,
)
from graphon.graph.graph import Graph
from graphon.runtime.init_params import InitParams
from graphon.runtime.runtime_state import RuntimeState
from graphon.runtime.variable_pool import VariablePool
from pydantic import ValidationError

from workspace.workflows import variables
from workspace.workflows.dsl import DslError, Workflow
from workspace.workflows.files import Files
from workspace.workflows.host import Host
from workspace.workflows.nodes import NodeFactory
from workspace.workflows.retries import RetryPauses, without_pauses
from workspace.workflows.stop import Stop

MOST_STEPS = 500
LONGEST = 1200.0
"""Nodes that one run may execute, and the seconds it may take, in Dify."""

_ENDS = (GraphRunSucceededEvent, GraphRunPartialSucceededEvent, GraphRunFailedEvent, GraphRunAbortedEvent)


@dataclass(frozen=True)
class Given:
    """What a run starts from: the start form's values, Dify's `sys` variables, and what a conversation has kept."""

    inputs: Mapping[str, Any]
    system: Mapping[str, Any]
    conversation_variables: Mapping[str, Any] = field(default_factory=dict)
    turns: Sequence[tuple[str, str]] = ()


class GraphRun:
    """Raises DslError if the engine refuses the graph. To be run once."""

    def __init__(self, workflow: Workflow, host: Host, files: Files, given: Given, *, longest: float = LONGEST) -> None:
        self.stop = Stop()
        self.halted = ""
        """Why the run was stopped before its end, "" where it was not."""
        self._longest = longest
        nodes, pauses = without_pauses(workflow.graph["nodes"])
        graph_config = {**workflow.graph, "nodes": nodes}
        workflow_id = str(given.system["workflow_id"])
        self.state = RuntimeState(variable_pool=_pool(workflow, given), start_at=time.time(), workflow_id=workflow_id)
        factory = NodeFactory(
            host=host,
            files=files,
            init_params=InitParams(workflow_id=workflow_id, graph_config=graph_config, run_context={}, call_depth=0),
            runtime_state=self.state,
            stop=self.stop,
            context={"app_id": workflow.app_id, "conversation_id": given.system.get("conversation_id")},
            turns=given.turns,
        )
        self._engine = Engine(_graph(workflow, graph_config, factory), self.state, file_runtime=files)
        self._engine.add_layer(ExecutionLimitsLayer(max_steps=MOST_STEPS, max_time=int(longest) + 60))
        self._engine.add_layer(RetryPauses(pauses, self.stop))

    def events(self) -> Generator[EngineEvent | None]:
        """What happens, to its end; None for a second in which nothing does. Leaving it stops the run."""
        happened: queue.Queue[EngineEvent | None] = queue.Queue()
        thread = threading.Thread(target=self._execute, args=(happened,), name="EngineEvents", daemon=True)
        ends_at = time.monotonic() + self._longest
        thread.start()
        try:
            while True:
                left = ends_at - time.monotonic()
                if left <= 0 and not self.stop.requested:
                    self._halt(f"The run was stopped: it took longer than {self._longest:g} s.")
                try:
                    event = happened.get(timeout=1.0 if self.stop.requested else max(0.0, min(1.0, left)))
                except queue.Empty:
                    yield None
                    continue
                if event is None:
                    return
                yield event
        finally:
            self._halt("The run was given up.")
            thread.join()

    def _halt(self, reason: str) -> None:
        if not self.stop.requested:
            self.halted = reason
        self.stop.request(reason)
        self._engine.request_abort(reason)

    def _execute(self, happened: "queue.Queue[EngineEvent | None]") -> None:
        """Hand on what the engine tells. Before it ends it waits for its workers, which `stop` ends."""
        ended = False
        context = EngineEventFilterContext.from_engine(self._engine)
        try:
            for event in filter_engine_events(self._engine.run(), context=context, filters=[ResponseStreamFilter()]):
                happened.put(event)
                if isinstance(event, _ENDS):
                    ended = True
                    self.stop.request("The run is over.")
        except Exception as error:  # noqa: BLE001 - it raises a failure once more after it has told of it
            if not ended:
                happened.put(GraphRunFailedEvent(error=str(error)))
        finally:
            happened.put(None)


def _pool(workflow: Workflow, given: Given) -> VariablePool:
    pool = VariablePool()
    for name, value in given.system.items():
        pool.add(("sys", name), value)
    for variable in (*variables.environment(workflow), *variables.conversation(workflow, given.conversation_variables)):
        pool.add(variable.selector, variable)
    for name, value in given.inputs.items():
        pool.add((workflow.start.id, name), value)
    return pool


def _graph(workflow: Workflow, graph_config: Mapping[str, Any], factory: NodeFactory) -> Graph:
    try:
        return Graph.init(graph_config=graph_config, node_factory=factory, root_node_id=workflow.start.id)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise DslError(f"Dify's workflow engine refuses its graph: nodes.{where}: {problem['msg']}.") from None
    except (ValueError, TypeError, KeyError) as error:
        raise DslError(f"Dify's workflow engine refuses its graph: {str(error).rstrip('.')}.") from None
