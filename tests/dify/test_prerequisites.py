"""What is said of a Dify that cannot be asked, where a small server on loopback stands for its console API."""

import json
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import pytest

from tests.dify import apps, made, prerequisites
from tests.dify.console import Console
from tests.dify.forwarding import forwarding
from tests.dify.prerequisites import NotReady

pytestmark = pytest.mark.usefixtures("child_process")  # what httpx imports with its first client starts one
PLUGIN = {"plugin_id": apps.PROVIDER_PLUGIN, "plugin_unique_identifier": "p", "installation_id": "1"}
ADMIN: dict[str, Any] = {
    "GET /version": (200, {"version": "1.16.0"}),
    "POST /login": (200, {"result": "success"}),
    "POST /workspaces/current": (200, {"role": "admin"}),
    "GET /workspaces/current/plugin/list": (200, {"plugins": [PLUGIN]}),
    "POST /apps/imports": (200, {"status": "completed", "app_id": "an-app"}),
    "POST /apps/an-app/workflows/publish": (200, {}),
    "GET /apps/an-app/api-keys": (200, {"data": [{"token": "test-key"}]}),
    "DELETE /apps/an-app": (204, None),
}


class StandIn(ThreadingHTTPServer):
    """`answers` by method and path, `None` for a run that nobody takes up; `asked` is what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Any] = dict(ADMIN)
        self.asked: list[str] = []
        self.over = Event()
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: StandIn

    def log_message(self, *_: object) -> None:
        pass

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if self.raw_requestline and self.parse_request():
            self._answer()

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0].removeprefix("/console/api")
        self.server.asked.append(f"{self.command} {path}")
        answer = self.server.answers.get(f"{self.command} {path}", (404, {"message": "not here"}))
        if answer is None:
            self.server.over.wait()
            return
        status, body = answer
        content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def dify() -> Iterator[StandIn]:
    with StandIn() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()


def log_in(dify: StandIn) -> Console:
    return prerequisites.logged_in(dify.url, "ada@example.com", "test-password")


def test_an_admin_of_a_dify_that_has_what_is_needed_is_logged_in(dify: StandIn) -> None:
    with log_in(dify) as console:
        assert console.version == "1.16.0"


@pytest.mark.parametrize(
    ("asked", "answer", "said"),
    [
        (
            "GET /version",
            (404, {"error": "no such path"}),
            "no Dify answers: DIFY_API has to be the address of its API",
        ),
        ("GET /version", (200, "<html>A shop</html>"), "no Dify answers: DIFY_API has to be the address of its API"),
        ("GET /version", (200, ["version"]), "no Dify answers: DIFY_API has to be the address of its API"),
        (
            "POST /login",
            (401, {"code": "authentication_failed", "message": "Invalid email or password."}),
            "Dify did not log ada@example.com in; set DIFY_EMAIL and DIFY_PASSWORD anew: Invalid email or password.",
        ),
        (
            "POST /workspaces/current",
            (200, {"role": "normal"}),
            "ada@example.com is normal of that workspace: DIFY_EMAIL has to be that of an owner or admin.",
        ),
        (
            "GET /workspaces/current/plugin/list",
            (200, {"plugins": []}),
            "Install the provider plugin langgenius/openai_api_compatible in that Dify first.",
        ),
    ],
)
def test_each_thing_that_is_missing_is_one_sentence_before_anything_is_made(
    dify: StandIn, asked: str, answer: Any, said: str
) -> None:
    dify.answers[asked] = answer

    with pytest.raises(NotReady) as told:
        log_in(dify)

    assert said in str(told.value)
    assert "test-password" not in str(told.value)
    assert set(dify.asked) <= {*list(ADMIN)[:4]}


def test_where_nothing_listens_there_is_no_dify() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(NotReady, match=rf"At http://127.0.0.1:{port} no Dify answers: DIFY_API has to be"):
        prerequisites.logged_in(f"http://127.0.0.1:{port}", "ada@example.com", "test-password")


def test_a_worker_that_finishes_a_run_is_there_and_the_app_of_that_run_is_gone(dify: StandIn) -> None:
    dify.answers["POST /v1/workflows/run"] = (200, 'event: ping\n\ndata: {"event": "workflow_finished"}\n\n')

    with log_in(dify) as console:
        prerequisites.check_worker(console)

    assert dify.asked[-1] == "DELETE /apps/an-app"


@pytest.mark.parametrize(
    ("answer", "said"),
    [(None, r"Dify's worker takes up no run: start it"), ((200, ""), r"Dify does not run a workflow to its end")],
)
def test_a_run_that_does_not_go_on_is_laid_to_the_worker(dify: StandIn, answer: Any, said: str) -> None:
    dify.answers["POST /v1/workflows/run"] = answer

    with log_in(dify) as console, pytest.raises(NotReady, match=said):
        prerequisites.check_worker(console, seconds=0.05)

    assert dify.asked[-1] == "DELETE /apps/an-app"


@pytest.mark.parametrize(
    ("refusal", "todo"),
    [
        (
            "plugin verification has been enabled, and the plugin you want to install has a bad signature",
            "set FORCE_VERIFYING_SIGNATURE=false for the plugin daemon, or sign the package and name the key in "
            "THIRD_PARTY_SIGNATURE_VERIFICATION_PUBLIC_KEYS.",
        ),
        ("plugin package size is too large", "see the plugin daemon's log."),
    ],
)
def test_a_package_that_dify_refuses_is_told_in_its_words_and_what_to_do(
    dify: StandIn, tmp_path: Path, refusal: str, todo: str
) -> None:
    dify.answers["POST /workspaces/current/plugin/upload/pkg"] = (400, {"code": "x", "message": refusal})
    package = tmp_path / "some.difypkg"
    package.write_bytes(b"PK")

    with log_in(dify) as console, pytest.raises(NotReady) as told:
        prerequisites.upload(console, package)

    assert str(told.value) == f"Dify refuses the package: {refusal}; {todo}"


def test_an_address_that_dify_does_not_reach_is_named(dify: StandIn) -> None:
    path = f"POST /workspaces/current/model-providers/{apps.PROVIDER}/models/credentials"
    dify.answers[path] = (400, {"code": "invalid_param", "message": "Connection refused"})

    with log_in(dify) as console, pytest.raises(NotReady) as told:
        prerequisites.add_models(console, "http://127.0.0.1:9/v1", made.wanted_models())

    assert "does not reach this machine at http://127.0.0.1:9/v1: name in DIFY_REACHES_ME the address" in str(
        told.value
    )
    assert "Dify says: Connection refused" in str(told.value)


def test_a_dify_on_another_machine_reaches_what_listens_on_loopback(dify: StandIn) -> None:
    with forwarding(dify.server_port, interface="127.0.0.1") as port:
        assert httpx.get(f"http://127.0.0.1:{port}/console/api/version").json() == {"version": "1.16.0"}


def test_without_an_address_and_an_admin_no_dify_is_asked() -> None:
    named = dict.fromkeys(prerequisites.NAMED_BY, "x")

    assert prerequisites.is_named(named)
    assert not any(prerequisites.is_named({**named, name: ""}) for name in named)
    assert all(name in prerequisites.UNNAMED for name in named)


def test_what_is_left_of_the_tests_is_a_failure_and_what_others_did_meanwhile_is_told(
    monkeypatch: pytest.MonkeyPatch, dify: StandIn
) -> None:
    before = {"plugins": {"a/theirs"}, "apps": {"Their app 1"}}
    left = {"plugins": {"switchboard/switchboard"}, "apps": {"Their app 1", f"{apps.PREFIX} chatbot 2"}}
    lines: list[str] = []

    with log_in(dify) as console:
        monkeypatch.setattr(made, "listed", lambda _: left)
        with pytest.raises(RuntimeError) as told:
            made.check_left_as_it_was(console, before, lines.append, "switchboard/switchboard")
        monkeypatch.setattr(made, "listed", lambda _: before)
        made.check_left_as_it_was(console, before, lines.append)

    assert "apps: Switchboard check chatbot 2; plugins: switchboard/switchboard" in str(told.value)
    assert lines == ["changed meanwhile, by others: plugins: a/theirs"]
