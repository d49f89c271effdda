"""`GET /duck/<app_id>`: shows a chat app's events as lines of HTML, the example of Dify's own guide to endpoints.

Open it in a browser and give the key as the password, or:

    curl -N -u :KEY "$BASE_URL/duck/APP_ID?query=What+is+a+duck"
"""

import html
from collections.abc import Iterator, Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from endpoints.dify.wire.app_calls import events_of
from endpoints.dify.wire.errors import dify_error, error_body
from endpoints.http.framing import stream
from endpoints.http.json_bytes import json_bytes
from endpoints.http.route import route
from endpoints.http.settings import GroupSettings
from switchboard.apps.events import AppKind
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import chosen_app

HTML = "text/html; charset=utf-8"
DEFAULT_QUERY = "Hello! What can you do?"


class DuckEndpoint(Endpoint):
    @route(dify_error, basic=True)
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        app = chosen_app(GroupSettings(settings).app(values["app_id"]).selector)
        query = r.args.get("query", "").strip() or DEFAULT_QUERY
        if r.method == "HEAD":
            return Response(content_type=HTML)

        def events() -> Iterator[dict[str, Any]]:
            with reverse_invocation("chat app"):
                yield from events_of(
                    AppKind.CHAT,
                    self.session.app.chat.invoke(
                        app_id=app.app_id, query=query, inputs=app.inputs, response_mode="streaming"
                    ),
                )

        return stream(
            map(_line, events()),
            HTML,
            keep_alive=b"\n",
            error_piece=lambda error: _line({"event": "error", **error_body(error)}),
        )


def _line(event: dict[str, Any]) -> bytes:
    return html.escape(json_bytes(event).decode(), quote=False).encode() + b" <br>\n"
