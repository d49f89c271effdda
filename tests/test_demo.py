"""`make demo`: what it calls, what it prints and keeps, and that it fails where a call does."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import httpx
import miniaudio
import pytest

from endpoints.http.routes import ROUTES
from examples import demo
from examples.demo import DemoError, __main__, http_calls
from examples.demo.http_calls import HttpStep
from examples.demo.plain_calls import plain_steps
from examples.demo.texts import FACTS
from examples.demo.tools import ToolStep
from tests.documents import ROOT, commands, is_as_printed
from tests.tool_cases import TOOLS
from workspace.plugin.errors import PluginError
from workspace.plugin.folder import Option, Parameter, Text, Tool
from workspace.plugin.outputs import Outputs


class Run(NamedTuple):
    code: int
    printed: str
    folder: Path

    @property
    def steps(self) -> dict[str, str]:
        """What each printed, by its title and what it called."""
        _, *parts = re.split(r"^ ?\d+/\d+  (.+)\n", self.printed, flags=re.MULTILINE)
        return dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.fixture(scope="module")
def run(child_process, tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "examples.demo"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert not done.stderr
    return Run(done.returncode, done.stdout, folder / demo.FOLDER)


def test_every_call_works(run):
    assert run.code == 0
    assert "FAILED" not in run.printed
    assert f"\nAll {len(run.steps)} calls worked, in " in run.printed


def test_every_tool_and_every_route_is_called(run):
    called = {re.findall(r"\((.+)\)$", heading)[0] for heading in run.steps}

    assert {f"tool {tool}" for tool in TOOLS} <= called
    assert {f"{method} {path}" for path, method in ROUTES.items()} <= called


def test_each_call_shows_what_went_in_what_came_out_and_how_long_it_took(run):
    for heading, printed in run.steps.items():
        labels = re.findall(r"^ {7}(\w+) ", printed, re.MULTILINE)
        assert labels[0] == "in", heading
        assert {"out", "file"} & set(labels), heading
        assert "time" in labels, heading


def test_what_fails_in_dify_today_is_noted_and_nothing_else_is(run):
    noted = {heading for heading, printed in run.steps.items() if "fails in Dify today" in printed}

    broken = ("speech2text", "completion_app", "transcriptions", "completion-messages")
    assert noted == {heading for heading in run.steps if any(word in heading for word in broken)}


def test_the_audio_and_the_results_are_kept(run):
    for name in ("speech.mp3", "speech-over-http.mp3"):
        assert miniaudio.mp3_get_file_info(str(run.folder / name)).duration > 1

    results = json.loads((run.folder / "results.json").read_text())
    assert list(results) == [heading.rpartition(" (")[0] for heading in run.steps]
    assert "Lisbon" in results["complete a chat"]


def test_the_readme_shows_what_it_prints(run):
    [printed] = [output for command, output in commands() if command == "make demo"]

    assert is_as_printed(printed, run.printed), run.printed


def step(**fields):
    expected = {"title": "ask", "route": "POST /ask", "tells": lambda reply: reply.json["told"], **fields}
    return HttpStep(**{"makes_sense": lambda told: told == "sense", **expected})


def client(reply):
    return httpx.Client(transport=httpx.MockTransport(lambda _request: reply), base_url="http://127.0.0.1")


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (httpx.Response(502, json={"error": "the model is ill"}), "HTTP 502: .*the model is ill"),
        (httpx.Response(200, json={"told": "nonsense"}), "makes no sense"),
        (httpx.Response(200, json={"other": "sense"}), 'makes no sense. It begins with: {"other"'),
        (httpx.Response(200, content=b"no JSON"), "makes no sense. It begins with: no JSON"),
    ],
)
def test_a_reply_that_is_wrong_is_an_error(reply, sentence, capsys):
    with pytest.raises(DemoError, match=sentence), client(reply) as answering:
        http_calls.send(answering, step(json={"q": "?"}))


def test_a_reply_that_is_right_is_told(capsys):
    with client(httpx.Response(200, json={"told": "sense"})) as answering:
        assert http_calls.send(answering, step(json={"q": "?"})) == "sense"

    assert re.fullmatch(r" {7}in    q: \?\n {7}out   sense\n {7}time  \d\.\d\d s\n", capsys.readouterr().out)


def parameter(name, kind, **more):
    content = {"form": "form", "required": True, "default": None, "options": (), "minimum": None, "maximum": None}
    texts = {"scope": "", "multiple": False, "label": Text(name), "description": Text()}
    return Parameter(**{"name": name, "type": kind, **content, **texts, **more})


def test_a_tool_without_a_step_of_its_own_gets_what_its_parameters_want():
    options = (Option("cosine", Text("Cosine")), Option("dot", Text("Dot")))
    wanted = [
        parameter("first", "string"),
        parameter("second", "string"),
        parameter("count", "number", minimum=2),
        parameter("exact", "boolean"),
        parameter("measure", "select", options=options),
        parameter("letter", "file", required=False),
        parameter("optional", "string", required=False),
        parameter("known", "string", default="known"),
        parameter("app", "app-selector"),
    ]
    tool = Tool("switchboard", "compare", Text(), Text(), "", tuple(wanted), {"properties": {"similarity": {}}})

    [step] = plain_steps(
        [tool, replace(tool, name="llm")], [ToolStep("ask", "llm", {}, bool)], lambda path: {"at": path.name}
    )

    assert (step.title, step.tool) == ("call compare", "compare")
    assert step.parameters == {
        "first": FACTS[0],
        "second": FACTS[1],
        "count": 2,
        "exact": True,
        "measure": "cosine",
        "letter": {"at": "LICENSE"},
    }
    assert step.makes_sense(Outputs(text="0.5", variables={"similarity": 0.5}))
    assert not step.makes_sense(Outputs(text="0.5"))
    assert not step.makes_sense(Outputs(variables={"similarity": 0.5}))


@pytest.fixture
def demonstrate(lent_plugin, tmp_path, monkeypatch):
    """The demo in this process, with the plugin that runs already."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(__main__, "PluginProcess", lent_plugin.lend)
    return __main__.main


