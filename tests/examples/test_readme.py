"""Every command in the examples' README prints what stands below it."""

import re
import shlex
from pathlib import Path

import pytest

from tests.examples.conftest import EXAMPLES, ROOT
from workspace.cli import run

README = (EXAMPLES / "README.md").read_text()
RUN = ".venv/bin/python -m workspace run "
BLOCKS = [block.split("\n", 1) for block in re.findall(r"^    \$ ((?:.+\n)(?:    .*\n)+)", README, re.MULTILINE)]
COMMANDS = [(command, re.sub(r"^    ", "", printed, flags=re.MULTILINE)) for command, printed in BLOCKS]
SIZE = re.compile(r"[\d,]+ bytes")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


def test_every_example_has_its_section_with_a_command() -> None:
    for path in (EXAMPLES / "workflows").iterdir():
        assert f"(workflows/{path.name})" in README
        assert any(command.startswith(f"{RUN}examples/workflows/{path.name} ") for command, _ in COMMANDS)
    assert README.count("    $ ") == len(COMMANDS)


@pytest.mark.usefixtures("started_before")
@pytest.mark.parametrize(("command", "printed"), COMMANDS, ids=[command.split()[4][19:] for command, _ in COMMANDS])
def test_a_command_prints_what_stands_below_it(
    command: str,
    printed: str,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In their order: the last one reads what the one before it has stored. Sizes of sound files may differ."""
    assert command.startswith(RUN)
    monkeypatch.chdir(ROOT)
    words = shlex.split(command.removeprefix(RUN).replace("--save-dir demo-output", f"--save-dir {tmp_path}"))

    assert run.main([*words, "--data-dir", str(data)]) == 0
    shown = capsys.readouterr().out.replace(str(tmp_path), "demo-output")
    assert SIZE.sub("# bytes", shown) == SIZE.sub("# bytes", printed)
