import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pytest

from tests.workspace.dify.fake_models import EVERYTHING, FakeModels
from tests.workspace.plugin.plugins.bare import write_plugin
from tests.workspace.workflows import dsl_files
from workspace.dify.apps.conversations import Conversations
from workspace.engines import Models
from workspace.local import local_dify
from workspace.plugin.errors import PluginCallError
from workspace.plugin.file_server import FileServer
from workspace.plugin.folder import read_plugin_folder
from workspace.plugin.process import PluginProcess
from workspace.workflows.app import DslApp
from workspace.workflows.dsl import read_workflow
from workspace.workflows.host import Host
from workspace.workflows.plugin_tools import PluginTools

GREETER = Path(__file__).parent.parent / "plugin" / "plugins" / "greeter"


class Running(NamedTuple):
    tools: PluginTools
    process: PluginProcess
    errors: list[PluginCallError]


class MakeApp(Protocol):
    def __call__(self, *nodes: dict[str, Any], **options: Any) -> DslApp: ...


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = [thread.name for thread in set(threading.enumerate()) - before if "Engine" in thread.name]
    assert not left


@pytest.fixture(scope="session")
def greeter(child_process: None) -> Iterator[Running]:
    """The plugin of the tests, running."""
    folder = read_plugin_folder(GREETER)
    errors: list[PluginCallError] = []
    tools = PluginTools(folder, on_error=errors.append)
    with PluginProcess(folder, local_dify(folder.manifest, FakeModels()).handle) as process:
        tools.plugin = process
        yield Running(tools, process, errors)


@pytest.fixture
def bare(child_process: None, tmp_path: Path) -> Iterator[Callable[[str], Running]]:
    """Runs a plugin that speaks the wire by hand; its tool `do` is one of `tests/bare/bare`."""
    running: list[PluginProcess] = []

    def bare(source: str) -> Running:
        (tmp_path / "bare").mkdir()
        folder = read_plugin_folder(write_plugin(tmp_path / "bare", source))
        errors: list[PluginCallError] = []
        tools = PluginTools(folder, on_error=errors.append)
        tools.plugin = PluginProcess(folder, local_dify(EVERYTHING, FakeModels()).handle)
        running.append(tools.plugin)
        return Running(tools, tools.plugin, errors)

    yield bare
    for process in running:
        process.close()


@pytest.fixture
def files(tmp_path: Path) -> Iterator[FileServer]:
    with FileServer(uploads=tmp_path / "uploads") as server:
        yield server


@pytest.fixture
def models() -> FakeModels:
    return FakeModels()


@pytest.fixture
def make(tmp_path: Path, models: Models, files: FileServer) -> MakeApp:
    """An app of nodes, or of a whole `content`; other options are those of `Host` and of `dsl_files.app`."""

    def make(
        *nodes: dict[str, Any],
        edges: list[dict[str, Any]] | None = None,
        content: Any = None,
        tools: PluginTools | None = None,
        allow_code: bool = False,
        longest: float | None = None,
        memory: Path | None = None,
        models: Models = models,
        **workflow: Any,
    ) -> DslApp:
        content = content or dsl_files.app(list(nodes), edges, **workflow)
        host = Host(models, default_model="default", files=files, tools=tools, allow_code=allow_code)
        path = dsl_files.write(tmp_path, content)
        return DslApp(read_workflow(path), host, conversations=Conversations(memory), longest=longest)

    return make
