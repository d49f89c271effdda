"""What `make serve` sets up, and that each command it prints works."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import TextIO

import pytest
import yaml

from endpoints.http.routes import ROUTES
from workspace.plugin.folder import read_plugin_folder
from workspace.serve.serve_file import read_serve_file

ROOT = Path(__file__).parent.parent
FILE = read_serve_file(ROOT / "examples" / "serve.yaml")
GROUP = read_plugin_folder(ROOT).group


def test_each_route_that_wants_something_has_an_example():
    own = [one for one in GROUP.endpoints if ROUTES.get(one.path) == one.method]
    wanting = {one.route for one in own if one.method == "POST" or "<" in one.path or one.hidden}

    assert set(FILE.requests) == wanting


def test_the_requests_bring_the_key_of_the_settings():
    assert FILE.headers == {"Authorization": f"Bearer {FILE.settings['api_key']}"}


def test_the_file_is_yaml_to_the_slow_parser_too():
    """Which stands in where libyaml is missing, and takes less."""
    assert yaml.safe_load((ROOT / "examples" / "serve.yaml").read_text())["settings"] == FILE.settings


@pytest.fixture
def served(child_process: None, tmp_path: Path) -> Iterator[tuple[list[str], TextIO]]:
    """What a `make serve` that is running has printed, and its log. What it keeps is in a folder of the test's own."""
    command = [sys.executable, "-m", "workspace", "serve", ".", "--settings", "examples/serve.yaml"]
    with subprocess.Popen(
        [*command, "--port", "0", "--data-dir", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "OPENAI_BASE_URL": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        head, commands = (list(takewhile(str.strip, process.stdout)) for _ in range(2))
        assert [line.partition(":")[0] for line in head] == ["Console", "Endpoints", "api_key"]
        yield [command.strip().replace("/tmp/", f"{tmp_path}/") for command in commands], process.stdout
        process.terminate()


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not there")
def test_every_printed_command_works_and_loses_nothing(served):
    commands, log = served
    assert len(commands) == len(ROUTES)
    for command in commands:
        done = subprocess.run(
            ["sh", "-c", f"{command} -sS -w '\n%{{http_code}}'"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert re.search(r"^20[01]$", done.stdout, re.MULTILINE), f"{command}\n{done.stdout}{done.stderr}"
        assert '"error"' not in done.stdout.replace('"error":null', ""), f"{command}\n{done.stdout}"
        assert re.fullmatch(r"[A-Z]+ /e/hook/\S* 20[01] \d+\.\d{3} s\n", log.readline())
