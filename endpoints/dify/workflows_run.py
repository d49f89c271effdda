"""`POST /workflows/run`: runs a workflow, as Dify's Service API does."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from endpoints.dify.wire.app_calls import called_app, events_of
from endpoints.dify.wire.errors import dify_error
from endpoints.dify.wire.replies import app_reply
from endpoints.dify.wire.requests import RunRequest
from endpoints.http.body import read_json
from endpoints.http.route import route
from switchboard.apps.events import AppKind
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import chosen_app
from switchboard.wire_limits import check_request_fits


class WorkflowsRunEndpoint(Endpoint):
    @route(dify_error)
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        body = read_json(r, RunRequest)
        app = chosen_app(called_app(settings, values, "workflow_app").selector, typed_inputs=body.inputs)
        check_request_fits("`inputs`", json.dumps(app.inputs, ensure_ascii=False))

        def events() -> Iterator[dict[str, Any]]:
            with reverse_invocation("workflow app"):
                yield from events_of(
                    AppKind.WORKFLOW,
                    self.session.app.workflow.invoke(
                        app_id=app.app_id, inputs=app.inputs, response_mode="streaming", user=body.user
                    ),
                )

        return app_reply(AppKind.WORKFLOW, events(), streams=body.streams)
