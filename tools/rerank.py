"""`session.model.rerank`: order documents by how well they answer a query.

To mind: a selector holds neither `top_n` nor `score_threshold`, and `RerankModelConfig` needs both.
"""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from switchboard.errors import NoAnswer
from switchboard.parameters import (
    chosen_texts,
    optional_number,
    optional_text,
    optional_whole_number,
    required_text,
)
from switchboard.ranking import NO_THRESHOLD, ranked
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import rerank_config
from switchboard.wire_limits import check_request_fits, check_result_fits

LONGEST_TEXT = 8000
"""Characters of all documents together in the text; the variables have them whole."""


class RerankTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        query = required_text(tool_parameters, "query")
        documents = chosen_texts(tool_parameters, listed="documents_list", typed="documents")
        top_n = min(optional_whole_number(tool_parameters, "top_n", minimum=1) or len(documents), len(documents))
        threshold = optional_number(tool_parameters, "score_threshold")
        model_config = rerank_config(
            tool_parameters.get("model"),
            optional_text(tool_parameters, "model_id"),
            top_n=top_n,
            score_threshold=NO_THRESHOLD if threshold is None else threshold,
        )
        check_request_fits("The query with its documents", query, *documents)
        if not documents:  # a retrieval that found nothing is no failure
            yield self.create_text_message("There are no documents to sort.")
            yield self.create_variable_message("documents", [])
            yield self.create_variable_message("best", "")
            return

        with reverse_invocation("rerank"):
            result = self.session.model.rerank.invoke(model_config=model_config, docs=documents, query=query)
            if not result.docs and threshold is None:
                raise NoAnswer(f"{model_config.model} returned no documents.")
            best_first = ranked(result.docs, given=len(documents), model=model_config.model)

        # not every provider heeds both numbers
        kept = [document for document in best_first if threshold is None or document.score >= threshold][:top_n]
        found: list[dict[str, Any]] = [
            {"index": document.index, "text": documents[document.index], "score": document.score} for document in kept
        ]
        check_result_fits("documents", found)
        yield self.create_text_message(_listed(found) if found else f"No document scored {threshold} or more.")
        yield self.create_variable_message("documents", found)
        yield self.create_variable_message("best", found[0]["text"] if found else "")


def _listed(found: list[dict[str, Any]]) -> str:
    """A line for each document with its index, which is all that an agent's model sees of the result."""
    length = LONGEST_TEXT // len(found)
    return "\n".join(f"[{item['index']}] {item['score']:.3f}  {_shortened(item['text'], length)}" for item in found)


def _shortened(document: str, length: int) -> str:
    line = " ".join(document.split())
    return line if len(line) <= length else line[:length] + "…"
