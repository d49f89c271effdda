"""The Dify that is asked: what is made in it before the first of these tests, and removed after the last."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.dify import prerequisites
from tests.dify.real.place import Place, prepared


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where no Dify is named, one test is left to say so."""
    if prerequisites.is_named():
        return
    in_dify = [item for item in items if Path(__file__).parent in item.path.parents]
    config.hook.pytest_deselected(items=in_dify[1:])
    items[:] = [item for item in items if item not in in_dify[1:]]


@pytest.fixture(autouse=True)
def starts_processes(child_process: None) -> None:
    """`make serve` is one."""


@pytest.fixture(scope="session")
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Takes a line of what is being done."""
    plugins = request.config.pluginmanager
    reporter, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")
    assert reporter is not None
    assert capture is not None

    def say(line: str) -> None:
        with capture.global_and_fixture_disabled():
            reporter.ensure_newline()
            reporter.write_line(f"-- {line}")

    return say


@pytest.fixture(scope="session")
def dify(child_process: None, say: Callable[[str], None]) -> Iterator[Place]:
    if not prerequisites.is_named():
        pytest.skip(prerequisites.UNNAMED)
    address, email, password = (os.environ[name] for name in prerequisites.NAMED_BY)
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            prerequisites.logged_in(address, email, password) as console,
            prepared(console, Path(folder), say) as place,
        ):
            yield place
    except prerequisites.NotReady as error:
        pytest.exit(str(error), returncode=2)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each failure, with `--tb=no`."""
    for report in [*terminalreporter.getreports("failed"), *terminalreporter.getreports("error")]:
        crash = getattr(report.longrepr, "reprcrash", None)
        said = crash.message if crash else str(report.longrepr)
        terminalreporter.write_line(f"FAILED {report.nodeid.rpartition('::')[2]}: {' '.join(said.split())[:600]}")
