"""What stands around every call of `self.session`: it turns a failure into one of the errors in `errors`."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dify_plugin.config.logger_format import plugin_logger_handler

from switchboard.errors import InvocationError

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)
logger.addHandler(plugin_logger_handler)


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


def failed_run(what: str, error: str) -> InvocationError:
    """Why a run of a workflow failed, by the text of its node's or its own error; `what` begins the sentence."""
    from switchboard.error_kinds import from_run

    return from_run(what, error)
