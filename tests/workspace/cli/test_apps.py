"""DSL files as apps of the workspace: a plugin calls them, and they call its tools."""

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.workspace.cli.calling import Call, RunWorkflow
from tests.workspace.workflows.dsl_files import app, code, end, node, start, tool, variable, write

GREET = tool("greet", name="{{#start.name#}}", times=1, settings={"style": "warm", "shout": False})
HELLO = app([start(variable("name", required=True)), GREET, end(greeting=["greet", "text"])])
CHAT = app(
    [start(), node("answer", "answer", answer="{{#sys.query#}} {{#sys.dialogue_count#}}", variables=[])],
    mode="advanced-chat",
)

PLUGIN = """
asked = {}

def request(session, data):
    given = data["tool_parameters"]
    if data["tool"] == "greet":
        text(session, "Hello, " + given["name"] + "!")
        end(session)
    else:
        app_id, name = given["prompt"].split()
        wanted = {"app_id": app_id, "query": name, "inputs": {"name": name}, "response_mode": "MODE"}
        invoke(session, "app", wanted)

def response(session, data):
    if data["event"] == "end":
        end(session)
    else:
        answer(session, "stream", {"type": "json", "message": {"json_object": data}})
"""
"""Its tool `ask` calls the app that is named first with the other word, in the mode of MODE."""


@pytest.fixture
def asking(greeter: Any, tmp_path: Path) -> Callable[..., str]:
    """The plugin, and a folder `apps` with DSL files."""

    def asking(mode: str = "blocking") -> str:
        folder: str = greeter(PLUGIN.replace("MODE", mode))
        manifest = Path(folder, "manifest.yaml")
        manifest.write_text(manifest.read_text().replace("permission:\n", "permission:\n    app: {enabled: true}\n"))
        (tmp_path / "apps").mkdir()
        write(tmp_path / "apps", HELLO, "hello.yml")
        write(tmp_path / "apps", CHAT, "chat.yaml")
        return folder

    return asking


def replies(done: Any) -> list[Any]:
    """What the app said, as the plugin got it."""
    assert done.code == 0, done.err
    events = json.loads(done.out)["json"]
    assert all(event["event"] == "response" for event in events), events
    return [event["data"] for event in events]


def test_a_plugin_calls_an_app_that_calls_its_tool(run: Call, asking: Callable[..., str]) -> None:
    done = run(asking(), "ask", "prompt=hello Ada", "--apps", "apps", "--json", handler=None)
    (reply,) = replies(done)
    assert (reply["data"]["status"], reply["data"]["outputs"]) == ("succeeded", {"greeting": "Hello, Ada!"})


def test_a_plugin_gets_the_events_of_an_app_as_they_come(run: Call, asking: Callable[..., str]) -> None:
    done = run(asking("streaming"), "ask", "prompt=hello Ada", "--apps", "apps", "--json", handler=None)
    assert [event["event"] for event in replies(done)] == [
        "workflow_started",
        *["node_started", "node_finished"],
        *["node_started", "text_chunk", "text_chunk", "node_finished"],
        *["node_started", "node_finished"],
        "workflow_finished",
    ]


def test_a_chatflow_of_the_folder_goes_on_in_the_next_process(
    run: Call, run_workflow: RunWorkflow, asking: Callable[..., str]
) -> None:
    (reply,) = replies(run(asking(), "ask", "prompt=chat Hi", "--apps", "apps", "--json", handler=None))
    assert reply["answer"] == "Hi 1"
    again = run_workflow("apps/chat.yaml", "sys.query=Yes", f"sys.conversation_id={reply['conversation_id']}")
    assert again.out == "Yes 2\n"


def test_a_workflow_that_is_run_has_a_tool_that_calls_another_app(
    run_workflow: RunWorkflow, asking: Callable[..., str], dsl: Callable[..., str]
) -> None:
    ask = tool("ask", prompt="hello Ada", settings={"model": {"provider": "p", "model": "m", "model_type": "llm"}})
    file = dsl(start(), ask, end(answer=["ask", "json"]))
    done = run_workflow(file, "--plugin", asking(), "--apps", "apps", "--json")
    (answer,) = json.loads(done.out)["outputs"]["answer"]
    assert answer["data"]["data"]["outputs"] == {"greeting": "Hello, Ada!"}


def test_files_that_cannot_run_are_left_out_and_said_to_be(
    run: Call, asking: Callable[..., str], tmp_path: Path
) -> None:
    folder = asking()
    write(tmp_path / "apps", "- a list", "list.yml")
    write(tmp_path / "apps", app([start(), tool("search", provider="a/b/c"), end()]), "search.yml")
    write(tmp_path / "apps", app([start(), code("count", "def main(): return {}"), end()]), "coded.yml")
    (tmp_path / "apps" / "notes.txt").write_text("no app")
    done = run(folder, "ask", "prompt=search Ada", "--apps", "apps", "--json", handler=None)
    noted = [line for line in done.err.splitlines() if line.startswith("note: --apps leaves out ")]
    assert [line.removeprefix("note: --apps leaves out ").split(" ")[0] for line in noted] == [
        "coded.yml",
        "list.yml",
        "search.yml",
    ]
    (event,) = json.loads(done.out)["json"]
    assert event["event"] == "error"
    assert "app not found" in event["message"]
    allowed = run(folder, "ask", "prompt=hello Ada", "--apps", "apps", "--allow-code", handler=None)
    assert "coded.yml" not in allowed.err


def test_a_folder_of_apps_that_is_not_there_is_told(run: Call, asking: Callable[..., str]) -> None:
    done = run(asking(), "ask", "prompt=hello Ada", "--apps", "nowhere", handler=None)
    assert (done.code, done.out) == (2, "")
    assert done.err.endswith("workspace call: --apps nowhere: No such file or directory.\n")


def test_help_lists_the_apps_of_the_folder(run: Call, asking: Callable[..., str]) -> None:
    folder = asking()
    declaration = Path(folder, "tools", "ask.yaml")
    declaration.write_text(
        declaration.read_text().replace("type: model-selector\n    scope: llm", "type: app-selector")
    )
    shown = run(folder, "ask", "--help", "--apps", "apps", handler=None).out
    listed = shown.split("Apps of the local workspace:\n\n")[1].splitlines()
    assert listed[-2:] == ["  chat          Tried", "  hello         Tried"]
    assert "  plugin-agent  Has" in shown
    assert len({line.index(re.split(" {2,}", line)[2]) for line in listed}) == 1


def test_a_plugin_that_ends_while_an_app_calls_it_leaves_no_thread(run: Call, asking: Callable[..., str]) -> None:
    before = set(threading.enumerate())
    folder = asking()
    program = Path(folder, "main.py")
    program.write_text(
        program.read_text().replace('        text(session, "Hello', '        os._exit(3)\n        text(session, "Hello')
    )
    done = run(folder, "ask", "prompt=hello Ada", "--apps", "apps", handler=None)
    assert done.code == 1
    assert "The plugin ended with exit code 3." in done.err
    assert not [thread for thread in threading.enumerate() if thread not in before and "Engine" in thread.name]
