"""`POST /chat-messages`: asks a chatbot, a legacy agent or a chatflow, as Dify's Service API does."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from endpoints.dify.wire.app_calls import called_app, events_of
from endpoints.dify.wire.errors import dify_error
from endpoints.dify.wire.replies import app_reply
from endpoints.dify.wire.requests import ChatRequest
from endpoints.http.body import read_json
from endpoints.http.route import route
from switchboard.apps.events import AppKind
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import chosen_app
from switchboard.wire_limits import check_request_fits


class ChatMessagesEndpoint(Endpoint):
    @route(dify_error)
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        body = read_json(r, ChatRequest)
        app = chosen_app(called_app(settings, values, "chat_app").selector, typed_inputs=body.inputs)
        check_request_fits("The query with the inputs", body.query, json.dumps(app.inputs, ensure_ascii=False))

        def events() -> Iterator[dict[str, Any]]:
            with reverse_invocation("chat app"):
                yield from events_of(
                    AppKind.CHAT,
                    self.session.app.chat.invoke(
                        app_id=app.app_id,
                        query=body.query,
                        inputs=app.inputs,
                        response_mode="streaming",  # agents know no other
                        conversation_id=body.conversation_id or None,
                        user=body.user,
                    ),
                    conversation_id=body.conversation_id,
                )

        return app_reply(AppKind.CHAT, events(), streams=body.streams)
