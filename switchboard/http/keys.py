"""The key of an endpoint group: who may call it."""

import hmac
from collections.abc import Mapping
from typing import Any

from werkzeug import Request

from switchboard.http.errors import WrongKey


def check_key(request: Request, settings: Mapping[str, Any], *, basic: bool = False) -> None:
    """Let the request pass if it carries the group's key as `Authorization: Bearer`; raises WrongKey otherwise.

    `basic` also takes the key as the password of Basic, which is how a browser asks for one. A group without a key
    lets nobody in: Dify stores an unset one as null, "" or not at all. Compared in constant time, as bytes.
    """
    key = settings.get("api_key")
    if not isinstance(key, str) or not key.strip():
        raise WrongKey("This endpoint has no API key and lets nobody in. Set `api_key` in its settings in Dify.")
    scheme, _, given = request.headers.get("Authorization", "").strip().partition(" ")
    match scheme.lower():
        case "bearer":
            found = given.strip()
        case "basic" if basic:
            found = (request.authorization.password if request.authorization else None) or ""
        case _:
            raise WrongKey(
                "The request carries no API key. Send the key from this endpoint's settings in Dify as the header "
                "`Authorization: Bearer KEY`."
            )
    if not hmac.compare_digest(_as_bytes(found), _as_bytes(key.strip())):
        raise WrongKey("Incorrect API key provided. It has to be the one in this endpoint's settings in Dify.")


def _as_bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
