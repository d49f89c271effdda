"""This repository's plugin in one child process, lent from test to test: starting it takes longer than most calls."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self

from workspace.plugin.folder import PluginFolder, read_plugin_folder
from workspace.plugin.process import PluginLine, PluginProcess
from workspace.plugin.reverse_invocation import ReverseInvocation
from workspace.wire import Handler, Payload

ROOT = Path(__file__).parent.parent


class Borrower(NamedTuple):
    """Whom the plugin's questions and lines go to."""

    handler: Handler
    on_line: Callable[[PluginLine], None] = lambda _line: None
    on_invocation: Callable[[ReverseInvocation], None] = lambda _invocation: None


class LentPlugin(AbstractContextManager["LentPlugin"]):
    """Starts it when it is lent for the first time."""

    def __init__(self) -> None:
        self._process: PluginProcess | None = None
        self._borrowers: list[Borrower] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.close()

    @contextmanager
    def lend(self, folder: PluginFolder, handler: Handler, **options: Any) -> Iterator[PluginProcess]:
        """In place of `PluginProcess(folder, handler, on_line=, on_invocation=)`. Who borrowed it before waits."""
        assert folder.path.samefile(ROOT)
        options.pop("start_timeout", None)
        self._borrowers.append(Borrower(handler, **options))
        if self._process is None:
            self._process = PluginProcess(
                read_plugin_folder(ROOT),
                self._answer,
                on_line=lambda line: self._borrowers[-1].on_line(line),
                on_invocation=lambda invocation: self._borrowers[-1].on_invocation(invocation),
            )
        try:
            yield self._process
        finally:
            self._borrowers.pop()

    def _answer(self, invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
        return self._borrowers[-1].handler(invoke_type, payload)
