"""One node outside of any workflow: a parameter extractor or a question classifier that a plugin runs.

Source: Dify, `core/plugin/backwards_invocation/node.py` and `run_free_workflow_node` of its workflow service.
"""

import time
import uuid
from typing import Any

from graphon.engine_events import NodeRunSucceededEvent
from graphon.entities.graph_config import NodeConfigDictAdapter
from graphon.runtime.init_params import InitParams
from graphon.runtime.runtime_state import RuntimeState
from graphon.runtime.variable_pool import VariablePool
from pydantic import TypeAdapter

from workspace.dify.api_requests import RequestInvokeParameterExtractorNode, RequestInvokeQuestionClassifierNode
from workspace.workflows.files import Files
from workspace.workflows.host import Host
from workspace.workflows.nodes import NodeFactory
from workspace.workflows.stop import Stop

_ID = "node"
_JSON = TypeAdapter(dict[str, Any])
"""Dify's route writes what the node put out with pydantic, so that a list comes as its segment: value and type."""


def run_node(
    request: RequestInvokeParameterExtractorNode | RequestInvokeQuestionClassifierNode, host: Host
) -> dict[str, Any]:
    """`{inputs, process_data, outputs}`, all None if the node failed: Dify keeps nothing of one that did."""
    given = request.model_dump()
    pool = VariablePool()
    pool.add((_ID, "query"), given.pop("query"))
    if isinstance(request, RequestInvokeParameterExtractorNode):
        kind, asks = "parameter-extractor", {"query": [_ID, "query"], "reasoning_mode": "function_call"}
    else:
        kind, asks = "question-classifier", {"query_variable_selector": [_ID, "query"]}
    factory = NodeFactory(
        host=host,
        files=Files(None),
        init_params=InitParams(workflow_id="", graph_config={}, run_context={}, call_depth=0),
        runtime_state=RuntimeState(variable_pool=pool, start_at=time.time(), workflow_id=""),
        stop=Stop(),
        context={},
        turns=(),
    )
    data = {"title": kind, "type": kind, **asks, **given}
    node = factory.create_node(NodeConfigDictAdapter.validate_python({"id": _ID, "data": data}))
    node.bind_execution_id(str(uuid.uuid4()))
    for event in node.run():
        if isinstance(event, NodeRunSucceededEvent):
            result = event.node_run_result
            found = {"inputs": result.inputs, "process_data": result.process_data, "outputs": result.outputs}
            return {name: _JSON.dump_python(dict(values), mode="json") or None for name, values in found.items()}
    return dict.fromkeys(("inputs", "process_data", "outputs"))
