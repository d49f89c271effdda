"""The plugin's endpoints behind real HTTP, with scripted replies where Dify would be."""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import anthropic
import httpx
import openai

from workspace.dify import permissions
from workspace.dify.fields import decode
from workspace.plugin.folder import read_plugin_folder
from workspace.plugin.process import PluginProcess
from workspace.serve.endpoint_host import EndpointHost
from workspace.serve.reply_queue import NO_LOSSES
from workspace.stub import replies
from workspace.wire import Handler, Payload

ROOT = Path(__file__).parent.parent.parent
KEY = "test-key"
MODEL = {"provider": "langgenius/test/test", "model": "test-model"}
SETTINGS = {
    "api_key": KEY,
    "chat_model": {**MODEL, "model_type": "llm", "mode": "chat", "completion_params": {}},
    "embedding_model": {**MODEL, "model_type": "text-embedding"},
    "speech_model": {**MODEL, "model_type": "tts", "language": "en-US", "voice": "alloy"},
    "transcription_model": {**MODEL, "model_type": "speech2text"},
    "moderation_model": {**MODEL, "model_type": "moderation"},
    "rerank_model": "langgenius/test/test/test-model",
    "chat_app": {"app_id": "chat-app", "inputs": {}, "files": []},
    "workflow_app": {"app_id": "workflow-app", "inputs": {}, "files": []},
    "completion_app": {"app_id": "completion-app", "inputs": {}, "files": []},
}

type Settings = Callable[[], dict[str, Any]]
type Host = Callable[[Handler, Settings], AbstractContextManager[str]]
"""Runs the plugin and serves its endpoints, at the address it gives. Payloads are as Dify's API gets them."""


class Api:
    """The endpoints of the plugin. `settings` and what answers in Dify's place can change from test to test."""

    def __init__(self, host: Host) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._clients = ExitStack()
        Api.reset(self)  # not a subclass's, which may need the host
        self.host = host(self._handle, lambda: self.settings)
        self._open = ExitStack()
        self.url = self._open.enter_context(self.host)
        headers = {"Authorization": f"Bearer {KEY}"}
        self.http = self._open.enter_context(httpx.Client(base_url=self.url, headers=headers, timeout=30))

    def reset(self) -> None:
        self._clients.close()
        self.settings: dict[str, Any] = dict(SETTINGS)
        self.handler: Handler = replies()
        self.asked: list[tuple[str, Payload]] = []
        """The type and payload of each reverse invocation of this test, the payload as Dify's API gets it."""

    def answer(self, *events: Any) -> None:
        """What Dify answers from now on; see `workspace.stub.replies`."""
        self.handler = replies(*events)

    def openai(self, **options: Any) -> openai.OpenAI:
        client = openai.OpenAI(base_url=f"{self.url}/v1", api_key=KEY, max_retries=0, timeout=30, **options)
        return self._clients.enter_context(client)

    def anthropic(self, **options: Any) -> anthropic.Anthropic:
        options = {"api_key": KEY, "max_retries": 0, **options}
        return self._clients.enter_context(anthropic.Anthropic(base_url=self.url, timeout=30, **options))

    def close(self) -> None:
        self._clients.close()
        self._open.close()

    def _handle(self, invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
        self.asked.append((invoke_type, payload))
        return self.handler(invoke_type, payload)


class ChildProcess(AbstractContextManager[str]):
    """A `Host`: the plugin as a child process, and the daemon's checks of what it asks."""

    def __init__(self, handler: Handler, settings: Settings) -> None:
        folder = read_plugin_folder(ROOT)

        def checked(invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
            permissions.check(folder.manifest, invoke_type)
            return handler(invoke_type, decode(invoke_type, payload))

        self._process = PluginProcess(folder, checked)
        # what the daemon loses is a matter of time, and this process has to share its time with the tests
        self._server = EndpointHost(self._process, settings, losses=NO_LOSSES)

    def __enter__(self) -> str:
        return self._server.url

    def __exit__(self, *_: object) -> None:
        self._server.close()
        self._process.close()
