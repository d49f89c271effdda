"""A plugin's chat over HTTP, in the form of one API, with a model behind it that answers at once."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import psutil

from workspace.plugin.folder import read_plugin_folder
from workspace.plugin.process import PluginProcess
from workspace.serve.endpoint_host import EndpointHost
from workspace.serve.reply_queue import NO_LOSSES
from workspace.wire import Payload

CHAT, RESPONSES, MESSAGES = "/v1/chat/completions", "/v1/responses", "/v1/messages"
KEY = "test-key"
MODEL = {"provider": "local", "model": "bench", "model_type": "llm", "mode": "chat", "completion_params": {}}
COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
"""The plugin's environment: with compiled Python, as the plugin daemon leaves an installed plugin."""
PATIENCE = 60.0
"""Seconds until a reply is given up."""


class ServedChat:
    """Close it. The prompt is the number of chunks to answer in."""

    def __init__(self, plugin: Path, api: str = CHAT) -> None:
        self._api = api
        self._open = ExitStack()
        self._goes_on = threading.Event()
        others = {child.pid for child in psutil.Process().children()}
        process = self._open.enter_context(
            PluginProcess(read_plugin_folder(plugin), self._answer, environment=COMPILED)
        )
        [self._child] = (child for child in psutil.Process().children() if child.pid not in others)
        settings = {"api_key": KEY, "chat_model": MODEL}
        # one that loses nothing: beside a real daemon's losses there would be nothing to compare
        host = self._open.enter_context(EndpointHost(process, lambda: settings, losses=NO_LOSSES))
        self._url = f"{host.url}{api}"
        self._client = self._open.enter_context(_client(httpx.Limits()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def seconds_per_completion(self, count: int) -> float:
        """Of plain completions in 10 chunks, one after the other."""
        self._goes_on.set()
        started = time.perf_counter()
        for _ in range(count):
            response = self._client.post(self._url, json=self._request(10))
            if "word9" not in response.text:
                raise RuntimeError(f"no answer: {response.text[:200]}")
        return (time.perf_counter() - started) / count

    def stream(self, chunks: int) -> tuple[float, float]:
        """Seconds, and CPU seconds of the plugin, for each chunk of a streamed completion."""
        self._goes_on.set()
        started, before = time.perf_counter(), self._cpu()
        if not self._streams_whole(chunks, self._client):
            raise RuntimeError("a stream lost its end")
        return (time.perf_counter() - started) / chunks, (self._cpu() - before) / chunks

    def seconds_to_first_byte(self) -> float:
        """Of a model that stops after its first chunk until that has arrived."""
        self._goes_on.clear()
        started = time.perf_counter()
        with self._client.stream("POST", self._url, json=self._request(2, stream=True)) as response:
            body = response.iter_raw()
            next(body)
            seconds = time.perf_counter() - started
            self._goes_on.set()
            for _ in body:
                pass
        return seconds

    def whole_streams(self, count: int) -> int:
        """How many of so many streams at once arrive whole."""
        self._goes_on.set()
        # threads that share connections may close one another's
        with _client(httpx.Limits(max_keepalive_connections=0)) as client, ThreadPoolExecutor(count) as pool:
            return sum(pool.map(lambda chunks: self._streams_whole(chunks, client), [20] * count))

    @property
    def memory(self) -> int:
        """Bytes resident."""
        return int(self._child.memory_info().rss)

    def _streams_whole(self, chunks: int, client: httpx.Client) -> bool:
        response = client.post(self._url, json=self._request(chunks, stream=True))
        return f"word{chunks - 1} " in response.text

    def _request(self, chunks: int, *, stream: bool = False) -> dict[str, Any]:
        if self._api == RESPONSES:
            return {"input": str(chunks), "stream": stream}
        return {"messages": [{"role": "user", "content": str(chunks)}], "stream": stream}

    def _cpu(self) -> float:
        return sum(self._child.cpu_times()[:2])

    def _answer(self, _invoke_type: str, payload: Payload) -> Iterator[Payload]:
        for chunk in model_chunks(int(payload["prompt_messages"][-1]["content"])):
            yield chunk
            self._goes_on.wait(PATIENCE)


def _client(limits: httpx.Limits) -> httpx.Client:
    return httpx.Client(headers={"Authorization": f"Bearer {KEY}"}, timeout=PATIENCE, limits=limits)


def model_chunks(count: int) -> Iterator[Payload]:
    """What Dify sends of an answer in so many chunks: word0, word1, ..."""
    for number in range(count):
        message = {"role": "assistant", "content": f"word{number} ", "tool_calls": []}
        delta = {"index": number, "message": message, "usage": None, "finish_reason": None}
        yield {"model": "bench", "system_fingerprint": None, "prompt_messages": [], "delta": delta}
