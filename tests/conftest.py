"""`dify_plugin` patches the standard library for gevent on import, so it goes before anything that imports `ssl`."""

import signal
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from dify_plugin import DifyPluginEnv
from dify_plugin.core.plugin_registration import PluginRegistration

from tests.endpoints.api import Api, ChildProcess
from tests.openai_stand_in import Server, serving

ON_THE_DAEMON = "run the endpoints' tests on the real plugin daemon, and tests/daemon with them"


def pytest_configure() -> None:
    """What a shell runs in the background does not hear Ctrl-C, nor what that starts, which some tests interrupt."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--daemon", action="store_true", help=ON_THE_DAEMON)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    only_there = collection_path == Path(__file__).with_name("daemon")
    return True if only_there and not config.getoption("--daemon") else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--daemon"):
        return
    from tests.daemon.prerequisites import missing

    on_the_daemon = [item for item in items if "running_api" in getattr(item, "fixturenames", ())]
    about_it = [item for item in items if item.path.parent.name == "daemon" and item not in on_the_daemon]
    stay = about_it if missing() else about_it + on_the_daemon
    config.hook.pytest_deselected(items=[item for item in items if item not in stay])
    items[:] = stay


@pytest.fixture(scope="session")
def registration() -> PluginRegistration:
    """The plugin as the SDK loads it: every YAML through the SDK's own models, every class from its file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(Path(__file__).parent.parent)
        return PluginRegistration(DifyPluginEnv())


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Serves bytes on loopback: `serve(content, at="", status=200, headers={})` returns their URL."""
    pages: dict[str, tuple[int, bytes, dict[str, str]]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, content, headers = pages[self.path.partition("?")[0]]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()

    def add(content: bytes, *, at: str = "", status: int = 200, headers: dict[str, str] | None = None) -> str:
        path = at or f"/{len(pages)}"
        pages[path] = (status, content, headers or {})
        return f"http://127.0.0.1:{server.server_port}{path}"

    yield add
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def listening() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def server(listening: Server) -> Server:
    listening.asked.clear()
    listening.replies.clear()
    return listening


@pytest.fixture(scope="session")
def running_api(request: pytest.FixtureRequest) -> Iterator[Api]:
    if request.config.getoption("--daemon"):
        from tests.daemon.host import DaemonApi

        api: Api = DaemonApi()
    else:
        api = Api(ChildProcess)
    yield api
    api.close()


@pytest.fixture
def api(running_api: Api) -> Api:
    """The plugin's endpoints; what the test before has changed is undone."""
    running_api.reset()
    return running_api
