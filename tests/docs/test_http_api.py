"""What docs/http-api.md says of the HTTP API is what comes, from what `make serve` runs."""

import argparse
import contextlib
import io
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
import yaml
from werkzeug.routing import Map, Rule

import endpoints.http.errors  # noqa: F401 - for its errors
from endpoints.anthropic.wire import call
from endpoints.anthropic.wire.request import MessagesRequest
from endpoints.http.routes import ROUTES
from endpoints.openai.wire import chat_parameters, responses_call
from endpoints.openai.wire.chat_request import ChatRequest
from endpoints.openai.wire.responses_request import ResponsesRequest
from switchboard.errors import SwitchboardError
from tests.documents import ROOT, blocks, code, commands, is_as_printed, routes_of, rows
from tests.endpoints.anthropic import test_refusals as messages
from tests.endpoints.openai.test_responses_refusals import PASSED_OVER
from tests.served import serving
from workspace.cli.command_line import serve_parser

DOCUMENT = "docs/http-api.md"
COMMANDS = [(command, printed) for command, printed in commands(document=DOCUMENT) if command.startswith("curl ")]
VARIABLES = dict(
    command.split("=", 1)
    for command, _ in commands(document=DOCUMENT)
    if re.fullmatch(r"[A-Z]+=\S+|[A-Z]+=\".*\"", command)
)
BASE = VARIABLES["BASE"]


class Tried(NamedTuple):
    url: str
    printed: str
    folder: Path
    """Where the commands run."""


