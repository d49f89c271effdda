"""Tells whoever waits that there is no more use in it.

with stop.calling(process.kill):
    process.wait()
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from workspace.plugin.errors import PluginError


class CallStopped(PluginError):
    """A call of a plugin was given up; the message is why."""


class Stop:
    """Requested once, from any thread; `reason` is then why."""

    def __init__(self) -> None:
        self.reason = ""
        self._requested = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    @property
    def requested(self) -> bool:
        return self._requested.is_set()

    def request(self, reason: str) -> None:
        """Call everyone who is to be called. The first reason stays."""
        with self._lock:
            if self.requested:
                return
            self.reason = reason
            self._requested.set()
            callbacks = list(self._callbacks)
        for callback in callbacks:
            callback()

    def wait(self, seconds: float) -> bool:
        """Wait for so long, or until it is requested; whether it is."""
        return self._requested.wait(seconds)

    @contextmanager
    def calling(self, callback: Callable[[], None]) -> Iterator[None]:
        """Have `callback` called when it is requested within this block, or at once if it has been."""
        with self._lock:
            self._callbacks.append(callback)
            requested = self.requested
        try:
            if requested:
                callback()
            yield
        finally:
            with self._lock:
                self._callbacks.remove(callback)
