"""What the real plugin daemon needs on this machine; nothing of it belongs to the project.

The daemon and Dify's command line are named by `DIFY_DAEMON` and `DIFY_CLI`; PostgreSQL, Redis and uv are looked for.
"""

import glob
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


class Missing(Exception):
    """One sentence about all that is missing."""


@dataclass(frozen=True)
class Programs:
    daemon: str
    cli: str
    initdb: str
    postgres: str
    redis: str
    uv: str
    python: str
    """Python 3.12, under which the daemon runs every plugin."""


def find_programs() -> Programs:
    """Raises `Missing`."""
    problems: list[str] = []

    def need(found: str | None, problem: str) -> str:
        if not found:
            problems.append(problem)
        return found or ""

    postgres = "PostgreSQL is not installed (Debian: postgresql)"
    uv = _in_path("uv", ROOT / ".uv/bin/uv")
    programs = Programs(
        daemon=need(_named_by("DIFY_DAEMON"), "DIFY_DAEMON does not name the plugin daemon's binary"),
        cli=need(_named_by("DIFY_CLI"), "DIFY_CLI does not name the binary of Dify's command line"),
        initdb=need(_of_postgres("initdb"), postgres),
        postgres=need(_of_postgres("postgres"), postgres),
        redis=need(shutil.which("redis-server"), "Redis is not installed (Debian: redis-server)"),
        uv=need(uv, "uv is not installed (`make test` puts it into .uv)"),
        python=need(uv and _python(uv), "there is no Python 3.12"),
    )
    if problems:
        raise Missing("; ".join(dict.fromkeys(problems)))
    return programs


def _named_by(variable: str) -> str | None:
    path = os.environ.get(variable, "")
    return str(Path(path).resolve()) if Path(path).is_file() else None


def _in_path(name: str, *others: Path) -> str | None:
    return next((str(path) for path in others if path.is_file()), None) or shutil.which(name)


def _of_postgres(name: str) -> str | None:
    """Debian keeps these out of the path."""
    versions = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"))
    return shutil.which(name) or next(iter(versions[::-1]), None)


def _python(uv: str) -> str | None:
    if sys.version_info[:2] == (3, 12):
        return os.path.realpath(sys.executable)
    found = subprocess.run([uv, "python", "find", "--system", "3.12"], capture_output=True, text=True, check=False)
    return os.path.realpath(found.stdout.strip()) if found.returncode == 0 else None
