import queue
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from tests.workspace.serve.scripted import AnsweredQueue, Caller, no_dify, write_scripted
from workspace.plugin.folder import read_plugin_folder
from workspace.plugin.process import PluginProcess
from workspace.serve.endpoint_host import EndpointHost
from workspace.serve.kept_plugin import KeptPlugin
from workspace.serve.reply_queue import NO_LOSSES
from workspace.wire import Handler


@pytest.fixture
def answered() -> AnsweredQueue:
    """What the hosts of a test tell of the requests that are over."""
    return queue.Queue()


@pytest.fixture
def serve_scripted(
    child_process: None, tmp_path: Path, answered: AnsweredQueue
) -> Iterator[Callable[..., EndpointHost]]:
    """Serves the scripted plugin, without losses unless a test asks for them."""
    with ExitStack() as running:

        def serve(handler: Handler = no_dify, **options: Any) -> EndpointHost:
            folder = read_plugin_folder(write_scripted(tmp_path / "scripted"))
            plugin = running.enter_context(closing(KeptPlugin(lambda: PluginProcess(folder, handler))))
            options = {"losses": NO_LOSSES, "on_answer": answered.put, **options}
            return running.enter_context(EndpointHost(plugin, lambda: {"key": "test-key"}, **options))

        yield serve


@pytest.fixture
def call(serve_scripted: Callable[..., EndpointHost]) -> Iterator[Callable[..., Caller]]:
    """A connection to a host, by default to one of the test's own."""
    with ExitStack() as running:

        def call(host: EndpointHost | None = None) -> Caller:
            return running.enter_context(closing(Caller(host or serve_scripted())))

        yield call
