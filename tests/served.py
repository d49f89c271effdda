"""`python -m workspace serve` as a process of its own: where tests start it, and read where it is."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent


class Served:
    """A running one, once it has said where it is.

    `printed` is what it said, `head` the lines before the commands, `commands` one for each route. `console` ends with
    a slash, `endpoints` does not, and is None where the plugin has none.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.printed = ""
        self.head = self._until_blank()
        addresses = dict(line.split(maxsplit=1) for line in self.head if line.startswith(("Console:", "Endpoints:")))
        assert "Console:" in addresses, f"it does not serve: {self.head}"
        self.console = addresses["Console:"]
        self.endpoints = addresses.get("Endpoints:")
        self.commands = self._until_blank() if self.endpoints else []

    def line(self) -> str:
        """The next one that it prints, such as a request in its log."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def end(self, number: int) -> tuple[int, str]:
        """Its exit code and what it wrote on stderr, after a signal."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=60)
        return self.process.returncode, errors

    def _until_blank(self) -> list[str]:
        lines = [*iter(self.line, "")]
        self.printed += "".join(f"{line}\n" for line in [*lines, ""])
        return [line.strip() for line in lines]


@contextmanager
def serving(folder: Path | str, *options: str, cwd: Path = ROOT, stderr: int = subprocess.DEVNULL) -> Iterator[Served]:
    """One of a plugin's folder, on a port that is free."""
    command = [sys.executable, "-W", "error", "-m", "workspace", "serve", str(folder), "--port", "0", *options]
    with subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OPENAI_BASE_URL": ""},
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            yield Served(process)
        finally:
            process.terminate()
