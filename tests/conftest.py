"""`dify_plugin` patches the standard library for gevent on import, so it goes before anything that imports `ssl`."""

import functools
import gc
import signal
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from dify_plugin import DifyPluginEnv
from dify_plugin.core.plugin_registration import PluginRegistration
from selenium.webdriver import Chrome

import workspace.engines.numeric  # noqa: F401 - before a test loads miniaudio, which loads numpy in its own way
from docs.pictures.browser import chromium
from tests.endpoints.api import Api, ChildProcess
from tests.lent_plugin import LentPlugin
from tests.openai_stand_in import Server, serving

ON_THE_DAEMON = "run the endpoints' tests on the real plugin daemon, and tests/daemon with them"
IN_DIFY = "run tests/dify/real in the Dify that DIFY_API, DIFY_EMAIL and DIFY_PASSWORD name"

# Each client of httpx reads the authorities that it would trust, which takes longer than a call on loopback.
ssl.create_default_context = functools.cache(ssl.create_default_context)

STARTING = {"os.fork", "os.posix_spawn", "subprocess.Popen"}
"""The audit events of a process that is started."""
started: list[str] = []
"""Those of this test."""


def pytest_configure(config: pytest.Config) -> None:
    """What a shell runs in the background does not hear Ctrl-C, nor what that starts, which some tests interrupt."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.disable()  # until all tests are collected: nothing of that is garbage
    config.addinivalue_line("markers", "child_process: set on what asks for the fixture of this name")
    sys.addaudithook(lambda event, _arguments: started.append(event) if event in STARTING else None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--daemon", action="store_true", help=ON_THE_DAEMON)
    parser.addoption("--dify", action="store_true", help=IN_DIFY)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    here = Path(__file__).parent
    options = {here / "daemon": "--daemon", here / "dify/real": "--dify"}
    option = options.get(collection_path)
    return True if option and not config.getoption(option) else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "child_process" in getattr(item, "fixturenames", ()):
            item.add_marker("child_process")
    gc.freeze()  # else what has been imported and collected is looked through again and again
    gc.set_threshold(20_000, 50, 50)
    gc.enable()
    if not config.getoption("--daemon"):
        return
    from tests.daemon.prerequisites import missing

    on_the_daemon = [item for item in items if "running_api" in getattr(item, "fixturenames", ())]
    about_it = [item for item in items if item.path.parent.name == "daemon" and item not in on_the_daemon]
    stay = about_it if missing() else about_it + on_the_daemon
    config.hook.pytest_deselected(items=[item for item in items if item not in stay])
    items[:] = stay


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Iterator[None]:
    started.clear()
    yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    yield
    if started and not item.get_closest_marker("child_process"):
        pytest.fail("It starts a process: let it, or its fixture that does, ask for the fixture child_process.")


@pytest.fixture(scope="session")
def child_process() -> None:
    """Asked for by all that starts a process, so that `make test-fast` can leave it out."""


@pytest.fixture(scope="session")
def registration() -> PluginRegistration:
    """The plugin as the SDK loads it: every YAML through the SDK's own models, every class from its file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(Path(__file__).parent.parent)
        return PluginRegistration(DifyPluginEnv())


@pytest.fixture(scope="session")
def lent_plugin(child_process: None) -> Iterator[LentPlugin]:
    with LentPlugin() as plugin:
        yield plugin


@pytest.fixture
def started_before(lent_plugin: LentPlugin, monkeypatch: pytest.MonkeyPatch) -> None:
    """`workspace call` and `workspace run` take the running plugin instead of starting it once more."""
    monkeypatch.setattr("workspace.cli.call.PluginProcess", lent_plugin.lend)
    monkeypatch.setattr("workspace.cli.run.PluginProcess", lent_plugin.lend)


type Pages = dict[str, tuple[int, bytes, dict[str, str]]]


@pytest.fixture(scope="session")
def page_server() -> Iterator[tuple[str, Pages]]:
    """The address of a server on loopback, and what it serves."""
    pages: Pages = {}

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
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", pages
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def serve(page_server: tuple[str, Pages]) -> Callable[..., str]:
    """Serves bytes on loopback: `serve(content, at="", status=200, headers={})` returns their URL."""
    url, pages = page_server
    pages.clear()

    def serve(content: bytes, *, at: str = "", status: int = 200, headers: dict[str, str] | None = None) -> str:
        path = at or f"/{len(pages)}"
        pages[path] = (status, content, headers or {})
        return url + path

    return serve


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
def browser(child_process: None) -> Iterator[Chrome]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def running_api(child_process: None, request: pytest.FixtureRequest) -> Iterator[Api]:
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
