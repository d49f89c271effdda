"""`OPTIONS` on every path: tells a browser which web pages may call."""

from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from endpoints.http.cors import preflight


class PreflightEndpoint(Endpoint):
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        return preflight(r, settings)
