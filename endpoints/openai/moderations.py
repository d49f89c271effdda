"""`POST /v1/moderations`: tells whether a moderation model flags texts."""

from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from dify_plugin.entities.model import ModelType
from werkzeug import Request, Response

from endpoints.http.body import read_json
from endpoints.http.route import route
from endpoints.http.settings import GroupSettings
from endpoints.openai.wire.errors import openai_error
from endpoints.openai.wire.moderations import ModerationsRequest, moderations_reply
from endpoints.openai.wire.replies import json_reply
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import moderation_config
from switchboard.wire_limits import check_request_fits


class ModerationsEndpoint(Endpoint):
    @route(openai_error)
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        request = read_json(r, ModerationsRequest)
        model = GroupSettings(settings).model(ModelType.MODERATION, request.model)
        model_config = moderation_config(model.selector)
        for texts in request.inputs:
            for text in texts:
                check_request_fits("The text", text, field="input")

        flagged: list[bool] = []
        for texts in request.inputs:
            with reverse_invocation("moderation"):
                flagged.append(
                    any(self.session.model.moderation.invoke(model_config=model_config, text=text) for text in texts)
                )

        return json_reply(moderations_reply(flagged, model=model.name))
