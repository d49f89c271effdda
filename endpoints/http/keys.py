"""The key of an endpoint group: who may call it."""

import base64
import hmac
from collections.abc import Mapping
from typing import Any

from werkzeug import Request

from endpoints.http.errors import WrongKey


def check_key(request: Request, settings: Mapping[str, Any], *, basic: bool = False) -> None:
    """Let the request pass if it carries the group's key as `Authorization: Bearer` or `x-api-key`, or raise WrongKey.

    With `basic` also as the password of Basic, which is how a browser asks for one. A client with a key of Anthropic's
    in its environment sends that beside this one, so the key counts in either place. A group without a key lets nobody
    in: Dify stores an unset one as null, "" or not at all. Compared in constant time, as bytes.
    """
    # browsers ask for a password only where Basic stands alone
    challenge = 'Basic realm="Switchboard", charset="UTF-8"' if basic else 'Bearer realm="Switchboard"'
    stored = settings.get("api_key")
    key = stored.strip().encode(errors="surrogatepass") if isinstance(stored, str) else b""
    given = [
        _given_key(request.headers.get("Authorization", ""), basic=basic),
        request.headers.get("x-api-key", "").strip().encode(errors="surrogatepass"),
    ]
    if not key:
        raise WrongKey("This endpoint has no API key and lets nobody in. Set one in its settings in Dify.", challenge)
    if not any(given):
        raise WrongKey(
            "The request carries no API key. Send the key from this endpoint's settings in Dify as the header "
            "`Authorization: Bearer KEY` or `x-api-key: KEY`.",
            challenge,
        )
    if not any(hmac.compare_digest(each, key) for each in given):
        # clients know a wrong key by these first words
        raise WrongKey(
            "Incorrect API key provided. It has to be the one in this endpoint's settings in Dify.", challenge
        )


def _given_key(authorization: str, *, basic: bool) -> bytes:
    """The key in the header, b"" if there is none."""
    scheme, _, value = authorization.strip().partition(" ")
    match scheme.lower():
        case "bearer":
            return value.strip().encode(errors="surrogatepass")
        case "basic" if basic:
            try:
                return base64.b64decode(value.strip(), validate=True).partition(b":")[2].strip()
            except ValueError:
                return b""
    return b""
