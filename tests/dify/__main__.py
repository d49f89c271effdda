"""Records what a Dify answers: `make record-dify`.

`DIFY_API` is its address, `DIFY_WEB` that of its console where it is another, `DIFY_EMAIL` and `DIFY_PASSWORD` are an
admin's, `DIFY_CLI` names Dify's command line. What the editor shows is read with the Chromium found here. That Dify
needs what `prerequisites` asks for, a sandbox for code, and to reach this machine on loopback. Apps, models and the
plugin `recorder` are made for it, and removed again.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.dify import apps, editor, made, models, prerequisites, recording, recordings
from tests.dify.console import Console


class RealPlace:
    """A Dify, in which each app is made when it is first asked for."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._made: dict[str, str] = {}

    def app_id(self, name: str) -> str:
        if name not in self._made:
            self._made[name] = made.add_app(self._console, apps.APPS[name], publish=name not in apps.UNPUBLISHED)
        return self._made[name]

    def run(self, dsl: str, inputs: dict[str, Any]) -> Iterator[dict[str, Any]]:
        return self._console.run_draft(self.app_of(dsl), inputs)

    def app_of(self, dsl: str) -> str:
        """Its id."""
        if dsl not in self._made:
            self._made[dsl] = made.add_app(self._console, dsl, publish=False)
        return self._made[dsl]

    def ask(self, calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return recording.asked_in_a_workflow(self, calls)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def main() -> int:
    needed = ("DIFY_API", "DIFY_EMAIL", "DIFY_PASSWORD", "DIFY_CLI")
    if missing := [name for name in needed if not os.environ.get(name)]:
        _say(f"{' and '.join(missing)} must be set; see the docstring of tests/dify/__main__.py.")
        return 2
    address, email, password, cli = (os.environ[name] for name in needed)
    try:
        with prerequisites.logged_in(address, email, password) as console, models.serving_models() as served:
            prerequisites.check_worker(console)
            _record(console, cli, os.environ.get("DIFY_WEB") or address, served)
    except prerequisites.NotReady as error:
        _say(str(error))
        return 2
    return 0


def _record(console: Console, cli: str, web: str, served: models.Models) -> None:
    try:
        made.remove_all(console)  # what an earlier run has left
        with tempfile.TemporaryDirectory() as folder:
            package = Path(folder) / "recorder.difypkg"
            subprocess.run([cli, "plugin", "package", made.RECORDER, "-o", package], check=True, capture_output=True)
            console.install(package)
        prerequisites.add_models(console, served.url, made.wanted_models())
        served.tried.set()
        place = RealPlace(console)
        for name in recordings.NAMES:
            recordings.write(console.version, name, getattr(recording, name)(place))
            _say(f"recorded: {name}")
        outputs = place.app_of(apps.one_node("outputs", provider=apps.RECORDER))
        shown = editor.offered(console, web, outputs, "text_string")
        recordings.write(console.version, "console", recording.console(shown))
        _say("recorded: console")
    finally:
        made.remove_all(console)


if __name__ == "__main__":
    sys.exit(main())
