"""The knowledge retrieval node, which Dify adds to its engine. A folder of texts is every knowledge base here.

Source: Dify, `core/workflow/nodes/knowledge_retrieval`. What finds is not what finds in Dify; what comes out is alike.
"""

from typing import Any

from graphon.entities.base_node_data import BaseNodeData
from graphon.enums import BuiltinNodeTypes, WorkflowNodeExecutionStatus
from graphon.node_events.base import NodeRunResult
from graphon.nodes.base.node import Node
from graphon.variables.segments import ArrayObjectSegment, StringSegment
from pydantic import BaseModel

from workspace.engines.passages import Passage, Passages

FEW = 4
"""How many passages Dify finds where a node does not say."""


class Retrieval(BaseModel):
    top_k: int = FEW
    score_threshold: float | None = None


class KnowledgeRetrievalData(BaseNodeData):
    query_variable_selector: list[str] | str | None = None
    multiple_retrieval_config: Retrieval | None = None


class KnowledgeRetrievalNode(Node[KnowledgeRetrievalData]):
    """Puts out `result`, a list of objects with `content`, `title` and `metadata`."""

    node_type = BuiltinNodeTypes.KNOWLEDGE_RETRIEVAL

    def __init__(self, *, knowledge: Passages, **options: Any) -> None:
        super().__init__(**options)
        self._knowledge = knowledge

    @classmethod
    def version(cls) -> str:
        return "1"

    def _run(self) -> NodeRunResult:
        selector = self.node_data.query_variable_selector
        query = self.runtime_state.variable_pool.get(selector) if isinstance(selector, list) else None
        if not isinstance(query, StringSegment):
            problem = "Query variable is not string type."
            return NodeRunResult(status=WorkflowNodeExecutionStatus.FAILED, error=problem)
        wanted = self.node_data.multiple_retrieval_config or Retrieval()
        found = self._knowledge.find(query.value, most=wanted.top_k, threshold=wanted.score_threshold or 0.0)
        result = [self._told(passage, score, place) for place, (passage, score) in enumerate(found, start=1)]
        return NodeRunResult(
            status=WorkflowNodeExecutionStatus.SUCCEEDED,
            inputs={"query": query.value},
            outputs={"result": ArrayObjectSegment(value=result)},
        )

    def _told(self, passage: Passage, score: float, place: int) -> dict[str, Any]:
        metadata = {
            "_source": "knowledge",
            "dataset_id": self._knowledge.name,
            "dataset_name": self._knowledge.name,
            "document_id": passage.document,
            "document_name": passage.document,
            "data_source_type": "upload_file",
            "segment_id": passage.id,
            "retriever_from": "workflow",
            "score": score,
            "child_chunks": [],
            "segment_hit_count": 0,
            "segment_word_count": len(passage.text),
            "segment_position": passage.position,
            "segment_index_node_hash": None,
            "doc_metadata": None,
            "position": place,
        }
        return {
            "metadata": metadata,
            "title": passage.document,
            "files": None,
            "content": passage.text,
            "summary": None,
        }
