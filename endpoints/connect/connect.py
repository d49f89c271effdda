"""`GET /`: says how to connect each kind of program, with this endpoint's address in the lines to copy.

Anybody may read this page: it holds nothing secret. With the key, as the password of Basic, it lists what the key
reaches; `?list` has a browser ask for it.
"""

from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from endpoints.http.cors import allow_origin
from endpoints.http.errors import WrongKey, reply_headers
from endpoints.http.keys import check_key
from switchboard.errors import SwitchboardError


class ConnectEndpoint(Endpoint):
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        from endpoints.connect.wire.page import HEADERS, Reached, page, reached  # for nothing but this page

        response = Response(headers=HEADERS)
        found: Reached | SwitchboardError | None = None
        if "list" in r.args or "Authorization" in r.headers:
            try:
                check_key(r, settings, basic=True)
                found = reached(settings)
            except SwitchboardError as error:
                found = error
                if isinstance(error, WrongKey):
                    response.status_code = error.status
                    response.headers.update(reply_headers(error))
        response.set_data(page(r, found))
        allow_origin(r, settings, response)
        return response
