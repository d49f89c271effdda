"""One reverse invocation of a running plugin: what the plugin asked, and how the answer went."""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from workspace.wire import DifyError, Handler, Payload, with_silences

type Send = Callable[[dict[str, Any]], None]


@dataclass
class ReverseInvocation:
    """Filled in while it is answered: `replies` are counted as they go out, and when `seconds` is set it is over.

    `session_id` and `request` are of the call in which the plugin asked. `watcher`, where somebody sets one, gets it
    with each reply before that goes out, and with None when it is over, from the thread that answers.
    """

    id: str
    type: str
    payload: Payload
    session_id: str = ""
    request: Payload = field(default_factory=dict, repr=False)
    replies: int = 0
    error: str | None = None
    seconds: float | None = None
    watcher: "Callable[[ReverseInvocation, Payload | None], None] | None" = field(default=None, repr=False)


class MalformedInvocation(Exception):
    """The plugin's `invoke` message lacks something; the daemon ends the whole call for that."""


def read_invocation(data: object, *, session_id: str, request: Payload) -> ReverseInvocation:
    """The `data` of an `invoke` message, `{type, backwards_request_id, request}`, of a plugin that was called so."""
    if not isinstance(data, dict):
        raise MalformedInvocation("invoke request is empty")
    invoke_type, request_id, payload = data.get("type"), data.get("backwards_request_id"), data.get("request")
    if not isinstance(invoke_type, str):
        raise MalformedInvocation("invoke request missing type")
    if not isinstance(request_id, str):
        raise MalformedInvocation("invoke request missing request_id")
    if not isinstance(payload, dict):
        raise MalformedInvocation("invoke request missing request")
    return ReverseInvocation(request_id, invoke_type, payload, session_id, request)


def answer(
    invocation: ReverseInvocation, handler: Handler, *, send: Send, wait: Callable[[float], bool]
) -> BaseException | None:
    """Ask the handler and send its replies as the `data` of `backwards_response` events, the `end` last.

    `wait` passes so many seconds of silence, and says whether to stop. Returns the exception if the handler failed with
    something else than a DifyError; the plugin is told only that it did.
    """
    started = time.monotonic()
    unexpected: BaseException | None = None
    try:
        _send_replies(invocation, handler, send=send, wait=wait)
    except DifyError as error:
        invocation.error = str(error)
    except Exception as error:  # noqa: BLE001 - any handler, and the plugin must not wait for ever
        invocation.error = f"the workspace failed to answer: {type(error).__name__}"
        unexpected = error
    invocation.seconds = time.monotonic() - started
    if invocation.watcher is not None:
        invocation.watcher(invocation, None)
    if invocation.error is not None:
        send(_event(invocation, "error", invocation.error, None))
    send(_event(invocation, "end", "", None))
    return unexpected


def _send_replies(
    invocation: ReverseInvocation, handler: Handler, *, send: Send, wait: Callable[[float], bool]
) -> None:
    replies = handler(invocation.type, invocation.payload)
    try:
        for reply in with_silences(replies):
            if not isinstance(reply, float):
                invocation.replies += 1  # before it goes out: who gets it may look here
                if invocation.watcher is not None:
                    invocation.watcher(invocation, reply)
                send(_event(invocation, "response", "stream", reply))
            elif wait(reply):
                return
    finally:
        if isinstance(replies, Generator):
            replies.close()


def _event(invocation: ReverseInvocation, event: str, message: str, data: Payload | None) -> dict[str, Any]:
    return {"backwards_request_id": invocation.id, "event": event, "message": message, "data": data}
