"""What can go wrong, for tools and endpoints alike.

    SwitchboardError
    ├── InvalidInput          what the caller gave cannot be used
    └── InvocationError       a reverse invocation failed
        ├── NotPermitted      the manifest does not ask for it
        ├── NotConfigured     the model or app is not set up in the workspace
        │   └── WrongKindOfApp
        ├── RefusedByDify     Dify looked at the request and said no
        ├── ProviderFailed    the model's provider or the app failed
        ├── TimedOut          Dify stopped sending
        ├── NoAnswer          the invocation ended without anything usable
        └── BrokenInDify      Dify itself cannot do this today, whatever a plugin sends

Messages say what is wrong, where it is set and what to do. They carry no traceback and no key.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dify_plugin.config.logger_format import plugin_logger_handler

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)
logger.addHandler(plugin_logger_handler)


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
    """

    status = 400


class ProviderFailed(InvocationError):
    """The model's provider, or the app, failed while it was at work; `status` is 429 if it was asked too often."""


class TimedOut(InvocationError):
    """Dify stopped sending."""

    status = 504


class NoAnswer(InvocationError):
    """The invocation ended without anything usable."""


class BrokenInDify(InvocationError):
    """Dify itself cannot do this today, whatever a plugin sends."""


@contextmanager
def reverse_invocation(interface: str) -> Iterator[None]:
    """Turn every failure of the `session` call inside into one of the errors above, and log one line without content.

    `interface` names what is called as Dify does: "llm", "rerank", "chat app", ... The SDK fails with a bare
    `Exception` whose text is all there is to know, so the text is read here and nowhere else. Generators of the SDK ask
    Dify only when they are iterated: iterate them inside. What no failing call raises is a defect of the code inside,
    and passes as it is.
    """
    try:
        yield
    except Exception as error:
        # only where something has failed: its patterns take as long to compile as the rest of this package to import
        from switchboard.error_kinds import from_exception

        translated = from_exception(interface, error)
        if translated is None:
            raise
        logger.warning("%s: %s", interface, type(translated).__name__)
        if translated is error:
            raise
        raise translated from None


def error_event(interface: str, event: Mapping[str, Any]) -> InvocationError:
    """What Dify reports within a stream instead of raising: `{"event": "error", "status", "code", "message"}`."""
    from switchboard.error_kinds import from_event

    return from_event(interface, event)
