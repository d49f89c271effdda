"""`POST /completion-messages`: runs a text generator, as Dify's Service API does.

Dify's own API cannot do it for a plugin today: it starts the app without the `query` that it then requires. The call
here is right all the same, and works where that is mended.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from endpoints.dify.wire.app_calls import called_app, events_of
from endpoints.dify.wire.errors import dify_error
from endpoints.dify.wire.replies import app_reply
from endpoints.dify.wire.requests import CompletionRequest
from endpoints.http.body import read_json
from endpoints.http.route import route
from switchboard.apps.events import AppKind
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import chosen_app
from switchboard.wire_limits import check_request_fits


class CompletionMessagesEndpoint(Endpoint):
    @route(dify_error)
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        body = read_json(r, CompletionRequest)
        app = chosen_app(called_app(settings, values, "completion_app").selector, typed_inputs=body.all_inputs)
        check_request_fits("The query with the inputs", json.dumps(app.inputs, ensure_ascii=False))

        def events() -> Iterator[dict[str, Any]]:
            with reverse_invocation("completion app"):
                yield from events_of(
                    AppKind.COMPLETION,
                    self.session.app.completion.invoke(
                        app_id=app.app_id, inputs=app.inputs, response_mode="streaming", user=body.user
                    ),
                )

        return app_reply(AppKind.COMPLETION, events(), streams=body.streams)