def test_tools_without_a_step_are_called_for_real_or_say_what_they_need(demonstrate, tmp_path, monkeypatch, capsys):
    """As if the demo told of none of the tools there are."""
    monkeypatch.setattr(__main__, "tool_steps", lambda _share: [])
    monkeypatch.setattr(__main__, "http_steps", list)

    assert demonstrate() == 1

    printed = capsys.readouterr().out
    worked = set(json.loads((tmp_path / demo.FOLDER / "results.json").read_text()))
    assert {f"call {tool}" for tool in ("llm", "moderation", "upload_file")} <= worked
    told = dict(re.findall(r"  call (\w+) \(.*\n(?:.*\n)*? {7}(?:FAILED (.*)|time .*)\n", printed))
    assert set(told) == set(TOOLS)
    assert told["chat_app"].startswith("No app is chosen.")
    assert "`documents_list`" in told["rerank"]
    assert "`texts_list`" in told["text_embedding"]
    assert told["question_classifier"] == "`classes` needs at least two classes, one per line."
    assert printed.count("since examples/demo/tools.py has no step for this tool") == len(TOOLS)


def test_the_demo_fails_where_a_call_does_and_goes_on_with_those_that_need_nothing_of_it(
    demonstrate, tmp_path, monkeypatch, capsys
):
    def call_tool(_folder, _plugin, step):
        if step.title == "first":
            raise PluginError("The plugin ended.")
        return Outputs(text="done")

    def tool(title, needed=""):
        return ToolStep(title, "llm", {}, lambda _: True, from_results=lambda done: {"prompt": needed and done[needed]})

    monkeypatch.setattr(__main__, "call_tool", call_tool)
    monkeypatch.setattr(__main__, "http_steps", list)
    monkeypatch.setattr(
        __main__,
        "calls_of_tools",
        lambda _folder, _share: [tool("first"), tool("second", "first"), tool("third")],
    )

    code = demonstrate()

    printed = capsys.readouterr().out
    assert code == 1
    assert "FAILED The plugin ended." in printed
    assert " 2/3  left out: it goes on from 'first', which failed\n" in printed
    assert printed.endswith("2 of 3 calls failed: first, step 2.\n")
    assert list(json.loads((tmp_path / demo.FOLDER / "results.json").read_text())) == ["third"]
