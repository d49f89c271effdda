"""The local workspace as a place for the cases: the same apps, the same plugin, and models that say the same."""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.dify import apps
from tests.dify.made import RECORDER
from tests.dify.models import serving_models
from workspace.dify.apps.app import App
from workspace.engines.openai_server import OpenAIModels
from workspace.local import local_dify
from workspace.plugin.file_server import FileServer
from workspace.plugin.folder import read_plugin_folder
from workspace.plugin.process import PluginProcess
from workspace.workflows.app import DslApp
from workspace.workflows.dsl import read_workflow
from workspace.workflows.host import Host
from workspace.workflows.plugin_tools import PluginTools

NOT_HERE = ("workflow that waits",)
"""Apps that the workspace refuses."""


class LocalPlace:
    """Ids of apps are their names, which the workspace takes as well."""

    def __init__(self, folder: Path, host: Host) -> None:
        self._folder = folder
        self._host = host
        self._numbers = itertools.count()

    def app_id(self, name: str) -> str:
        return name

    def app(self, dsl: str) -> App:
        path = self._folder / f"{next(self._numbers)}.yml"
        path.write_text(dsl, encoding="utf-8")
        return DslApp(read_workflow(path), self._host)

    def run(self, dsl: str, inputs: dict[str, Any]) -> Iterator[dict[str, Any]]:
        events = self.app(dsl).run({"inputs": inputs, "query": "", "conversation_id": ""})
        return (event for event in events if event is not None)


@contextmanager
def local_place(folder: Path) -> Iterator[LocalPlace]:
    with ExitStack() as opened:
        served = opened.enter_context(serving_models())
        served.tried.set()
        models = OpenAIModels(served.url, "test-key")
        files = opened.enter_context(FileServer(uploads=folder / "uploads"))
        plugin = read_plugin_folder(RECORDER)
        tools = PluginTools(plugin)
        place = LocalPlace(folder, Host(models, files=files, tools=tools, allow_code=True))
        own = {name: place.app(dsl) for name, dsl in apps.APPS.items() if name not in NOT_HERE and "\nworkflow:" in dsl}
        dify = local_dify(
            plugin.manifest, models, folder=folder, fail_like_dify=True, apps=own, tools=tools, files=files
        )
        tools.plugin = opened.enter_context(PluginProcess(plugin, dify.handle))
        yield place
