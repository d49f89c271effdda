"""What `make serve` sets up, and that each command it prints works."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from endpoints.http.routes import ROUTES
from tests.served import Served, serving
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
def served(child_process: None, tmp_path: Path) -> Iterator[Served]:
    """What `make serve` runs, keeping what it keeps in a folder of the test's own."""
    with serving(".", "--settings", "examples/serve.yaml", "--data-dir", str(tmp_path)) as served:
        assert [line.partition(":")[0] for line in served.head] == ["Console", "Endpoints", "api_key"]
        yield served


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not there")
def test_every_printed_command_works_and_loses_nothing(served, tmp_path):
    assert len(served.commands) == len(ROUTES)
    for printed in served.commands:
        command = printed.replace("/tmp/", f"{tmp_path}/")
        done = subprocess.run(
            ["sh", "-c", f"{command} -sS -w '\n%{{http_code}}'"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert re.search(r"^20[01]$", done.stdout, re.MULTILINE), f"{command}\n{done.stdout}{done.stderr}"
        assert '"error"' not in done.stdout.replace('"error":null', ""), f"{command}\n{done.stdout}"
        assert re.fullmatch(r"[A-Z]+ /e/hook/\S* 20[01] \d+\.\d{3} s", served.line())
