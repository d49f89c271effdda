"""What can be wrong with a request before anything is asked of Dify, beside `InvalidInput` itself.

InvalidInput          400
├── WrongKey          401
├── NotFound          404   no such route, or a model or app that this key cannot reach
├── MethodNotAllowed  405
├── TooLarge          413
└── WrongContentType  415
"""

from switchboard.errors import InvalidInput


class WrongKey(InvalidInput):
    """The request carries no key, or not the one in the endpoint's settings."""

    status = 401


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
