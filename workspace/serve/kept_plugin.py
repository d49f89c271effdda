"""A plugin that is started again when it has ended, as the daemon does."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

from workspace.plugin.process import PluginProcess
from workspace.wire import Payload


class KeptPlugin:
    """Starts the plugin at once, and again for the first call after its end. `start` may raise PluginStartError."""

    def __init__(self, start: Callable[[], PluginProcess]) -> None:
        self._start = start
        self._process = start()
        self._lock = threading.Lock()
        self._closed = False

    def call(self, request: Payload, **options: Any) -> Iterator[Payload]:
        """See `PluginProcess.call`. A call that is under way when the plugin ends fails with PluginGone."""
        yield from self._running().call(request, **options)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._process.close()

    def _running(self) -> PluginProcess:
        with self._lock:
            if self._process.gone and not self._closed:
                self._process.close()
                self._process = self._start()
            return self._process
