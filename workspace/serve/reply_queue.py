"""The daemon's queue between a plugin and the caller of an endpoint, and what gets lost in it."""

import math
import queue
import sys
import threading
import time
from typing import NamedTuple

from workspace.plugin.calls import Message
from workspace.plugin.errors import PluginGone, PluginTimeout


class Losses(NamedTuple):
    """When the daemon loses parts of a reply.

    `race`: if a reply ends within so many seconds of its first chunk, nothing after that chunk arrives. In the real
    daemon this is a matter of luck and load: up to 3 ms it happens often. Here it always happens, so that it is seen.
    `waiting`: a chunk that comes while so many wait for the caller is dropped. A burst loses more here than in the
    daemon, whose reader and writers run at the same time.
    """

    race: float = 0.005
    waiting: int = 128


NO_LOSSES = Losses(race=0.0, waiting=sys.maxsize)


class ReplyQueue:
    """The messages of one call, for `PluginProcess.call`. `lost` counts those the daemon would not have handed on."""

    def __init__(self, losses: Losses) -> None:
        self.lost = 0
        self._losses = losses
        self._messages: queue.Queue[Message] = queue.Queue()
        self._first = self._last = math.inf  # when the first chunk came, and what ends the reply
        self._ended = threading.Event()
        self._deadline = math.inf

    def put(self, message: Message) -> None:
        if not _is(message, "stream"):
            self._messages.put(message)
            if not isinstance(message, PluginGone) and not self._ended.is_set():
                self._last = time.monotonic()
                self._ended.set()
        elif self._messages.qsize() < self._losses.waiting:
            if self._first == math.inf and _is_chunk(message):
                self._first = time.monotonic()
            self._messages.put(message)
        else:
            self.lost += 1

    def get(self, *, timeout: float) -> Message:
        """Raises queue.Empty after so many seconds."""
        left = self._deadline - time.monotonic()
        if left > 0:
            try:
                return self._messages.get(timeout=min(timeout, left))
            except queue.Empty:
                if timeout < left:
                    raise
        return PluginTimeout("killed by timeout")

    def limit(self, seconds: float) -> None:
        """From now on the call may take so long; after that `get` returns a PluginTimeout."""
        self._deadline = time.monotonic() + seconds

    def lost_in_race(self) -> bool:
        """To be asked when the first chunk has gone out: whether what comes after it is lost. Waits to see."""
        if (undecided := self._first + self._losses.race - time.monotonic()) > 0:
            self._ended.wait(undecided)
        if self._last - self._first >= self._losses.race:
            return False
        self.lost += sum(not _is(message, "end") for message in list(self._messages.queue))
        return True


def _is_chunk(message: Message) -> bool:
    """Whether it has something of the body, and not the headers alone."""
    return isinstance(message, dict) and message["data"].get("result") is not None


def _is(message: Message, kind: str) -> bool:
    return isinstance(message, dict) and message.get("type") == kind
