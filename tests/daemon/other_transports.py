"""The real daemon with a plugin that it reaches otherwise than over stdin and stdout. This process is Dify to it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Self

import httpx
from werkzeug import Request, Response

from tests.daemon.plugin_daemon import PluginDaemon
from tests.daemon.prerequisites import ROOT, find_programs
from tests.daemon.processes import Processes, free_port
from tests.daemon.scripted import as_dify_answers
from tests.transports.conftest import plugin_folder
from tests.transports.hosted import KEY, SETTINGS
from workspace.engines.offline import OfflineModels
from workspace.local import local_dify
from workspace.plugin.folder import read_plugin_folder
from workspace.serve.http_server import HttpServer
from workspace.serve.inner_api import InnerApi
from workspace.wire import Handler, Payload

type Run = Callable[[Processes, PluginDaemon], tuple[subprocess.Popen[bytes], str]]
"""Starts the plugin and makes it known to the daemon; its process and its unique identifier."""


class RealHosted:
    """The plugin over one of the daemon's transports, answered by the local workspace or by a `handler` of a test.

    `run` brings the plugin into the daemon, which has `configured` in its environment.
    """

    def __init__(self, run: Run, **configured: str) -> None:
        self._dify = local_dify(read_plugin_folder(ROOT).manifest, OfflineModels())
        self.reset()
        with ExitStack() as opening:
            dify = opening.enter_context(HttpServer(InnerApi(as_dify_answers(self._handle, lambda: SETTINGS), key="k")))
            processes = opening.enter_context(Processes())
            self.daemon = PluginDaemon(
                find_programs(), processes, inner_api_url=dify.url, inner_api_key="k", **configured
            )
            opening.enter_context(closing(self.daemon))
            self.process, self._identifier = run(processes, self.daemon)
            self.url = self.daemon.set_up_endpoints(self._identifier, SETTINGS)
            self.http = opening.enter_context(httpx.Client(base_url=self.url, headers=KEY, timeout=30))
            self._open = opening.pop_all()

    def reset(self) -> None:
        self.handler: Handler = self._dify.api.answer

    def call(self, tool: str, **parameters: object) -> str:
        """What the daemon streams."""
        return self.daemon.call_tool(self._identifier, "switchboard", tool, parameters)

    def _handle(self, invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
        return self.handler(invoke_type, payload)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()


def debug(folder: Path) -> Run:
    """Remote debugging, from a copy of the plugin in `folder` with a `.env` of its own."""

    def run(processes: Processes, daemon: PluginDaemon) -> tuple[subprocess.Popen[bytes], str]:
        copied = plugin_folder(folder, daemon.debugging, daemon.debugging_key())
        process = processes.start("plugin", [sys.executable, "-m", "main"], port=None, cwd=copied)
        deadline = time.monotonic() + 30
        while not (identifier := daemon.debugged()):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the plugin does not register:\n{processes.log('plugin')}")
            time.sleep(0.05)
        return process, identifier

    return run


class Connector:
    """Dify's serverless connector, which hosts plugins. To this one every plugin is there already, at one address."""

    def __init__(self) -> None:
        self._port = free_port()
        self._server = HttpServer(Request.application(self._answer))
        self.configured = {
            "PLATFORM": "serverless",
            "DIFY_PLUGIN_SERVERLESS_CONNECTOR_URL": self._server.url,
            "DIFY_PLUGIN_SERVERLESS_CONNECTOR_API_KEY": "k",
        }

    def close(self) -> None:
        self._server.close()

    def run(self, processes: Processes, daemon: PluginDaemon) -> tuple[subprocess.Popen[bytes], str]:
        hosted = {
            "INSTALL_METHOD": "serverless",
            "SERVERLESS_HOST": "127.0.0.1",
            "SERVERLESS_PORT": str(self._port),
            "DIFY_PLUGIN_DAEMON_URL": daemon.url,
        }
        command = [sys.executable, "-m", "main"]
        process = processes.start("plugin", command, port=self._port, cwd=ROOT, env={**os.environ, **hosted})
        return process, daemon.install(ROOT)

    def _answer(self, request: Request) -> Response:
        if request.path == "/ping":
            return Response('"pong"', content_type="application/json")
        name = request.args.get("filename", "")
        address = f"http://127.0.0.1:{self._port}"
        state = (
            f'{{"ID": "1", "Name": "{name}", "Endpoint": "{address}", "ResourceName": "1", "Status": {{"State": "r"}}}}'
        )
        return Response(f'{{"error": "", "Items": [{state}]}}', content_type="application/json")
