"""A child process with pipes, in a process group of its own, that can be relied on to end.

Everything is looked up in `subprocess` and `threading` when it is used: gevent may have replaced what is in there.
"""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO

GRACE = 3.0
"""Seconds a process has to end after SIGTERM."""


class ChildProcess:
    """Starts `command` in `folder`. Raises OSError.

    Its group is its own: Ctrl-C in the terminal does not reach it, and its own children end with it.
    """

    def __init__(self, command: list[str], *, folder: Path, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._stdin: IO[bytes] = self._process.stdin
        self.stdout: IO[bytes] = self._process.stdout
        self.stderr: IO[bytes] = self._process.stderr
        self._writing = threading.Lock()

    def write(self, line: bytes) -> None:
        """Write to its stdin, one caller after the other. Nothing happens if it has ended: its stdout tells that."""
        with self._writing, contextlib.suppress(OSError, ValueError):
            self._stdin.write(line)
            self._stdin.flush()

    def end(self) -> None:
        """End it, if it has not ended: SIGTERM, and SIGKILL after a grace. Returns when it is gone."""
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()

    def kill(self) -> None:
        """SIGKILL to it and to what it has started."""
        self._signal(signal.SIGKILL)

    def close_pipes(self) -> None:
        """To be called when it has ended and nobody reads any more."""
        for pipe in (self._stdin, self.stdout, self.stderr):
            with contextlib.suppress(OSError):
                pipe.close()

    def exit_reason(self) -> str:
        """Why it ended, to come after "The plugin ended"."""
        code = self._process.returncode
        if code is None:
            return ""
        if code < 0:
            return f", killed by {signal.Signals(-code).name}"
        if code == 255 and os.getpid() == 1:
            return " because Dify's SDK does not run under process 1: start the workspace from a shell"
        return f" with exit code {code}"

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


def plugin_environment(added: Mapping[str, str]) -> dict[str, str]:
    """This process's environment as the daemon hands its own on, with UTF-8 on the wire whatever the locale is.

    Files of the workspace are not asked of a proxy.
    """
    environment = {**os.environ, "INSTALL_METHOD": "local", "PYTHONIOENCODING": "utf-8", **added}
    for name in ("NO_PROXY", "no_proxy"):
        environment[name] = ",".join(filter(None, (environment.get(name), "127.0.0.1", "localhost")))
    return environment
