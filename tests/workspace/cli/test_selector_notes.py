from typing import Any

import pytest

from tests.workspace.cli.calling import GREETER, Call
from workspace.plugin.folder import read_plugin_folder

ANSWER = """
def request(session, data):
    end(session)
"""


def notes(err: str) -> list[str]:
    return [line for line in err.splitlines() if line.startswith("note: ")]


def test_a_model_that_the_workspace_answers_in_its_own_way_is_told(run: Call, greeter: Any) -> None:
    folder = greeter(ANSWER)
    (note,) = notes(run(folder, "ask", "prompt=hi", "model=langgenius/openai/openai/gpt-4o", handler=None).err)
    assert note.startswith("note: model 'gpt-4o' is answered by the workspace's llm: an extractive engine, ")
    assert notes(run(folder, "ask", "prompt=hi", handler=None).err) == []
    assert notes(run(folder, "ask", "prompt=hi", "model:=null", handler=None).err) == []


def test_a_model_of_a_server_is_the_servers(run: Call, greeter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert notes(run(greeter(ANSWER), "ask", "prompt=hi", "model=ollama/llama3", handler=None).err) == []


APP = """\
identity:
  name: do
parameters:
  - {name: app, type: app-selector}
"""


def test_an_app_that_is_not_there_is_told_with_those_that_are(run: Call, bare: Any, tmp_path: Any) -> None:
    folder = bare(ANSWER)
    (tmp_path / "bare" / "tool.yaml").write_text(APP)
    (note,) = notes(run(folder, "do", "app=nope", handler=None).err)
    assert note.startswith("note: app: there is no app 'nope'; apps here: chatbot, agent, ")
    assert notes(run(folder, "do", "app=chatbot", handler=None).err) == []


def test_help_names_the_model_that_stands_for_one_that_is_left_out(run: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_plugin_folder(GREETER).tool("ask").parameters[0].required
    assert "scope llm, default local/extractive." in run(str(GREETER), "ask", "--help").out
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert "scope llm. " in run(str(GREETER), "ask", "--help").out
    assert "default ollama/llama3" in run(str(GREETER), "ask", "--help", "--default-model", "ollama/llama3").out
