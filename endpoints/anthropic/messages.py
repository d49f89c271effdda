"""`POST /v1/messages`: asks a language model, or an app as `app/<app_id>`, streaming or not.

Dify is asked in `switchboard/chat/models.py` (`model.llm`, `model.llm_structured_output`) and
`switchboard/chat/apps.py` (`app.chat`), since the calls are the same whichever API a chat comes through.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from endpoints.anthropic.wire.errors import anthropic_error
from endpoints.anthropic.wire.reply import KEEP_ALIVE, Asked, error_event, streamed_reply, whole_reply
from endpoints.http.app_messages import without_what_an_app_is_not_told
from endpoints.http.body import read_json
from endpoints.http.framing import stream, whole
from endpoints.http.json_bytes import json_bytes
from endpoints.http.route import route
from endpoints.http.settings import APP_PREFIX, App, GroupSettings
from switchboard.chat.apps import ask_app
from switchboard.chat.models import ask
from switchboard.chat.pieces import Piece
from switchboard.chat.tokens import estimated_tokens, estimated_tokens_of_text


class MessagesEndpoint(Endpoint):
    @route(anthropic_error)
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        # not before a request comes: building its forms is what would make the plugin slow to start
        from endpoints.anthropic.wire.call import app_chat_of, chat_of
        from endpoints.anthropic.wire.request import MessagesRequest

        group = GroupSettings(settings)
        request = read_json(
            r, MessagesRequest, prepare=lambda body: without_what_an_app_is_not_told(body, group, "messages")
        )
        partner = group.chat_partner(request.model)
        pieces: Iterator[Piece]
        if isinstance(partner, App):
            model = APP_PREFIX + partner.name
            app_chat = app_chat_of(request, partner)
            input_tokens = estimated_tokens_of_text(app_chat.query)
            pieces = ask_app(self.session, app_chat)
        else:
            model = partner.name
            chat = chat_of(request, partner)
            input_tokens = estimated_tokens(chat.messages, chat.tools)
            pieces = ask(self.session, chat, at_once=not request.stream)

        asked = Asked(request.model or model, input_tokens, request.shows_thinking)
        if not request.stream:
            return whole(json_bytes(whole_reply(pieces, asked)), "application/json")
        return stream(
            streamed_reply(pieces, asked),
            "text/event-stream; charset=utf-8",
            keep_alive=KEEP_ALIVE,
            error_piece=error_event,
        )
