"""The example workflows as apps, with the plugin behind their tools in a child process."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.lent_plugin import LentPlugin
from tests.workspace.workflows.dsl_files import events_of, finished
from workspace.dify.apps.app import App
from workspace.engines.offline import OfflineModels
from workspace.engines.passages import Passages
from workspace.local import local_dify
from workspace.plugin.file_server import FileServer
from workspace.plugin.folder import read_plugin_folder
from workspace.plugin.reverse_invocation import ReverseInvocation
from workspace.workflows.folder import read_apps
from workspace.workflows.host import Host
from workspace.workflows.plugin_tools import PluginTools

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples"


class Examples(NamedTuple):
    """`apps` by the stem of the file's name, `problems` of those that cannot run; each app can call the others."""

    apps: dict[str, App]
    problems: dict[str, str]
    host: Host
    files: FileServer
    invocations: list[ReverseInvocation]

    def run(self, name: str, /, **inputs: str) -> dict[str, Any]:
        """The outputs of a workflow, which has to succeed."""
        end = finished(events_of(self.apps[name], inputs))
        assert end["status"] == "succeeded", end["error"]
        outputs: dict[str, Any] = end["outputs"]
        return outputs

    @property
    def asked(self) -> list[str]:
        """The types of what the plugin asked Dify."""
        return [invocation.type for invocation in self.invocations]


@pytest.fixture(scope="module")
def running_examples(lent_plugin: LentPlugin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Examples]:
    folder, data = read_plugin_folder(ROOT), tmp_path_factory.mktemp("examples")
    models, tools, invocations = OfflineModels(), PluginTools(folder), list[ReverseInvocation]()
    with FileServer(uploads=data / "uploads") as files:
        knowledge = Passages(EXAMPLES / "inputs")
        host = Host(models, default_model="extractive", files=files, tools=tools, knowledge=knowledge)
        apps, problems = read_apps(EXAMPLES / "workflows", host, conversations=None)
        dify = local_dify(folder.manifest, models, folder=data, apps={**apps}, default_model="extractive")
        with lent_plugin.lend(folder, dify.handle, on_invocation=invocations.append) as tools.plugin:
            yield Examples(apps, problems, host, files, invocations)


@pytest.fixture
def examples(running_examples: Examples) -> Examples:
    running_examples.invocations.clear()
    return running_examples


def given(name: str) -> str:
    """The text of an input that comes with the examples."""
    return (EXAMPLES / "inputs" / name).read_text()
