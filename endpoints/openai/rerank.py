"""`POST /v1/rerank` and `/v2/rerank`: sorts documents by how well they answer a query."""

from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from dify_plugin.entities.model import ModelType
from werkzeug import Request, Response

from endpoints.http.body import read_json
from endpoints.http.route import route
from endpoints.http.settings import GroupSettings
from endpoints.openai.wire.errors import openai_error
from endpoints.openai.wire.replies import json_reply
from endpoints.openai.wire.rerank import RerankRequest, rerank_reply
from switchboard.errors import NoAnswer
from switchboard.ranking import NO_THRESHOLD, ranked
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import rerank_config
from switchboard.wire_limits import check_request_fits


class RerankEndpoint(Endpoint):
    @route(openai_error)
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        request = read_json(r, RerankRequest)
        model = GroupSettings(settings).model(ModelType.RERANK, request.model)
        model_config = rerank_config(model.selector, top_n=request.wanted, score_threshold=NO_THRESHOLD)
        texts = request.texts
        check_request_fits("The query with its documents", request.query, *texts, field="documents")

        with reverse_invocation("rerank"):
            result = self.session.model.rerank.invoke(model_config=model_config, docs=texts, query=request.query)
            if not result.docs:
                raise NoAnswer(f"{model.name} returned no documents.")
            documents = ranked(result.docs, given=len(texts), model=model.name)

        api_version = "2" if r.path.startswith("/v2/") else "1"
        return json_reply(rerank_reply(request, documents, model=model.name, api_version=api_version))
