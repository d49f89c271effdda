import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.transports.debugging_port import DebuggingPort
from tests.transports.hosted import ROOT, Hosted, Workspace
from tests.transports.serverless import ServerlessDaemon

DEBUGGING_KEY = "test-key"
LARGE_ASSET = random.Random(0).randbytes(20_000)


@pytest.fixture(autouse=True)
def _starts_processes(child_process: None) -> None:
    """Whatever is tried here runs in a process of its own."""


@pytest.fixture(scope="session")
def running_workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("workspace"))


@pytest.fixture
def workspace(running_workspace: Workspace) -> Workspace:
    running_workspace.reset()
    return running_workspace


@pytest.fixture(scope="session")
def debugging_port(child_process: None) -> Iterator[DebuggingPort]:
    port = DebuggingPort(key=DEBUGGING_KEY)
    yield port
    port.close()


@pytest.fixture(scope="session")
def debugged_folder(debugging_port: DebuggingPort, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plugin with a `.env` as `.env.example` says, and more assets than it has."""
    return plugin_folder(tmp_path_factory.mktemp("plugin"), debugging_port.address, DEBUGGING_KEY)


def plugin_folder(folder: Path, address: str, key: str) -> Path:
    for entry in ROOT.iterdir():
        if not entry.name.startswith((".", "_assets")):
            (folder / entry.name).symlink_to(entry)
    assets = folder / "_assets"
    (assets / "more").mkdir(parents=True)
    for icon in (ROOT / "_assets").iterdir():
        (assets / icon.name).write_bytes(icon.read_bytes())
    (assets / "large.bin").write_bytes(LARGE_ASSET)
    (assets / "empty.txt").touch()
    (assets / "more" / "hidden.txt").write_text("in a folder of its own")
    lines = (ROOT / ".env.example").read_text().splitlines()
    filled_in = {"REMOTE_INSTALL_URL": address, "REMOTE_INSTALL_KEY": key}
    (folder / ".env").write_text("\n".join(_filled_in(line, filled_in) for line in lines))
    return folder


def _filled_in(line: str, values: dict[str, str]) -> str:
    name = line.partition("=")[0]
    return f"{name}={values[name]}" if name in values else line


@pytest.fixture(scope="session")
def remote(running_workspace: Workspace, debugging_port: DebuggingPort, debugged_folder: Path) -> Iterator[Hosted]:
    """The plugin over remote debugging."""
    with Hosted(running_workspace, start=debugging_port.start, folder=debugged_folder) as hosted:
        yield hosted


@pytest.fixture(scope="session")
def serverless_daemon(child_process: None) -> Iterator[ServerlessDaemon]:
    with ServerlessDaemon() as daemon:
        yield daemon


@pytest.fixture(scope="session")
def serverless(running_workspace: Workspace, serverless_daemon: ServerlessDaemon) -> Iterator[Hosted]:
    """The plugin hosted serverless."""
    with Hosted(running_workspace, start=serverless_daemon.start) as hosted:
        yield hosted


@pytest.fixture(params=["remote", "serverless"])
def plugin(request: pytest.FixtureRequest, workspace: Workspace) -> Hosted:
    """The plugin over each of the two transports in turn, answered by the local workspace."""
    hosted: Hosted = request.getfixturevalue(request.param)
    hosted.lines.clear()
    return hosted
