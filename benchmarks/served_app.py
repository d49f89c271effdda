"""An app that answers at once, asked as a tool of `/mcp` and as itself over `/chat-messages`."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from benchmarks.served_chat import COMPILED, KEY, PATIENCE
from workspace.plugin.folder import read_plugin_folder
from workspace.plugin.process import PluginProcess
from workspace.serve.endpoint_host import EndpointHost
from workspace.serve.reply_queue import NO_LOSSES
from workspace.wire import Payload

SETTINGS = {"api_key": KEY, "chat_app": {"app_id": "bench", "inputs": {}, "files": []}}
CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "bench", "arguments": {"query": "Count."}},
}
ASK = {"query": "Count.", "inputs": {}, "user": "bench", "response_mode": "blocking"}


class ServedApp:
    """Close it."""

    def __init__(self, plugin: Path) -> None:
        self._open = ExitStack()
        process = self._open.enter_context(PluginProcess(read_plugin_folder(plugin), _answer, environment=COMPILED))
        host = self._open.enter_context(EndpointHost(process, lambda: SETTINGS, losses=NO_LOSSES))
        client = httpx.Client(base_url=host.url, headers={"Authorization": f"Bearer {KEY}"}, timeout=PATIENCE)
        self._client = self._open.enter_context(client)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def seconds_as_a_tool(self) -> float:
        return self._seconds("/mcp", CALL)

    def seconds_as_itself(self) -> float:
        return self._seconds("/chat-messages", ASK)

    def _seconds(self, path: str, body: dict[str, Any]) -> float:
        started = time.perf_counter()
        response = self._client.post(path, json=body)
        seconds = time.perf_counter() - started
        if "word9" not in response.text:
            raise RuntimeError(f"no answer: {response.text[:200]}")
        return seconds


def _answer(_invoke_type: str, _payload: Payload) -> Iterator[Payload]:
    ids = {"conversation_id": "c", "message_id": "m", "created_at": 1}
    for number in range(10):
        yield {"event": "message", "answer": f"word{number} ", **ids}
    yield {"event": "message_end", "metadata": {}, **ids}
