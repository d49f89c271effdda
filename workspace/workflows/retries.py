"""The pause before a node is tried again.

The engine would sleep through it on the thread that delivers all events and hears of stops. Here the pauses are taken
out of the graph, and the worker that runs the node again waits.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from graphon.engine.layer import Layer
from graphon.engine_events import EngineEvent, NodeRunRetryEvent
from graphon.nodes.base.node import Node

from workspace.workflows.stop import Stop


def without_pauses(nodes: Iterable[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """The nodes of a graph without pauses, and the seconds of each by the node's id."""
    changed: list[dict[str, Any]] = []
    pauses: dict[str, float] = {}
    for node in nodes:
        data = node.get("data")
        retry = data.get("retry_config") if isinstance(data, dict) else None
        interval = retry.get("retry_interval") if isinstance(retry, dict) else None
        if isinstance(data, dict) and isinstance(retry, dict) and isinstance(interval, int | float) and interval > 0:
            pauses[str(node.get("id"))] = interval / 1000
            changed.append({**node, "data": {**data, "retry_config": {**retry, "retry_interval": 0}}})
        else:
            changed.append(node)
    return changed, pauses


class RetryPauses(Layer):
    """Has a node wait before it runs again, until `stop` at most."""

    def __init__(self, pauses: Mapping[str, float], stop: Stop) -> None:
        super().__init__()
        self._pauses = pauses
        self._stop = stop
        self._again: set[str] = set()

    def on_event(self, event: EngineEvent) -> None:
        if isinstance(event, NodeRunRetryEvent):
            self._again.add(event.id)

    def on_node_run_start(self, node: Node[Any]) -> None:
        if node.execution_id in self._again:
            self._again.discard(node.execution_id)
            self._stop.wait(self._pauses.get(node.id, 0.0))
