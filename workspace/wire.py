"""What answers a reverse invocation, whoever asks and whatever carries it.

A *handler* stands in Dify's place. It gets what the plugin sent, the type of the invocation ("llm", "rerank", "app",
"storage", ...) and its payload, and yields what Dify would send back: each item becomes one `backwards_response` event.

    def handler(invoke_type, payload):
        yield {"model": "m", "docs": [{"index": 0, "text": payload["docs"][0], "score": 0.9}]}

A handler raises `DifyError` to make Dify answer with an error, before its first reply or after some, and yields `None`
for a second in which nothing comes. How much of it has passed already is the handler's business: see `with_silences`.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

type Payload = dict[str, Any]
type Handler = Callable[[str, Payload], Iterator[Payload | None]]

MAX_LINE = 5 * 1024 * 1024
"""Bytes in one line a plugin may print; the daemon kills a plugin that prints a longer one."""


class DifyError(Exception):
    """What Dify or its plugin daemon says instead of answering. The plugin sees a plain `Exception` with this text."""


def with_silences(replies: Iterator[Payload | None]) -> Iterator[Payload | float]:
    """A handler's replies; in place of each None the seconds still to wait, fewer by those that the handler took."""
    asked = time.monotonic()
    for reply in replies:
        yield max(0.0, 1.0 - (time.monotonic() - asked)) if reply is None else reply
        asked = time.monotonic()
