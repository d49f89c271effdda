"""What an app is to the workspace."""

from collections.abc import Iterator
from typing import Any, Literal, Protocol

type Event = dict[str, Any]
type Mode = Literal["chat", "agent-chat", "advanced-chat", "workflow", "completion"]

CHAT_MODES: tuple[Mode, ...] = ("chat", "agent-chat", "advanced-chat")


class App(Protocol):
    """An app by its id in a dict. Dify lets the app's mode decide what an invocation means, not the SDK's method."""

    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str:
        """One line for a list of apps."""
        ...

    @property
    def mode(self) -> Mode: ...

    def parameters(self) -> dict[str, Any]:
        """The body of the Service API's `/parameters`."""
        ...

    def run(self, payload: dict[str, Any]) -> Iterator[Event | None]:
        """The events of one run, as the Service API streams them (a blocking call is made of the same events); None for
        a second in which nothing happens.

        `payload` has `inputs` (a dict), `query`, `conversation_id` ("" for a new one) and `response_mode`. Raises
        `refusals.Refused` before the first event for what Dify's API refuses. What fails later is an event.
        """
        ...
