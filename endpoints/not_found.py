"""Everything that no other route takes: a JSON answer that names the routes there are."""

from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from switchboard.dify_api.errors import dify_error
from switchboard.http.cors import allow_origin
from switchboard.http.errors import MethodNotAllowed, NotFound
from switchboard.http.routes import ROUTES, methods_of
from switchboard.openai_api.errors import openai_error


class NotFoundEndpoint(Endpoint):
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        write = openai_error if r.path.startswith(("/v1/", "/v2/")) else dify_error
        there_are = "There are " + ", ".join(f"{method} {path}" for path, method in ROUTES.items()) + "."
        if allowed := methods_of(r.path):
            problem = f"{r.path} takes {' or '.join(allowed)}, not {r.method}. {there_are}"
            response = write(MethodNotAllowed(problem, allowed=allowed))
        else:
            response = write(NotFound(f"There is no {r.method} {r.path[:200]}. {there_are}"))
        allow_origin(r, settings, response)
        return response
