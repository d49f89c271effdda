"""Pages from elsewhere do not reach the console, nor does anything leave it that could harm."""

import socket
from typing import Any

import httpx
import pytest
from werkzeug import Request
from werkzeug.exceptions import Forbidden
from werkzeug.test import create_environ

from tests.workspace.console.api.serving import SENT, Console
from workspace.console.guard import refuse_strangers

ASKED = ["/", "/console/main.js", "/console/icon", "/console/api/plugin", "/console/api/invocations"]
CALL = "/console/api/tools/steps/walk"


@pytest.mark.parametrize("path", [*ASKED, "/console/files/x/y"])
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.:{port}"]
)
def test_a_name_that_leads_here_from_elsewhere_is_refused(stepper: Console, path: str, host: str) -> None:
    port = httpx.URL(stepper.url).port
    answer = stepper.client.get(path, headers={"Host": host.format(port=port)})

    assert answer.status_code == 403
    assert "answers to http://127.0.0.1" in answer.json()["message"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_the_names_of_this_machine_are_taken(stepper: Console, host: str) -> None:
    own = f"{host}:{httpx.URL(stepper.url).port}"
    answer = stepper.client.get("/console/api/plugin", headers={"Host": own, "Origin": f"http://{own}"})

    assert answer.status_code == 200


def test_on_the_port_of_http_a_host_has_none() -> None:
    def asked(host: str) -> Request:
        return Request({**create_environ(base_url="http://127.0.0.1:80"), "HTTP_HOST": host})

    refuse_strangers(asked("localhost"))
    refuse_strangers(asked("localhost:80"))
    with pytest.raises(Forbidden):
        refuse_strangers(asked("evil.example"))


def test_a_request_without_a_host_is_refused(stepper: Console) -> None:
    address = httpx.URL(stepper.url)
    with socket.create_connection((address.host, address.port or 0)) as connection:
        connection.sendall(b"GET /console/api/plugin HTTP/1.0\r\n\r\n")
        assert b" 403 " in connection.makefile("rb").readline()


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://{own}", "{own}"])
@pytest.mark.parametrize("path", ASKED)
def test_a_page_of_another_origin_is_refused(stepper: Console, path: str, origin: str) -> None:
    headers = {"Origin": origin.format(own=stepper.url.removeprefix("http://"))}

    assert stepper.client.get(path, headers=headers).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_a_browser_says_of_a_foreign_page_is_heard(stepper: Console, site: str) -> None:
    headers = {**SENT, "Sec-Fetch-Site": site}

    assert stepper.client.post(CALL, json={}, headers=headers).status_code == 403
    assert stepper.client.get("/console/api/plugin", headers=headers).status_code == 403
    assert stepper.client.get("/", headers=headers).status_code == 200  # a link that was followed


@pytest.mark.parametrize(
    "request_of_a_form",
    [
        {"json": {"parameters": {}}},
        {"json": {"parameters": {}}, "headers": {"X-Console": "0"}},
        {"data": {"parameters": "x"}, "headers": SENT},
        {"content": '{"parameters": {}}', "headers": {**SENT, "Content-Type": "text/plain"}},
        {"content": '{"parameters": {}}', "headers": SENT},
        {"files": {"file": b"x"}},
    ],
    ids=["no header", "another header", "urlencoded", "text", "no type", "multipart without the header"],
)
@pytest.mark.parametrize("path", [CALL, "/console/api/files"])
def test_what_a_form_of_another_page_could_send_is_refused(
    stepper: Console, path: str, request_of_a_form: dict[str, Any]
) -> None:
    answer = stepper.client.post(path, **request_of_a_form)

    assert answer.status_code == 403
    assert "X-Console: 1" in answer.json()["message"]


def test_a_foreign_page_is_not_told_that_it_may_ask(stepper: Console) -> None:
    """The question a browser asks before it sends a header that a form cannot."""
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    answer = stepper.client.options(CALL, headers={**asked, "Access-Control-Request-Headers": "x-console"})

    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", [*ASKED[:4], "/console/none", "/console/files/x/y"])
def test_every_answer_says_what_a_browser_may_do_with_it(stepper: Console, path: str) -> None:
    headers = stepper.client.get(path).headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Content-Security-Policy"] == (
        "default-src 'self'; media-src 'self' blob: data:; img-src 'self' blob: data:; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )


def raw(console: Console, target: str) -> tuple[int, bytes]:
    """The answer to a path as it is, which no client would send so."""
    address = httpx.URL(console.url)
    with socket.create_connection((address.host, address.port or 0)) as connection:
        lines = [f"GET {target} HTTP/1.1", f"Host: {address.host}:{address.port}", "Connection: close", "", ""]
        connection.sendall("\r\n".join(lines).encode())
        answer = connection.makefile("rb").read()
    return int(answer.split(b" ")[1]), answer


@pytest.mark.parametrize(
    "name",
    [
        "../app.py",
        "..%2Fapp.py",
        "%2e%2e/app.py",
        "page/../../app.py",
        "..%5Capp.py",
        "/etc/passwd",
        "%2Fetc%2Fpasswd",
        "files/../../../../app.py/x",
        "files/..%2F..%2Fapp.py/x",
        "files/*/x",
        "api/../app.py",
        "index.html%00.js",
        ".",
        "",
    ],
)
def test_no_name_leads_out_of_the_folders(stepper: Console, name: str) -> None:
    status, answer = raw(stepper, f"/console/{name}")

    assert status == 404
    assert b"import" not in answer
    assert b"root:" not in answer


def test_the_endpoints_answer_whoever_calls_as_in_dify(stepper: Console) -> None:
    elsewhere = {"Host": "evil.example", "Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}

    assert httpx.post(f"{stepper.endpoints}/walk/home", json=[], headers=elsewhere).text == "ok"


@pytest.mark.parametrize(
    ("site", "mode", "sandboxed"),
    [
        ("cross-site", "navigate", True),
        ("same-site", "navigate", True),
        ("none", "navigate", False),
        ("same-origin", "navigate", False),
        ("cross-site", "cors", False),
    ],
)
def test_a_page_of_the_plugin_that_a_foreign_page_leads_to_is_of_no_origin(
    stepper: Console, site: str, mode: str, *, sandboxed: bool
) -> None:
    browser = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}
    policy = httpx.post(f"{stepper.endpoints}/walk/home", json=[], headers=browser).headers.get(
        "Content-Security-Policy"
    )

    assert (policy or "").startswith("sandbox ") is sandboxed
    assert "allow-same-origin" not in (policy or "")
