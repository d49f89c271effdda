"""The plugin, with the local workspace in Dify's place, as it is reached over the transports other than stdio."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import httpx
import yaml

from workspace.engines.offline import OfflineModels
from workspace.local import local_dify
from workspace.plugin.folder import read_plugin_folder
from workspace.plugin.outputs import Outputs
from workspace.plugin.parameters import tool_request
from workspace.plugin.process import PluginLine, PluginProcess
from workspace.serve.endpoint_host import EndpointHost
from workspace.serve.reply_queue import NO_LOSSES
from workspace.wire import Handler, Payload

ROOT = Path(__file__).parent.parent.parent
SETTINGS = yaml.safe_load((ROOT / "examples" / "serve.yaml").read_text())["settings"]
KEY = {"Authorization": f"Bearer {SETTINGS['api_key']}"}


class Workspace:
    """A handler for any number of processes; another can be put in its place. `asked` is what they ask, by type."""

    def __init__(self, folder: Path) -> None:
        self._dify = local_dify(read_plugin_folder(ROOT).manifest, OfflineModels(), folder=folder)
        self.reset()

    def reset(self) -> None:
        self.handler: Handler = self._dify.handle
        self.asked: list[str] = []

    def handle(self, invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
        self.asked.append(invoke_type)
        return self.handler(invoke_type, payload)


class Hosted:
    """One process of the plugin in `folder`, with its endpoints served. `start` is that of PluginProcess."""

    def __init__(self, workspace: Workspace, *, start: Any, folder: Path = ROOT) -> None:
        self.workspace = workspace
        self.lines: list[PluginLine] = []
        self._folder = read_plugin_folder(folder)
        with ExitStack() as opening:
            process = PluginProcess(self._folder, workspace.handle, start=start, on_line=self.lines.append)
            self.process = opening.enter_context(process)
            host = EndpointHost(self.process, lambda: SETTINGS, losses=NO_LOSSES)
            self.url = opening.enter_context(host).url
            self.http = opening.enter_context(httpx.Client(base_url=self.url, headers=KEY, timeout=30))
            self._open = opening.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def call(self, tool: str, **parameters: Any) -> Outputs:
        """Run a tool to its end. Raises PluginError."""
        outputs = Outputs()
        for message in self.process.call(tool_request(self._folder.tool(tool), parameters, user_id="ada"), timeout=30):
            outputs.add(message)
        return outputs
