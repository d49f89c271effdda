import pytest

_MEASURED = pytest.StashKey[list[str]]()


@pytest.fixture(autouse=True)
def starts_processes(child_process: None) -> None:
    """The daemon and Dify's CLI are such."""


@pytest.fixture
def measured(request):
    """Takes a line for the end of the report."""
    return request.config.stash.setdefault(_MEASURED, []).append


def pytest_terminal_summary(terminalreporter, config):
    if lines := config.stash.get(_MEASURED, []):
        terminalreporter.section("measured")
        for line in lines:
            terminalreporter.write_line(line)
