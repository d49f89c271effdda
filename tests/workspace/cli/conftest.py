import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.workspace.cli.calling import GREETER, Call, Done, dify
from tests.workspace.plugin.plugins.bare import write_main, write_plugin
from workspace.cli import call
from workspace.wire import Handler


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)

    def run(*argv: str, handler: Handler | None = dify) -> Done:
        code = call.main(list(argv), handler=handler)
        return Done(code, *capfd.readouterr())

    return run


@pytest.fixture
def bare(tmp_path: Path) -> Any:
    def bare(source: str, *, whole: bool = False) -> str:
        (tmp_path / "bare").mkdir()
        return str(write_plugin(tmp_path / "bare", source, whole=whole))

    return bare


@pytest.fixture
def greeter(tmp_path: Path) -> Any:
    """The declarations of the greeter over another program, which is quicker to start than the SDK."""

    def greeter(source: str) -> str:
        folder = Path(shutil.copytree(GREETER, tmp_path / "greeter"))
        write_main(folder, source)
        return str(folder)

    return greeter
