"""Reading server-sent events as a client does."""

import json
from collections.abc import Iterable
from typing import Any


def events_in(lines: Iterable[str]) -> list[dict[str, Any]]:
    """The events of a stream; every line of it has to be `data: {JSON}`, a ping, or empty."""
    events = []
    for line in lines:
        if line and line != "event: ping":
            assert line.startswith("data: "), line
            events.append(json.loads(line.removeprefix("data: ")))
    return events
