"""`python -m workspace serve`, as a process of its own."""

import contextlib
import shlex
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.served import Served, serving
from tests.workspace.cli.calling import GREETER
from tests.workspace.plugin.plugins.bare import PROVIDER, TOOL
from tests.workspace.serve.scripted import MANIFEST, write_scripted
from tests.workspace.workflows import dsl_files
from workspace.cli import serve

pytestmark = pytest.mark.usefixtures("child_process")

FILE = """\
settings: {key: test-key}
headers: {Authorization: Bearer test-key}
requests:
  POST /script/<name>:
    path: /script/x
    json: [{status: 200, headers: {}, result: 6f6b}]
"""

ASKING = """
def request(session, data):
    asked = {"app_id": "completion", "inputs": {"query": "Good"}, "query": "", "conversation_id": "", "user": ""}
    invoke(session, "app", {**asked, "response_mode": "blocking"})

def response(session, data):
    if data["event"] == "end":
        end(session)
    else:
        told = (data["message"] if data["event"] == "error" else "answered").encode().hex()
        answer(session, "stream", {"status": 200, "headers": {}, "result": told})
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "serve.yaml").write_text(FILE)
    return write_scripted(tmp_path / "scripted")


@pytest.fixture
def start(folder: Path, tmp_path: Path) -> Iterator[Callable[..., Served]]:
    with contextlib.ExitStack() as running:

        def start(*options: str) -> Served:
            options = ("--settings", str(tmp_path / "serve.yaml"), *options)
            return running.enter_context(serving(folder, *options, cwd=tmp_path, stderr=subprocess.PIPE))

        yield start


def test_it_prints_where_it_is_what_opens_it_and_a_command_for_each_route(start: Callable[..., Served]) -> None:
    served = start("--hook", "abc")

    console, endpoints, key = served.head
    assert console.startswith("Console:   http://127.0.0.1:")
    assert endpoints == f"Endpoints: {console.split()[1]}e/abc"
    assert key == "key: test-key"
    assert [shlex.split(line)[2] for line in served.commands] == [
        f"{served.endpoints}/raw",
        f"{served.endpoints}/script/x",
    ]


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not there")
def test_a_printed_command_can_be_pasted(start: Callable[..., Served]) -> None:
    served = start()
    answers = [
        subprocess.run(["sh", "-c", f"{line} -s"], capture_output=True, text=True, check=True).stdout
        for line in served.commands
    ]

    assert "Authorization: Bearer test-key\n" in answers[0]
    assert answers[1] == "ok"


def test_each_request_is_a_line_with_what_was_lost(start: Callable[..., Served]) -> None:
    served = start()
    httpx.get(f"{served.endpoints}/raw?secret=1")
    assert served.line().startswith("GET /e/hook/raw 200 0.")

    steps = [{"status": 200, "headers": {}}, {"result": "61"}, {"result": "62"}]
    httpx.post(f"{served.endpoints}/script/x", json=steps)
    assert served.line().endswith(" s; 1 message lost: the reply ended right after its first chunk")


def test_what_a_caller_sends_does_not_reach_the_terminal_raw(start: Callable[..., Served]) -> None:
    served = start()
    address = httpx.URL(served.endpoints)
    with socket.create_connection((address.host, address.port or 0)) as caller:
        caller.sendall(b"GET /e/hook/raw\x1b[2J HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        assert served.line().startswith("GET /e/hook/raw?[2J 200 ")


def test_a_plugin_that_ends_does_not_end_it(start: Callable[..., Served]) -> None:
    served = start()
    assert httpx.post(f"{served.endpoints}/script/x", json=["die"]).status_code == 502
    assert served.line().endswith("; The plugin ended with exit code 3.")
    assert httpx.get(f"{served.endpoints}/raw").status_code == 200


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_stopping_it_ends_all_it_has_started(start: Callable[..., Served], number: int, code: int) -> None:
    served = start()
    children = psutil.Process(served.process.pid).children(recursive=True)
    with httpx.Client() as client:
        client.get(f"{served.endpoints}/raw")  # keeps its connection
        done, errors = served.end(number)

    assert done == code
    assert "Traceback" not in errors
    assert children
    assert not any(child.is_running() for child in children)
    with pytest.raises(httpx.ConnectError):
        httpx.get(served.endpoints)


def test_the_local_workspace_answers_what_the_plugin_asks_as_dify_only_if_asked_to(
    start: Callable[..., Served], folder: Path
) -> None:
    write_scripted(folder, ASKING)
    (folder / "manifest.yaml").write_text(MANIFEST.replace("permission:\n", "permission:\n    app: {enabled: true}\n"))

    assert httpx.get(f"{start().endpoints}/raw").text == "answered"
    assert '"Internal Server Error"' in httpx.get(f"{start('--as-dify').endpoints}/raw").text


TOOL_AND_ENDPOINT = """
def request(session, data):
    if "tool" in data:
        text(session, "Hello!")
        end(session)
    else:
        asked = {"app_id": "hello", "inputs": {}, "query": "", "conversation_id": "", "user": ""}
        invoke(session, "app", {**asked, "response_mode": "blocking"})

def response(session, data):
    if data["event"] == "end":
        end(session)
    else:
        told = json.dumps(data["data"]["data"]["outputs"] if data["data"] else data["message"]).encode().hex()
        answer(session, "stream", {"status": 200, "headers": {}, "result": told})
