"""What a plugin prints beside its answers, as `python -m workspace call` shows it: on stderr."""

from workspace.cli.terminal import note
from workspace.plugin.process import PluginLine

_WARNINGS = ("WARNING", "WARN", "ERROR", "CRITICAL", "FATAL")


class Lines:
    """Shows the lines as they come; until the plugin is ready only those on its stdout.

    What it logs while it starts is of no interest, and if it does not start the error has its last lines. Warnings and
    errors in its log wait until the call is over, for a plugin that fails says so itself; not with `all_at_once`.
    """

    def __init__(self, *, all_at_once: bool) -> None:
        self._all_at_once = all_at_once
        self._ready = False
        self._waiting: list[PluginLine] = []

    def ready(self) -> None:
        self._ready = True

    def take(self, line: PluginLine) -> None:
        if not self._ready and line.source != "stdout":
            return
        if line.source == "log" and line.text.startswith(_WARNINGS) and not self._all_at_once:
            self._waiting.append(line)
        else:
            _show(line)

    def drop(self) -> None:
        """Forget what waits."""
        self._waiting.clear()

    def show(self) -> None:
        """Show what waits."""
        while self._waiting:
            _show(self._waiting.pop(0))


def _show(line: PluginLine) -> None:
    note(f"{line.source}: {line.start}")
