"""The plugin as a child process behind HTTP, with the real clients in front and scripted replies behind."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from workspace.plugin.folder import read_plugin_folder
from workspace.plugin.process import PluginProcess
from workspace.serve.endpoint_host import EndpointHost
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


class Api:
    """The endpoints of the plugin. `settings` and what answers in Dify's place can change from test to test."""

    def __init__(self) -> None:
        self.reset()
        self.process = PluginProcess(read_plugin_folder(ROOT), self._handle)
        self.host = EndpointHost(self.process, lambda: self.settings)
        self.url = self.host.url
        self.http = httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {KEY}"}, timeout=30)

    def reset(self) -> None:
        self.settings: dict[str, Any] = dict(SETTINGS)
        self.handler: Handler = replies()
        self.asked: list[tuple[str, Payload]] = []
        """The type and payload of each reverse invocation of this test."""

    def answer(self, *events: Any) -> None:
        """What Dify answers from now on; see `workspace.stub.replies`."""
        self.handler = replies(*events)

    def openai(self, **options: Any) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{self.url}/v1", api_key=KEY, max_retries=0, timeout=30, **options)

    def close(self) -> None:
        self.http.close()
        self.host.close()
        self.process.close()

    def _handle(self, invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
        self.asked.append((invoke_type, payload))
        return self.handler(invoke_type, payload)


@pytest.fixture(scope="session")
def running_api() -> Iterator[Api]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    api = Api()
    yield api
    api.close()


@pytest.fixture
def api(running_api: Api) -> Api:
    running_api.reset()
    return running_api
