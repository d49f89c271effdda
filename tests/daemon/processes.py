"""The processes that a plugin daemon needs around it, in a folder of their own, ended in the end."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

PATIENCE = 60.0
"""Seconds that a process may take to listen."""


class Processes:
    """Each writes to NAME.log in `folder`, which is removed with them."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="plugin-daemon-"))
        self.folder.chmod(0o755)  # PostgreSQL may run as another user
        self._running: list[tuple[subprocess.Popen[bytes], signal.Signals]] = []

    def start(
        self, name: str, command: list[str], *, port: int | None, stop: signal.Signals = signal.SIGTERM, **options: Any
    ) -> subprocess.Popen[bytes]:
        """Start a process and wait until it listens on the port, if it does on one."""
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **options
            )
        self._running.append((process, stop))
        deadline = time.monotonic() + PATIENCE
        while port and not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name} does not run:\n{self.log(name)}")
            time.sleep(0.05)
        return process

    def log(self, name: str) -> str:
        """The end of what a process wrote."""
        return (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process, stop in reversed(self._running):
            children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
            process.send_signal(stop)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for child in psutil.wait_procs(children, timeout=1)[1]:
                child.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def start_postgres(processes: Processes, *, initdb: str, postgres: str) -> int:
    """The port of an empty server, whose user `postgres` needs no password."""
    data = processes.folder / "postgres"
    data.mkdir(mode=0o700)
    options: dict[str, Any] = {"cwd": "/", "env": {"PATH": os.environ["PATH"]}}
    if os.geteuid() == 0:  # as whom it refuses to run
        user = pwd.getpwnam("postgres")
        options |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        os.chown(data, user.pw_uid, user.pw_gid)
    create = [initdb, "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(create, check=True, capture_output=True, **options)
    port = free_port()
    command = [postgres, "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", str(data), "-F"]
    processes.start("postgres", command, port=port, stop=signal.SIGINT, **options)
    return port


def start_redis(processes: Processes, *, redis: str) -> int:
    port = free_port()
    command = [redis, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(processes.folder)]
    processes.start("redis", command, port=port)
    return port


def _listens(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0
