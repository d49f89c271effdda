"""The endpoints on the real plugin daemon, in place of the `Api` that the tests have otherwise."""

import json
import os
import time
from contextlib import AbstractContextManager, ExitStack, closing
from typing import Any

import pytest

from tests.daemon.plugin_daemon import PluginDaemon
from tests.daemon.prerequisites import ROOT, find_programs
from tests.daemon.processes import Processes
from tests.daemon.scripted import as_dify_answers, can_be_said, not_too_fast
from tests.endpoints.api import SETTINGS, Api, Settings
from workspace.serve.http_server import HttpServer
from workspace.serve.inner_api import InnerApi
from workspace.wire import DifyError, Handler

INNER_API_KEY = "test-key"


class RealDaemon(AbstractContextManager[str]):
    """A `Host`: the plugin, packaged and installed in the daemon, to which this process is Dify."""

    def __init__(self, handler: Handler, settings: Settings) -> None:
        programs = find_programs()
        with ExitStack() as opening:
            api = InnerApi(as_dify_answers(handler, settings), key=INNER_API_KEY)
            server = opening.enter_context(HttpServer(api))
            processes = opening.enter_context(Processes())
            daemon = PluginDaemon(programs, processes, inner_api_url=server.url, inner_api_key=INNER_API_KEY)
            opening.enter_context(closing(daemon))
            self.plugin_input = daemon.plugin_input
            self._daemon, self._identifier = daemon, daemon.install(ROOT)
            self._url = daemon.set_up_endpoints(self._identifier, SETTINGS)
            self._open = opening.pop_all()

    def __enter__(self) -> str:
        return self._url

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def call_tool(self, tool: str, parameters: dict[str, Any]) -> str:
        return self._daemon.call_tool(self._identifier, "switchboard", tool, parameters)


class DaemonApi(Api):
    host: RealDaemon

    def __init__(self) -> None:
        super().__init__(RealDaemon)

    def reset(self) -> None:
        super().reset()
        self._seen = self.host.plugin_input.stat().st_size

    def answer(self, *events: Any) -> None:
        for event in events:
            if isinstance(event, DifyError) and not can_be_said(str(event)):
                pytest.skip(f"Dify cannot be made to say: {event}")
        super().answer(*events)
        self.handler = not_too_fast(self.handler)

    def wait_until_in_the_plugin(self, text: str) -> None:
        """Wait until a text has come to the plugin that is in the last line sent to it."""
        deadline = time.monotonic() + 30
        with self.host.plugin_input.open("rb") as kept:
            while time.monotonic() < deadline:
                kept.seek(max(0, kept.seek(0, os.SEEK_END) - 1000))
                if text.encode() in kept.read():
                    return
                time.sleep(0.001)
        raise TimeoutError(f"the plugin never got {text!r}")

    def replies_in_the_plugin(self) -> list[Any]:
        """What has come to the plugin in answer to its last reverse invocation: replies, or the text of an error."""
        with self.host.plugin_input.open("rb") as kept:
            kept.seek(self._seen)
            lines = [json.loads(line) for line in kept if b"backwards_response" in line]
        events = [line["data"] for line in lines if line["event"] == "backwards_response"]
        last = [each for each in events if each["backwards_request_id"] == events[-1]["backwards_request_id"]]
        return [
            each["message"] if each["event"] == "error" else each["data"] for each in last if each["event"] != "end"
        ]
