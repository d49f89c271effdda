"""Everything that no other route takes: a 404 in JSON that names the routes there are."""

from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from endpoints.anthropic.wire.errors import anthropic_error
from endpoints.dify.wire.errors import dify_error
from endpoints.dify.wire.withheld import why_withheld
from endpoints.http.cors import allow_origin
from endpoints.http.errors import MethodNotAllowed, NotFound
from endpoints.http.route import ErrorResponse
from endpoints.http.routes import ROUTES, methods_of, similar_route
from endpoints.mcp.wire.errors import mcp_error
from endpoints.openai.wire.errors import openai_error


class NotFoundEndpoint(Endpoint):
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        similar = similar_route(r.path)
        error_response = _error_response(similar or r.path)
        routes = "The routes are " + ", ".join(f"{method} {path}" for path, method in ROUTES.items()) + "."
        asked = r.path[:200]
        if allowed := methods_of(r.path):
            problem = f"{asked} takes {' or '.join(allowed)}, not {r.method}. {routes}"
            response = error_response(MethodNotAllowed(problem, allowed=allowed))
        elif why := why_withheld(r.method, r.path):
            response = dify_error(NotFound(f"There is no {r.method} {asked} here. {why}"))
        else:
            hint = f"Did you mean {ROUTES[similar]} {similar}? " if similar else ""
            if similar and f"/<app_id>{similar}" in ROUTES:
                hint += f"With an app in the path it is {ROUTES[similar]} /<app_id>{similar}. "
            response = error_response(NotFound(f"There is no {r.method} {asked}. {hint}{routes}"))
        allow_origin(r, settings, response)
        return response


def _error_response(path: str) -> ErrorResponse:
    """In the form of the API that a path belongs to."""
    if path.startswith("/v1/messages"):
        return anthropic_error
    if path.startswith("/mcp"):
        return mcp_error
    return openai_error if path.startswith(("/v1", "/v2")) else dify_error