"""


def test_an_endpoint_calls_an_app_of_a_folder_which_calls_a_tool_of_the_plugin(
    start: Callable[..., Served], folder: Path, tmp_path: Path
) -> None:
    write_scripted(folder, TOOL_AND_ENDPOINT)
    manifest = MANIFEST.replace("permission:\n", "permission:\n    app: {enabled: true}\n")
    (folder / "manifest.yaml").write_text(f"{manifest}  tools: [provider.yaml]\n")
    (folder / "provider.yaml").write_text(PROVIDER)
    (folder / "tool.yaml").write_text(TOOL)
    (tmp_path / "apps").mkdir()
    hello = [
        dsl_files.start(),
        dsl_files.tool("do", provider="tests/scripted/bare"),
        dsl_files.end(said=["do", "text"]),
    ]
    dsl_files.write(tmp_path / "apps", dsl_files.app(hello), "hello.yml")

    assert httpx.get(f"{start('--apps', 'apps').endpoints}/raw").json() == {"said": "Hello!"}


def test_a_real_plugin_daemon_may_ask_the_same_workspace(start: Callable[..., Served]) -> None:
    served = start("--inner-api-key", "inner-key")
    fetch = httpx.URL(served.endpoints).copy_with(path="/inner/api/fetch/app/info")

    asked = {"tenant_id": "t", "user_id": "u", "type": "fetch_app", "app_id": "chatbot"}
    answer = httpx.post(fetch, json=asked, headers={"X-Inner-Api-Key": "inner-key"})
    assert answer.json()["data"]["data"]["user_input_form"]
    assert httpx.post(fetch, json=asked).status_code == 404


def test_without_a_key_there_is_no_inner_api(start: Callable[..., Served]) -> None:
    fetch = httpx.URL(start().endpoints).copy_with(path="/inner/api/fetch/app/info")

    assert httpx.post(fetch, json={"app_id": "chatbot"}, headers={"X-Inner-Api-Key": ""}).status_code == 404


# -- refusals


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    monkeypatch.chdir(tmp_path)

    def run(*argv: str, code: int) -> list[str]:
        """What a command that fails with this code says."""
        assert serve.main(list(argv)) == code
        out, err = capfd.readouterr()
        assert out == ""
        return err.splitlines()

    return run


def test_a_setting_that_dify_refuses_is_refused_before_anything_starts(
    run: Callable[..., list[str]], folder: Path
) -> None:
    refusal = (
        "workspace serve: the setting key is required: give it in the file of --settings, as in `settings: {key: ...}`."
    )
    assert run(str(folder), code=2) == [refusal]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--settings", "none.yaml"], "none.yaml cannot be read in .: No such file or directory."),
        (["--port", "http"], "argument --port: it takes a number up to 65535, not 'http'."),
        (["--port", "65536"], "argument --port: it takes a number up to 65535, not '65536'."),
        (["--hook", "a/b"], "argument --hook: it takes letters, digits, - and _, not 'a/b'."),
        (["--fail-like-dify"], "unrecognized arguments: --fail-like-dify."),
    ],
)
def test_a_wrong_option_is_one_sentence(
    run: Callable[..., list[str]], folder: Path, options: list[str], problem: str
) -> None:
    assert run(str(folder), *options, code=2) == [f"workspace serve: {problem}"]


def test_requests_for_no_route_are_refused(run: Callable[..., list[str]], folder: Path, tmp_path: Path) -> None:
    (tmp_path / "serve.yaml").write_text("settings: {key: test-key}\nrequests: {GET /rwa: {}}")

    refusal = "workspace serve: requests: there is no route 'GET /rwa': did you mean GET /raw?"
    assert run(str(folder), "--settings", "serve.yaml", code=2) == [refusal]


def test_settings_for_a_plugin_without_endpoints_are_refused(run: Callable[..., list[str]], folder: Path) -> None:
    refusal = "greeter has no endpoints: its manifest.yaml names no group under plugins.endpoints."
    settings = str(folder.parent / "serve.yaml")
    assert run(str(GREETER), "--settings", settings, code=2) == [f"workspace serve: {refusal}"]


def test_a_folder_that_is_no_plugin_is_refused(run: Callable[..., list[str]], tmp_path: Path) -> None:
    assert run("nowhere", code=1) == [f"workspace serve: {tmp_path / 'nowhere'} is no folder."]


def test_a_plugin_that_does_not_start_is_told(run: Callable[..., list[str]], folder: Path) -> None:
    write_scripted(folder, "raise SystemExit('not today')")

    lines = run(str(folder), "--settings", "serve.yaml", code=1)
    assert lines[1:] == ["workspace serve: The plugin ended with exit code 1.", "    not today"]


def test_a_port_that_is_taken_is_one_sentence(run: Callable[..., list[str]], folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        lines = run(str(folder), "--settings", "serve.yaml", "--port", str(port), code=2)

    refusal = f"port {port} cannot be had (Address already in use): choose one with --port."
    assert lines[-1] == f"workspace serve: {refusal}"


def test_the_notes_on_models_and_apps_are_those_of_call(
    start: Callable[..., Served], folder: Path, tmp_path: Path
) -> None:
    (folder / "group.yaml").write_text("settings: [{name: app, type: app-selector}]\nendpoints: [raw.yaml]")
    (tmp_path / "serve.yaml").write_text("settings: {app: {app_id: nope}}")

    _, errors = start().end(signal.SIGTERM)
    assert "note: app: there is no app 'nope'; apps here: chatbot, agent, " in errors
