"""What the real plugin daemon needs on this machine; nothing of it belongs to the project.

The daemon and Dify's command line are named by `DIFY_DAEMON` and `DIFY_CLI`; PostgreSQL, Redis and uv are looked for.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Programs:
    """Where they are; "" for one that is not there."""

    daemon: str
    cli: str
    initdb: str
    postgres: str
    redis: str
    uv: str
    python: str
    """Python 3.12, under which the daemon runs every plugin."""


def find_programs() -> Programs:
    uv = str(ROOT / ".uv/bin/uv") if (ROOT / ".uv/bin/uv").is_file() else _in_path("uv")
    return Programs(
        daemon=_named_by("DIFY_DAEMON"),
        cli=_named_by("DIFY_CLI"),
        initdb=_of_postgres("initdb"),
        postgres=_of_postgres("postgres"),
        redis=_in_path("redis-server"),
        uv=uv,
        python=_python(uv),
    )


def needed() -> dict[str, bool]:
    """What has to be done where a program is not there, and whether it is."""
    found = find_programs()
    return {
        "DIFY_DAEMON has to name the plugin daemon's binary": bool(found.daemon),
        "DIFY_CLI has to name the binary of Dify's command line": bool(found.cli),
        "PostgreSQL has to be installed (Debian: postgresql)": bool(found.initdb and found.postgres),
        "Redis has to be installed (Debian: redis-server)": bool(found.redis),
        "uv has to be installed (make puts it into .uv)": bool(found.uv),
        "Python 3.12 has to be installed": bool(found.python),
    }


def missing() -> list[str]:
    """What has to be done before the daemon can run."""
    return [what for what, there in needed().items() if not there]


def _named_by(variable: str) -> str:
    path = os.environ.get(variable, "")
    return str(Path(path).resolve()) if Path(path).is_file() else ""


def _in_path(name: str) -> str:
    return shutil.which(name) or ""


def _of_postgres(name: str) -> str:
    """Debian keeps these out of the path."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return _in_path(name) or next((str(path) for path in reversed(versions)), "")


def _python(uv: str) -> str:
    if sys.version_info[:2] == (3, 12):
        return os.path.realpath(sys.executable)
    if not uv:
        return ""
    found = subprocess.run([uv, "python", "find", "--system", "3.12"], capture_output=True, text=True, check=False)
    return os.path.realpath(found.stdout.strip()) if found.returncode == 0 else ""
