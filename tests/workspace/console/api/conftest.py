from collections.abc import Iterator

import pytest

from tests.served import Served
from tests.workspace.console.api.serving import Console, console_of
from tests.workspace.console.api.stepper import write_stepper
from tests.workspace.workflows import dsl_files


@pytest.fixture(scope="session")
def stepper(child_process: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """The console of a plugin that does what it is told."""
    data = tmp_path_factory.mktemp("stepper")
    folder = write_stepper(data / "plugin")
    (data / "apps").mkdir()
    remembering = [
        dsl_files.start(),
        dsl_files.tool("remember", provider="tests/stepper/steps"),
        dsl_files.end(said=["remember", "text"]),
    ]
    dsl_files.write(data / "apps", dsl_files.app(remembering), "remembering.yml")
    settings = str(folder / "serve.yaml")
    with console_of(folder, data / "kept", "--settings", settings, "--apps", str(data / "apps")) as console:
        yield console


@pytest.fixture(scope="session")
def own(served_repository: Served) -> Iterator[Console]:
    console = Console(served_repository)
    with console.client:
        yield console
