"""Cross-origin requests: which web pages may call the endpoints from a browser (Fetch standard, CORS protocol)."""

import re
from collections.abc import Mapping
from typing import Any

from werkzeug import Request, Response

from endpoints.http.errors import ForeignOrigin, UnreadableSetting
from endpoints.http.typed_lists import values

_METHODS = "GET, HEAD, POST, PUT, DELETE, OPTIONS"
_ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z\d+.-]*)://(?P<host>[\w.-]+|\[[\da-f:.]+\])(?::(?P<port>\d{1,5}))?(?:[/?#].*)?"
)
"""One as a person writes it, with the path of the page behind it or without."""
_OWN_PORTS = {"http": "80", "https": "443"}
_HEADER_NAMES = re.compile(r"[\w!#$%&'*+.^`|~-]+(?:\s*,\s*[\w!#$%&'*+.^`|~-]+)*", re.ASCII)


def allow_origin(request: Request, settings: Mapping[str, Any], response: Response) -> None:
    """Let the page that sent the request read the response, if the settings name its origin or "*"."""
    if not settings.get("allowed_origins"):
        return
    allowed = _allowed_origins(settings)
    origin = request.headers.get("Origin", "")
    if "*" in allowed:
        response.headers["Access-Control-Allow-Origin"] = "*"
    elif allowed:
        response.vary.add("Origin")
        if origin.lower() not in allowed:
            return
        response.headers["Access-Control-Allow-Origin"] = origin
    else:
        return
    response.headers["Access-Control-Expose-Headers"] = "*"


def check_origin(request: Request, settings: Mapping[str, Any]) -> None:
    """Raises ForeignOrigin for a request of a web page that the settings do not name."""
    allowed = _allowed_origins(settings)
    origin = request.headers.get("Origin", "").lower()
    if origin and origin not in allowed and "*" not in allowed:
        raise ForeignOrigin(
            "Web pages of this origin may not call this endpoint. Add it to the allowed origins in the endpoint's "
            "settings in Dify."
        )


def preflight(request: Request, settings: Mapping[str, Any]) -> Response:
    """The answer to OPTIONS: what a page may send, if its origin is allowed."""
    response = Response(status=204, headers={"Allow": _METHODS})
    allow_origin(request, settings, response)
    if "Access-Control-Allow-Origin" in response.headers:
        wanted = request.headers.get("Access-Control-Request-Headers", "")
        known = wanted if _HEADER_NAMES.fullmatch(wanted) else "Authorization, Content-Type"
        response.headers["Access-Control-Allow-Methods"] = _METHODS
        response.headers["Access-Control-Allow-Headers"] = known  # "*" would leave out Authorization
        response.headers["Access-Control-Max-Age"] = "600"
    return response


def check_origins(request: Request, settings: Mapping[str, Any]) -> None:
    """Raise UnreadableSetting for an origin in the settings that can be none, where the request comes from a page that
    they do not allow: it may be the one that was meant."""
    origin = request.headers.get("Origin")
    if origin is None:
        return
    allowed = _allowed_origins(settings)
    if {"*", origin.lower()} & allowed.keys():
        return
    for origin, place in allowed.items():
        if origin not in ("*", "null") and not _as_browsers_write(origin):
            raise UnreadableSetting(
                f"The setting `allowed_origins` of this endpoint cannot be read: its entry {place} has to be like "
                "https://chat.example.com, or *. Mend it in the endpoint's settings in Dify."
            )


def _allowed_origins(settings: Mapping[str, Any]) -> dict[str, int]:
    """The setting's origins as browsers write them, in lower case and without the path that people copy along; and the
    place of each in the setting."""
    found: dict[str, int] = {}
    text = settings.get("allowed_origins")
    typed = values(re.sub(r"\s+", ",", text)) if isinstance(text, str) else []
    for place, value in enumerate(typed, start=1):
        if written := _as_browsers_write(value.lower()) or value.lower().rstrip("/"):
            found.setdefault(written, place)
    return found


def _as_browsers_write(origin: str) -> str:
    """Without a path and the scheme's own port, the host in ASCII (RFC 6454); "" for what is no origin."""
    match = _ORIGIN.fullmatch(origin)
    if not match:
        return ""
    scheme, host, port = match["scheme"], match["host"], match["port"]
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            return ""
    return f"{scheme}://{host}" + (f":{port}" if port and port != _OWN_PORTS.get(scheme) else "")
