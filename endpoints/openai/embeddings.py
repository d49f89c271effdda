"""`POST /v1/embeddings`: turns texts into vectors, as numbers or in base64."""

from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from dify_plugin.entities.model import ModelType
from werkzeug import Request, Response

from endpoints.http.body import read_json
from endpoints.http.route import route
from endpoints.http.settings import GroupSettings
from endpoints.openai.wire.embeddings import EmbeddingsRequest, check_dimensions, embeddings_reply
from endpoints.openai.wire.errors import openai_error
from endpoints.openai.wire.replies import json_reply
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import text_embedding_config
from switchboard.vectors import check_vectors
from switchboard.wire_limits import check_request_fits


class EmbeddingsEndpoint(Endpoint):
    @route(openai_error)
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        request = read_json(r, EmbeddingsRequest)
        model = GroupSettings(settings).model(ModelType.TEXT_EMBEDDING, request.model)
        model_config = text_embedding_config(model.selector)
        texts = request.texts
        check_request_fits("The list of texts", *texts, field="input")

        with reverse_invocation("text embedding"):
            result = self.session.model.text_embedding.invoke(
                model_config=model_config, texts=texts, input_type=request.dify_input_type
            )
            check_vectors(result.embeddings, texts=len(texts), model=model.name)

        check_dimensions(request.dimensions, found=len(result.embeddings[0]), model=model.name)
        return json_reply(embeddings_reply(result, model=model.name, encoding_format=request.encoding_format))
