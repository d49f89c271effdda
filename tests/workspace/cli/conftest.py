import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.workspace.cli.calling import GREETER, Call, Done, RunWorkflow, dify
from tests.workspace.plugin.plugins.bare import write_main, write_plugin
from tests.workspace.workflows import dsl_files
from workspace.cli import call
from workspace.cli import run as run_command
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
def bare(child_process: None, tmp_path: Path) -> Any:
    def bare(source: str, *, whole: bool = False) -> str:
        (tmp_path / "bare").mkdir()
        return str(write_plugin(tmp_path / "bare", source, whole=whole))

    return bare


@pytest.fixture
def greeter(child_process: None, tmp_path: Path) -> Any:
    """The declarations of the greeter over another program, which is quicker to start than the SDK."""

    def greeter(source: str) -> str:
        folder = Path(shutil.copytree(GREETER, tmp_path / "greeter"))
        write_main(folder, source)
        return str(folder)

    return greeter


@pytest.fixture
def run_workflow(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunWorkflow:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)

    def run_workflow(*argv: str) -> Done:
        code = run_command.main(list(argv))
        return Done(code, *capfd.readouterr())

    return run_workflow


@pytest.fixture
def dsl(tmp_path: Path) -> Callable[..., str]:
    """Writes a DSL file of nodes, one after the other; returns its name."""

    def dsl(*nodes: dict[str, Any], name: str = "tried.yml", **workflow: Any) -> str:
        return dsl_files.write(tmp_path, dsl_files.app(list(nodes), **workflow), name).name

    return dsl
