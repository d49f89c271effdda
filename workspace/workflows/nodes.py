"""Makes the engine's nodes, each with what it needs of its host."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graphon.entities.base_node_data import BaseNodeData
from graphon.entities.graph_config import NodeConfigDict
from graphon.enums import NodeExecutionType
from graphon.nodes.answer.answer_node import AnswerNode
from graphon.nodes.base.node import Node
from graphon.nodes.code.code_node import CodeNode
from graphon.nodes.end.end_node import EndNode
from graphon.nodes.http_request.config import build_http_request_config
from graphon.nodes.http_request.node import HttpRequestNode, HttpRequestNodeDependencies
from graphon.nodes.if_else.if_else_node import IfElseNode
from graphon.nodes.iteration.iteration_node import IterationNode
from graphon.nodes.iteration.iteration_start_node import IterationStartNode
from graphon.nodes.list_operator.node import ListOperatorNode
from graphon.nodes.llm.node import LLMNode
from graphon.nodes.loop.loop_end_node import LoopEndNode
from graphon.nodes.loop.loop_node import LoopNode
from graphon.nodes.loop.loop_start_node import LoopStartNode
from graphon.nodes.parameter_extractor.parameter_extractor_node import ParameterExtractorNode
from graphon.nodes.question_classifier.question_classifier_node import QuestionClassifierNode
from graphon.nodes.start.start_node import StartNode
from graphon.nodes.template_transform.template_transform_node import TemplateTransformNode
from graphon.nodes.tool.tool_node import ToolNode
from graphon.nodes.variable_aggregator.variable_aggregator_node import VariableAggregatorNode
from graphon.nodes.variable_assigner.v1.node import VariableAssignerNode as OldVariableAssignerNode
from graphon.nodes.variable_assigner.v2.node import VariableAssignerNode
from graphon.runtime.init_params import InitParams
from graphon.runtime.runtime_state import RuntimeState
from pydantic import ValidationError

from workspace.workflows.code import LIMITS, CodeRunner
from workspace.workflows.files import Files
from workspace.workflows.host import Host
from workspace.workflows.knowledge import KnowledgeRetrievalNode
from workspace.workflows.models import ConversationMemory, Messages, NodeModel
from workspace.workflows.stop import Stop
from workspace.workflows.templates import Templates
from workspace.workflows.tool_nodes import ToolRuntime

logging.getLogger("graphon").addHandler(logging.NullHandler())  # what it logs, its events tell as well

_CLASSES: Mapping[str, type[Node[Any]]] = {
    "start": StartNode,
    "end": EndNode,
    "answer": AnswerNode,
    "llm": LLMNode,
    "question-classifier": QuestionClassifierNode,
    "parameter-extractor": ParameterExtractorNode,
    "tool": ToolNode,
    "if-else": IfElseNode,
    "iteration": IterationNode,
    "iteration-start": IterationStartNode,
    "loop": LoopNode,
    "loop-start": LoopStartNode,
    "loop-end": LoopEndNode,
    "template-transform": TemplateTransformNode,
    "variable-aggregator": VariableAggregatorNode,
    "variable-assigner": VariableAggregatorNode,
    "assigner": VariableAssignerNode,
    "list-operator": ListOperatorNode,
    "code": CodeNode,
    "http-request": HttpRequestNode,
    "knowledge-retrieval": KnowledgeRetrievalNode,
}


@dataclass(frozen=True)
class NodeFactory:
    """The engine's `NodeFactory`. `turns` is what was said in the conversation before."""

    host: Host
    files: Files
    init_params: InitParams
    runtime_state: RuntimeState
    stop: Stop
    context: Mapping[str, Any]
    turns: Sequence[tuple[str, str]]

    def with_runtime_state(self, runtime_state: RuntimeState) -> "NodeFactory":
        return replace(self, runtime_state=runtime_state)

    def with_graph_config(self, graph_config: Mapping[str, Any]) -> "NodeFactory":
        return replace(self, init_params=self.init_params.model_copy(update={"graph_config": graph_config}))

    def validate_node(self, node_config: NodeConfigDict) -> NodeExecutionType:
        data = node_config["data"]
        node_class = _class_of(data)
        try:
            node_class.validate_node_data(data)
        except ValidationError as error:
            problem = error.errors()[0]
            where = ".".join(map(str, problem["loc"])) or "data"
            raise ValueError(f"{data.title or node_config['id']} ({data.type}): {where}: {problem['msg']}") from None
        return node_class.execution_type

    def create_node(self, node_config: NodeConfigDict) -> Node[Any]:
        node_class = _class_of(node_config["data"])
        data = node_class.validate_node_data(node_config["data"])
        return node_class(
            node_id=node_config["id"],
            data=data,
            init_params=self.init_params,
            runtime_state=self.runtime_state,
            **self._services(data),
        )

    def _services(self, data: BaseNodeData) -> dict[str, Any]:
        match data.type:
            case "llm":
                return {
                    **self._model(data),
                    "llm_file_saver": self.files,
                    "jinja2_template_renderer": Templates(self.stop),
                    "default_query_selector": ("sys", "query"),
                }
            case "question-classifier":
                return {
                    **self._model(data),
                    "llm_file_saver": self.files,
                    "template_renderer": Templates(self.stop),
                }
            case "parameter-extractor":
                return self._model(data)
            case "tool":
                assert self.host.tools is not None
                runtime = ToolRuntime(self.host.tools, self.files, context=self.context, stop=self.stop)
                return {"tool_file_manager": self.files, "runtime": runtime}
            case "knowledge-retrieval":
                return {"knowledge": self.host.knowledge}
            case "template-transform":
                return {"jinja2_template_renderer": Templates(self.stop)}
            case "code":
                return {"code_executor": CodeRunner(self.stop), "code_limits": LIMITS}
            case "http-request":
                return {
                    "http_request_config": build_http_request_config(),
                    "dependencies": HttpRequestNodeDependencies(
                        tool_file_manager_factory=lambda: self.files,
                        file_manager=self.files,
                        file_reference_factory=self.files,
                    ),
                }
        return {}

    def _model(self, data: Any) -> dict[str, Any]:
        model = NodeModel(
            self.host.models,
            data.model.model_dump(),
            default_model=self.host.default_model,
            stop=self.stop,
        )
        memory = ConversationMemory(self.turns, model.get_llm_num_tokens) if data.memory and self.turns else None
        return {"model_instance": model, "memory": memory, "prompt_message_serializer": Messages()}


def _class_of(data: BaseNodeData) -> type[Node[Any]]:
    if data.type == "assigner" and data.get("items") is None:
        return OldVariableAssignerNode
    return _CLASSES[data.type]
