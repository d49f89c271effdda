"""`GET /parameters`: tells what inputs an app wants and what it offers, as Dify's Service API does."""

from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from endpoints.dify.wire.app_calls import called_app
from endpoints.dify.wire.errors import dify_error
from endpoints.http.framing import whole
from endpoints.http.json_bytes import json_bytes
from endpoints.http.route import route
from switchboard.reverse_invocation import reverse_invocation


class ParametersEndpoint(Endpoint):
    @route(dify_error)
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        app = called_app(settings, values, "chat_app", "workflow_app", "completion_app")
        with reverse_invocation("app parameters"):
            parameters = dict(self.session.app.fetch_app(app.app_id))
        return whole(json_bytes(parameters), "application/json")