@pytest.fixture(scope="module")
def served(child_process: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    """What `make serve` runs, on a port that is free."""
    makefile = (ROOT / "Makefile").read_text()
    recipe = re.search(r"^serve:.*\n\t@\$\(IN_VENV\) -m workspace serve (.*)$", makefile, re.MULTILINE)
    assert recipe
    folder = tmp_path_factory.mktemp("readme")
    options = [*shlex.split(recipe[1]), "--data-dir", str(folder / "data")]
    with serving(*options, stderr=subprocess.STDOUT) as running:
        assert running.endpoints
        yield Tried(running.endpoints, f"{running.printed}{running.line()}\n", folder)


def test_make_serve_prints_what_is_printed(served):
    shown = commands("## Serve endpoints and the console", "docs/local-workspace.md")
    [printed] = [output for command, output in shown if command == "make serve"]
    defaults = serve_parser().parse_args(["."])

    assert is_as_printed(printed.replace("/home/you/switchboard", str(ROOT)), served.printed), served.printed
    assert f"http://127.0.0.1:{defaults.port}/e/{defaults.hook}" == BASE


def curl(command: str, url: str, folder: Path) -> tuple[int, str]:
    """The status, and what `curl` would print."""
    for name, value in VARIABLES.items():
        command = command.replace(f"${name}", url if name == "BASE" else value.strip('"'))
    assert "$" not in command
    parser = argparse.ArgumentParser()
    parser.add_argument("-N", "-s", action="store_true")
    parser.add_argument("-u", default="")
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("-d", default=None)
    parser.add_argument("-F", action="append", default=[])
    parser.add_argument("-o", default="")
    parser.add_argument("-w", default="")
    parser.add_argument("address")
    given = parser.parse_args(shlex.split(command.replace("\\\n", " "))[1:])
    texts, files = {}, {}
    for part in given.F:
        name, _, value = part.partition("=")
        if value.startswith("@"):
            path, _, mime_type = value.removeprefix("@").partition(";type=")
            files[name] = (path, (folder / path).read_bytes(), mime_type or "application/octet-stream")
        else:
            texts[name] = value
    reply = httpx.request(
        "POST" if given.d or files else "GET",
        given.address,
        headers=dict(header.split(": ", 1) for header in given.H),
        auth=tuple(given.u.split(":", 1)) if given.u else None,
        content=given.d,
        data=texts,
        files=files,
        timeout=30,
    )
    printed = reply.text if not given.o else ""
    if given.o:
        (folder / given.o).write_bytes(reply.content)
    told = {
        "%{http_code}": str(reply.status_code),
        "%{content_type}": reply.headers["Content-Type"],
        "%{size_download}": str(len(reply.content)),
    }
    return reply.status_code, printed + re.sub(r"%\{\w+\}", lambda match: told[match[0]], given.w).replace("\\n", "\n")


@pytest.mark.parametrize(("command", "printed"), COMMANDS, ids=[command[:60] for command, _ in COMMANDS])
def test_a_command_does_what_is_printed(served, command, printed):
    for name in re.findall(r"=@([\w.-]+)", command):  # the file that an earlier command has made
        [making] = [each for each, _ in COMMANDS if f"-o {name}" in each]
        curl(making, served.url, served.folder)

    status, real = curl(command, served.url, served.folder)

    assert printed
    assert is_as_printed(printed, real), real
    is_refusal = printed.startswith(('{"error"', '{"code"', '{"type": "error"'))
    assert status in ((400, 401, 404) if is_refusal else (200, 201))


def test_there_is_a_command_for_each_route():
    """Of those that come with an app and without, one."""
    routes = Map([Rule(path, methods=[method], endpoint=path) for path, method in ROUTES.items()])
    called = set()
    for command, _ in COMMANDS:
        [path] = re.findall(r"\$BASE([^\s\"?]+)", command)
        if path != "/v1/completions":
            method = "POST" if re.search(" -[dF] ", command) else "GET"
            called.add(routes.bind("localhost").match(path, method=method)[0].removeprefix("/<app_id>"))

    alike = {"/v1/rerank": "/v2/rerank", "/v1/models/<path:id>": "/v1/models"}
    assert called == {alike.get(path, path) for path in (route.removeprefix("/<app_id>") for route in ROUTES)}


def test_the_python_does_what_is_printed(served, monkeypatch):
    monkeypatch.chdir(served.folder)
    names: dict[str, object] = {"__name__": "document"}
    examples = [block for block in blocks(document=DOCUMENT) if block.kind == "python"]

    for example in examples:
        with contextlib.redirect_stdout(io.StringIO()) as real:
            exec(example.text.replace(BASE, served.url), names)
        assert example.output
        assert is_as_printed(example.output, real.getvalue()), real.getvalue()
    names["client"].close()

    assert "from openai import OpenAI" in examples[0].text.splitlines()


def test_there_is_python_for_difys_own_client():
    assert any("from dify_client import ChatClient" in block.text for block in blocks(document=DOCUMENT))


def test_every_route_has_its_row():
    listed = [name for route, *_ in rows("## Routes", DOCUMENT) for name in routes_of(route)]

    assert sorted(listed) == sorted(f"{method} {path}" for path, method in ROUTES.items())


def test_the_routes_that_fail_in_dify_today_are_marked_and_no_others_are():
    table = rows("## Routes", DOCUMENT)
    marked = {name for route, *_ in table if "fails in Dify today" in route for name in routes_of(route)}

    assert marked == {
        f"{ROUTES[path]} {path}" for path in ROUTES if re.search("completion-messages|transcriptions", path)
    }


def test_every_setting_has_its_row_with_its_label():
    group = yaml.safe_load((ROOT / "endpoints" / "group.yaml").read_text())

    assert [
        (code(name), label.partition("*: ")[0].strip("*"), "required" in label)
        for name, label, _ in rows("## Settings, and what a key reaches", DOCUMENT)
    ] == [([setting["name"]], setting["label"]["en_US"], setting["required"]) for setting in group["settings"]]


def test_every_field_of_a_response_request_is_in_its_row():
    """What is refused, and what is passed over, as the tests of the route have it."""
    cells = {name: set(code(cell)) for name, cell in rows("## Responses", DOCUMENT)}

    assert set(responses_call.REFUSED) <= cells["refused"]
    assert cells["passed over"] >= set(PASSED_OVER)
    assert set(ResponsesRequest.model_fields) <= set().union(*cells.values())
    assert not set(responses_call.REFUSED) & set().union(*(cells[name] for name in cells if name != "refused"))


def test_every_parameter_of_a_chat_has_its_row():
    found: dict[str, list[str]] = {"mapped": [], "refused": [], "ignored": []}
    for fields, kind, _ in rows("## Parameters of a chat", DOCUMENT):
        found[kind] += code(fields)

    told_of_itself = {"n", "modalities"}  # refused unless they ask for what is so anyway
    assert sorted(found["mapped"]) == sorted(set(ChatRequest.model_fields) - told_of_itself)
    assert sorted(found["refused"]) == sorted({*chat_parameters.REFUSED, *told_of_itself})
    assert sorted(found["ignored"]) == sorted(chat_parameters.IGNORED)


def test_every_field_of_a_message_request_is_in_its_row():
    cells = {name: set(code(cell)) for name, cell in rows("## Anthropic's Messages", DOCUMENT)}

    assert set(call.REFUSED) <= cells["refused"]
    assert {tool["type"] for tool in messages.TOOLS_OF_ANTHROPIC} <= cells["refused"]
    assert cells["passed over"] >= set(messages.PASSED_OVER)
    assert set(MessagesRequest.model_fields) <= set().union(*cells.values())
    assert not set(call.REFUSED) & set().union(*(cells[name] for name in cells if name != "refused"))


def test_every_status_of_an_error_has_its_row():
    listed = {int(number) for cells in rows("## Errors", DOCUMENT) for number in cells[0].split(", ")}

    assert listed == {error.status for error in all_below(SwitchboardError)} | {429, 503, 529}


def all_below(root: type[SwitchboardError]) -> set[type[SwitchboardError]]:
    return {root}.union(*(all_below(error) for error in root.__subclasses__()))
