"""Where the endpoints' tests run on the real plugin daemon: a `Host` as in `tests.endpoints.api`."""

from contextlib import AbstractContextManager, ExitStack, closing

import pytest

from tests.daemon.plugin_daemon import PluginDaemon
from tests.daemon.prerequisites import ROOT, Missing, find_programs
from tests.daemon.processes import Processes
from tests.daemon.scripted import as_dify_answers
from tests.endpoints.api import SETTINGS, Settings
from workspace.serve.http_server import HttpServer
from workspace.serve.inner_api import InnerApi
from workspace.wire import Handler

INNER_API_KEY = "test-key"


class RealDaemon(AbstractContextManager[str]):
    """The plugin, packaged and installed in the daemon, to which this process is Dify."""

    def __init__(self, handler: Handler, settings: Settings) -> None:
        try:
            programs = find_programs()
        except Missing as missing:
            pytest.skip(f"the real plugin daemon cannot run here: {missing}")
        with ExitStack() as opening:
            api = InnerApi(as_dify_answers(handler, settings), key=INNER_API_KEY)
            server = opening.enter_context(HttpServer(api))
            processes = opening.enter_context(Processes())
            daemon = opening.enter_context(
                closing(PluginDaemon(programs, processes, inner_api_url=server.url, inner_api_key=INNER_API_KEY))
            )
            self._url = daemon.set_up_endpoints(daemon.install(ROOT), SETTINGS)
            self._open = opening.pop_all()

    def __enter__(self) -> str:
        return self._url

    def __exit__(self, *_: object) -> None:
        self._open.close()
