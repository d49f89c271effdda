"""`POST /v1/messages/count_tokens`: estimates how many tokens a message takes, since Dify counts none for a plugin."""

from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from endpoints.anthropic.wire.errors import anthropic_error
from endpoints.http.body import read_json
from endpoints.http.framing import whole
from endpoints.http.json_bytes import json_bytes
from endpoints.http.route import route
from endpoints.http.settings import App, GroupSettings
from switchboard.chat.tokens import estimated_tokens, estimated_tokens_of_text


class CountTokensEndpoint(Endpoint):
    @route(anthropic_error)
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        # not before a request comes: building its forms is what would make the plugin slow to start
        from endpoints.anthropic.wire.call import app_chat_of, chat_of
        from endpoints.anthropic.wire.request import MessagesRequest

        request = read_json(r, MessagesRequest)
        partner = GroupSettings(settings).chat_partner(request.model)
        if isinstance(partner, App):
            tokens = estimated_tokens_of_text(app_chat_of(request, partner).query)
        else:
            chat = chat_of(request, partner)
            tokens = estimated_tokens(chat.messages, chat.tools)
        return whole(json_bytes({"input_tokens": tokens}), "application/json")
