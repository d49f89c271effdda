"""`session.model.text_embedding`: turn texts into vectors.

To mind: 80 vectors of 1,536 numbers are 2.6 MB of JSON: a message may have 5 MiB, a reply of an endpoint that does not
stream half of it.
"""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.model import EmbeddingInputType
from dify_plugin.entities.tool import ToolInvokeMessage

from switchboard.errors import InvalidInput, NoAnswer
from switchboard.parameters import choice, chosen_texts, optional_text
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import text_embedding_config
from switchboard.wire_limits import MAX_PAYLOAD, check_request_fits, wire_size


class TextEmbeddingTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        model_config = text_embedding_config(tool_parameters.get("model"), optional_text(tool_parameters, "model_id"))
        texts = chosen_texts(tool_parameters, listed="texts_list", typed="texts")
        input_type = choice(tool_parameters, "input_type", ("document", "query"))
        check_request_fits("The list of texts", *texts)
        if not texts:  # the list of another node may be empty
            yield self.create_text_message("There are no texts to embed.")
            for name, value in {"embeddings": [], "dimensions": 0, "usage": {}}.items():
                yield self.create_variable_message(name, value)
            return

        with reverse_invocation("text embedding"):
            result = self.session.model.text_embedding.invoke(
                model_config=model_config, texts=texts, input_type=EmbeddingInputType(input_type)
            )
            if len(result.embeddings) != len(texts) or not all(result.embeddings):
                raise NoAnswer(
                    f"{model_config.model} returned {len(result.embeddings)} vectors for {len(texts)} texts."
                )

        size = wire_size(result.embeddings)
        if size > MAX_PAYLOAD:
            raise InvalidInput(
                f"The vectors of {len(texts):,} texts are too large to hand over at once. About "
                f"{len(texts) * MAX_PAYLOAD // size:,} texts would fit: send them in batches."
            )
        dimensions = len(result.embeddings[0])
        yield self.create_text_message(f"{_counted(len(texts), 'text')} embedded in {dimensions:,} dimensions.")
        yield self.create_variable_message("embeddings", result.embeddings)
        yield self.create_variable_message("dimensions", dimensions)
        yield self.create_variable_message("usage", result.usage.model_dump(mode="json"))


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
