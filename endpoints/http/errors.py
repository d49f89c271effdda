"""What can be wrong with a request before anything is asked of Dify, beside `InvalidInput` itself.

SwitchboardError
├── InvalidInput          400
│   ├── WrongKey          401
│   ├── ForeignOrigin     403   a web page that the settings do not name
│   ├── NotFound          404   no such route, or a model or app that this key cannot reach
│   ├── MethodNotAllowed  405
│   ├── TooLarge          413
│   └── WrongContentType  415
└── UnreadableSetting     500   only who set up the endpoint can mend it
"""

from switchboard.errors import BrokenInDify, InvalidInput, RefusedByProvider, SwitchboardError, WaitsForAPerson


class WrongKey(InvalidInput):
    """The request carries no key, or not the one in the endpoint's settings; `challenge` says how to send it."""

    status = 401

    def __init__(self, message: str, challenge: str) -> None:
        super().__init__(message)
        self.challenge = challenge


class ForeignOrigin(InvalidInput):
    """The request comes from a web page that the settings do not name."""

    status = 403


class NotFound(InvalidInput):
    """There is no such route, or no such model or app as far as this key reaches."""

    status = 404


class MethodNotAllowed(InvalidInput):
    """The route is there, but not for this method; `allowed` are those it takes."""

    status = 405

    def __init__(self, message: str, *, allowed: list[str]) -> None:
        super().__init__(message)
        self.allowed = allowed


class TooLarge(InvalidInput):
    """The body is larger than what Dify's plugin daemon carries."""

    status = 413


class WrongContentType(InvalidInput):
    """The body is in another format than the route takes."""

    status = 415


class UnreadableSetting(SwitchboardError):
    """Something in the endpoint's settings cannot be read."""


_FINAL = {"x-should-retry": "false"}
"""Clients of OpenAI's ask again on 429 and 5xx, and Claude Code for minutes on 401, unless told so."""


def reply_headers(error: SwitchboardError) -> dict[str, str]:
    """What goes with an error's status: RFC 9110 wants `WWW-Authenticate` with 401 and `Allow` with 405."""
    match error:
        case WrongKey():
            return {"WWW-Authenticate": error.challenge, **_FINAL}
        case MethodNotAllowed():
            return {"Allow": ", ".join(error.allowed)}
        case BrokenInDify() | RefusedByProvider() | UnreadableSetting() | WaitsForAPerson():
            return _FINAL
    return {}
