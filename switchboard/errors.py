"""What can go wrong, for tools and endpoints alike.

    SwitchboardError
    ├── InvalidInput          what the caller gave cannot be used
    └── InvocationError       a reverse invocation failed
        ├── NotPermitted      the manifest does not ask for it
        ├── NotConfigured     the model or app is not set up in the workspace
        │   └── WrongKindOfApp
        ├── RefusedByDify     Dify looked at the request and said no
        │   └── UnknownConversation
        ├── RefusedByProvider the model's provider looked at the request and said no
        ├── ProviderFailed    the model's provider or the app failed
        ├── TimedOut          Dify stopped sending
        ├── NoAnswer          the invocation ended without anything usable
        │   └── WaitsForAPerson
        └── BrokenInDify      Dify itself cannot do this today, whatever a plugin sends

Messages say what is wrong, where it is set and what to do. They carry no traceback and no key.
"""


class SwitchboardError(Exception):
    """The root of the tree; `str()` of it is for the person who set up the node or sent the request.

    `status` is the HTTP status an endpoint answers with, `field` the request's field that is wrong, if it is one, and
    `code` the name that Dify's API has for the failure, where it has told one or is known to have one.
    """

    status = 500
    field = ""
    code = ""

    def __init__(self, message: str, *, status: int = 0, field: str = "", code: str = "") -> None:
        super().__init__(message)
        self.status = status or self.status
        self.field = field
        self.code = code or self.code


class InvalidInput(SwitchboardError):
    """What the caller gave cannot be used. Raised before Dify is asked."""

    status = 400


class InvocationError(SwitchboardError):
    """A reverse invocation failed."""

    status = 502


class NotPermitted(InvocationError):
    """The plugin's manifest does not ask for this access."""

    status = 403


class NotConfigured(InvocationError):
    """The model or app is unknown to the workspace, or has no working credentials."""

    status = 400


class WrongKindOfApp(NotConfigured):
    """The app is of another kind than the call: `found` and `wanted` are "chat app", "workflow app" and the like."""

    def __init__(self, found: str, wanted: str) -> None:
        super().__init__(
            f"The app is a {found}, not a {wanted}. Choose another app, or run this one with {found.replace(' ', '_')}."
        )
        self.found = found
        self.wanted = wanted


class RefusedByDify(InvocationError):
    """Dify looked at the request and said no; `status` is the one it said it with, where that is known.

    401 is not: it is about the key that the plugin daemon has for Dify, and the caller would look for it in its own.
    `parameter` is the model's parameter that is not as the model takes it, if it is one, and `most` the largest value
    that it takes there, if that is told.
    """

    status = 400

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        field: str = "",
        code: str = "",
        parameter: str = "",
        most: float | None = None,
    ) -> None:
        super().__init__(message, status=status, field=field, code=code)
        self.parameter = parameter
        self.most = most


class UnknownConversation(RefusedByDify):
    """The app has no such conversation with this caller."""

    status = 404
    code = "not_found"

    def __init__(self) -> None:
        super().__init__(
            "The app has no conversation with this `conversation_id`, or only one with somebody else. Leave it out to "
            "begin a new one, or give the one that the app's first answer came with.",
            field="conversation_id",
        )


class RefusedByProvider(InvocationError):
    """The model's provider looked at the request and said no: sent again, it would be refused again.

    `code` is the provider's, "context_length_exceeded" whenever the request is longer than the model's context.
    """

    status = 400


class ProviderFailed(InvocationError):
    """The model's provider, or the app, failed while it was at work. The same call may succeed another time.

    `status` is 429 if it was asked too often, and 503 if it says that it is overloaded.
    """


class TimedOut(InvocationError):
    """Dify stopped sending."""

    status = 504


class NoAnswer(InvocationError):
    """The invocation ended without anything usable."""


class WaitsForAPerson(NoAnswer):
    """The run of an app stands still until a person has filled in a form of it; a second call would be a second run."""

    def __init__(self, nodes: list[str]) -> None:
        at = ", ".join(nodes) or "one of its nodes"
        super().__init__(f"The app waits for a person at {at} and goes on in Dify once that is done.")


class BrokenInDify(InvocationError):
    """Dify itself cannot do this today, whatever a plugin sends."""
