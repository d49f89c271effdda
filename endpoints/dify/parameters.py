"""`GET /parameters`: what inputs an app wants and what it offers, as Dify's Service API tells it."""

from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from switchboard.dify_api.app_calls import called_app
from switchboard.dify_api.errors import dify_error
from switchboard.errors import reverse_invocation
from switchboard.http.framing import whole
from switchboard.http.json_bytes import json_bytes
from switchboard.http.route import route


class ParametersEndpoint(Endpoint):
    @route(dify_error)
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        app = called_app(settings, values, "chat_app", "workflow_app", "completion_app")
        with reverse_invocation("app parameters"):
            parameters = dict(self.session.app.fetch_app(app.app_id))
        return whole(json_bytes(parameters), "application/json")
