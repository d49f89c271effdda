"""The local workspace as a place for the cases: the same apps, the same plugin, and models that say the same.

The plugin runs in this process, under the SDK's own session (`workspace.stub`).
"""

import itertools
import json
import traceback
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from dify_plugin import Tool

from tests.dify import apps
from tests.dify.made import RECORDER, wanted_models
from tests.dify.models import serving_models
from tests.dify.recorder.tools.ask import AskTool
from tests.dify.recorder.tools.put_out import PutOutTool
from tests.dify.recorder.tools.receive import ReceiveTool
from workspace.dify.apps.app import App
from workspace.dify.apps.conversations import Conversations
from workspace.engines.openai_server import OpenAIModels
from workspace.local import local_dify
from workspace.plugin.calls import Messages
from workspace.plugin.errors import PluginCallError
from workspace.plugin.file_server import FileServer
from workspace.plugin.folder import read_plugin_folder
from workspace.stub import StubbedDify
from workspace.wire import Handler, Payload
from workspace.workflows.app import DslApp
from workspace.workflows.apps import app_of, read_app_file
from workspace.workflows.dsl import read_workflow
from workspace.workflows.host import Host
from workspace.workflows.plugin_tools import PluginTools

NOT_HERE = ("workflow that waits",)
"""Apps that the workspace refuses."""
TOOLS: dict[str, type[Tool]] = {"ask": AskTool, "put_out": PutOutTool, "receive": ReceiveTool}


class RecorderHere:
    """The plugin `recorder` without a process of its own."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    def call(self, request: Payload, /, *, context: Mapping[str, Any], through: Messages) -> Iterator[Payload]:
        try:
            called = StubbedDify(self._handler).messages(TOOLS[request["tool"]], request["tool_parameters"])
            yield from (message.model_dump(mode="json") for message in called)
        except Exception as error:  # the SDK tells the daemon of it so
            raised = {"traceback": traceback.format_exc()}
            raise PluginCallError(type(error).__name__, str(error), raised) from error


class LocalPlace:
    """Ids of apps are their names, which the workspace takes as well. The apps of its own keep those that are free."""

    def __init__(self, folder: Path, host: Host, handler: Handler) -> None:
        self._folder = folder
        self._host = host
        self._handler = handler
        self._numbers = itertools.count()

    def app_id(self, name: str) -> str:
        return name

    def app(self, dsl: str) -> App:
        return app_of(read_app_file(self._written(dsl)), self._host, conversations=Conversations(None))

    def run(self, dsl: str, inputs: dict[str, Any]) -> Iterator[dict[str, Any]]:
        app = DslApp(read_workflow(self._written(dsl)), self._host)
        return (event for event in app.run({"inputs": inputs, "query": "", "conversation_id": ""}) if event is not None)

    def ask(self, calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
        outputs = StubbedDify(self._handler).run(AskTool, {"calls": json.dumps(calls)})
        answers: list[dict[str, Any]] = json.loads(outputs.variables["answers"])
        return answers

    def _written(self, dsl: str) -> Path:
        path = self._folder / f"{next(self._numbers)}.yml"
        path.write_text(dsl, encoding="utf-8")
        return path


@contextmanager
def local_place(folder: Path) -> Iterator[LocalPlace]:
    with ExitStack() as opened:
        served = opened.enter_context(serving_models())
        served.tried.set()
        models = OpenAIModels(served.url, "test-key")
        files = opened.enter_context(FileServer(uploads=folder / "uploads"))
        plugin = read_plugin_folder(RECORDER)
        tools = PluginTools(plugin)
        dify = local_dify(
            plugin.manifest,
            models,
            folder=folder,
            known_models=[f"{apps.PROVIDER}/{apps.MODEL_PREFIX}{name}" for name, _ in wanted_models()],
            fail_like_dify=True,
            tools=tools,
            files=files,
            default_model=f"{apps.MODEL_PREFIX}echo",
        )
        tools.plugin = RecorderHere(dify.handle)
        host = Host(models, files=files, tools=tools, allow_code=True)
        place = LocalPlace(folder, host, dify.handle)
        dify.apps.update({name: place.app(dsl) for name, dsl in apps.APPS.items() if name not in NOT_HERE})
        yield place
