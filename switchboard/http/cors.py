"""Cross-origin requests: which web pages may call the endpoints from a browser (Fetch standard, CORS protocol)."""

from collections.abc import Mapping
from typing import Any

from werkzeug import Request, Response

METHODS = "GET, HEAD, POST, PUT, DELETE, OPTIONS"


def allow_origin(request: Request, settings: Mapping[str, Any], response: Response) -> None:
    """Let the page that sent the request read the response, if the settings name its origin or "*"."""
    origin = request.headers.get("Origin")
    allowed = _allowed_origins(settings)
    if not origin or not allowed:
        return
    response.headers["Vary"] = "Origin"
    if "*" in allowed or origin.lower() in allowed:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "*"


def preflight(request: Request, settings: Mapping[str, Any]) -> Response:
    """The answer to OPTIONS: what a page may send, if its origin is allowed."""
    response = Response(status=204, headers={"Allow": METHODS})
    allow_origin(request, settings, response)
    if "Access-Control-Allow-Origin" in response.headers:
        response.headers["Access-Control-Allow-Methods"] = METHODS
        wanted = request.headers.get("Access-Control-Request-Headers", "Authorization, Content-Type")
        response.headers["Access-Control-Allow-Headers"] = wanted
        response.headers["Access-Control-Max-Age"] = "600"
    return response


def _allowed_origins(settings: Mapping[str, Any]) -> list[str]:
    text = settings.get("allowed_origins")
    return [origin.strip().rstrip("/").lower() for origin in text.split(",")] if isinstance(text, str) else []
