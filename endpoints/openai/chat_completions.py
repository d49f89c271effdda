"""`POST /v1/chat/completions`: asks a language model, or an app as `app/<app_id>`, streaming or not.

Dify is asked in `switchboard/chat/models.py` (`model.llm`, `model.llm_structured_output`) and
`switchboard/chat/apps.py` (`app.chat`), since the calls are the same whichever API a chat comes through.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from endpoints.http.app_messages import without_what_an_app_is_not_told
from endpoints.http.body import read_json
from endpoints.http.framing import stream
from endpoints.http.route import route
from endpoints.http.settings import APP_PREFIX, App, GroupSettings
from endpoints.openai.wire.errors import openai_error
from endpoints.openai.wire.replies import json_reply
from switchboard.chat.apps import ask_app
from switchboard.chat.models import ask
from switchboard.chat.pieces import Piece, whole, without_reasoning


class ChatCompletionsEndpoint(Endpoint):
    @route(openai_error)
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        # not before a request comes: building its forms is what would make the plugin slow to start
        from endpoints.openai.wire.chat_call import app_chat_of, chat_of
        from endpoints.openai.wire.chat_reply import KEEP_ALIVE, error_event, streamed_reply, whole_reply
        from endpoints.openai.wire.chat_request import ChatRequest

        group = GroupSettings(settings)
        request = read_json(
            r, ChatRequest, prepare=lambda body: without_what_an_app_is_not_told(body, group, "messages")
        )
        partner = group.chat_partner(request.model)
        pieces: Iterator[Piece]
        if isinstance(partner, App):
            model = APP_PREFIX + partner.name
            pieces = ask_app(self.session, app_chat_of(request, partner))
        else:
            model = partner.name
            pieces = ask(self.session, chat_of(request, partner), at_once=not request.stream)

        if not request.stream:
            pieces = whole(pieces)
        if request.hides_reasoning:
            pieces = without_reasoning(pieces)
        if not request.stream:
            return json_reply(whole_reply(pieces, model=request.model or model))
        return stream(
            streamed_reply(pieces, model=request.model or model, include_usage=request.includes_usage),
            "text/event-stream; charset=utf-8",
            keep_alive=KEEP_ALIVE,
            error_piece=error_event,
        )
