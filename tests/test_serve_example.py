"""What `make serve` sets up, and that each command it prints works."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workspace.cli.serve_file import read_serve_file
from workspace.plugin.folder import read_plugin_folder

ROOT = Path(__file__).parent.parent
FILE = read_serve_file(ROOT / "examples" / "serve.yaml")
GROUP = read_plugin_folder(ROOT).group


def test_each_route_that_wants_something_has_an_example():
    wanting = {one.route for one in GROUP.endpoints if not one.hidden and (one.method == "POST" or "<" in one.path)}

    assert set(FILE.requests) == wanting


def test_the_requests_bring_the_key_of_the_settings():
    assert FILE.headers == {"Authorization": f"Bearer {FILE.settings['api_key']}"}


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """What a `make serve` that is running has printed, its data in a folder of its own."""
    folder = tmp_path_factory.mktemp("serve")
    command = [sys.executable, "-m", "workspace", "serve", ".", "--settings", "examples/serve.yaml"]
    with subprocess.Popen(
        [*command, "--port", "0", "--data-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "OPENAI_BASE_URL": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        head = list(iter(process.stdout.readline, "\n"))
        lines = list(iter(process.stdout.readline, "\n"))
        assert len(head) == 2
        yield [line.rstrip("\n").replace("/tmp/", f"{folder}/") for line in lines]
        process.terminate()


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not there")
def test_every_printed_command_works(commands):
    assert len(commands) == len([endpoint for endpoint in GROUP.endpoints if not endpoint.hidden])
    for command in commands:
        done = subprocess.run(
            ["sh", "-c", f"{command} -sS -w '\n%{{http_code}}'"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert re.search(r"^20[01]$", done.stdout, re.MULTILINE), f"{command}\n{done.stdout}{done.stderr}"
        assert '"error"' not in done.stdout.replace('"error":null', ""), f"{command}\n{done.stdout}"
