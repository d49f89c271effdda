import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.workspace.cli.calling import GREETER, Call, Done
from tests.workspace.plugin.plugins.bare import write_plugin
from workspace.wire import DifyError, Payload

pytestmark = pytest.mark.usefixtures("child_process")

ECHO = """
def request(session, data):
    answer(session, "stream", {"type": "json", "message": {"json_object": data}})
    end(session)
"""


# -- what there is


def test_without_a_tool_the_tools_are_listed(run: Call) -> None:
    done = run(str(GREETER))
    assert done.code == 0
    assert "tests/greeter 0.0.1" in done.out
    assert "  greet           Greets somebody, as often as you like.\n" in done.out


def test_help_after_a_tool_tells_its_parameters(run: Call) -> None:
    done = run(str(GREETER), "greet", "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "greet: Greets somebody, as often as you like.\n"
        "\n"
        "  name=text\n"
        "      string, required. Who is greeted.\n"
        "  times:=json\n"
        "      number, optional, at least 1, at most 5, default 1. How often.\n"
        "  style=text\n"
        "      select, optional, one of warm, formal, default warm. The tone.\n"
        "  shout:=json\n"
        "      boolean, optional, default false. In capitals.\n"
        "\n"
        "Variables it puts out: greeting, parameters\n"
    )
    assert (
        "  model=provider/model\n      model-selector, required, scope llm, default local/extractive."
        in run(str(GREETER), "ask", "-h").out
    )
    assert "It has no parameters." in run(str(GREETER), "fail", "-h").out
    assert "many@path" in run(str(GREETER), "describe_files", "-h").out


def test_help_alone_explains_the_notation(run: Call) -> None:
    done = run("--help")
    assert done.code == 0
    assert "name@path       a file" in done.out
    assert "--save-dir DIR" in done.out


# -- what is put out


def test_text_then_variables_are_shown_and_the_rest_goes_to_stderr(run: Call) -> None:
    done = run(str(GREETER), "greet", "name=Ada", "times:=2", "style=formal")
    assert done.code == 0
    assert done.out == (
        "Good day, Ada! Good day, Ada! \n"
        "greeting: (the text above)\n"
        'parameters: {"name": "Ada", "times": 2, "style": "formal", "shout": false}\n'
    )
    assert f"greeter 0.0.1 runs under {sys.executable} (this Python: it has no .venv of its own)\n" in done.err
    assert " s to start the plugin\n" in done.err
    assert "Installed tool" not in done.err


def test_files_reach_the_plugin_and_json_is_one_object(run: Call, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("first")
    (tmp_path / "b.csv").write_text("x,y")
    done = run(str(GREETER), "describe_files", "--json", "one@a.txt", "many@b.csv", "many@a.txt")
    shown = json.loads(done.out)
    assert shown.pop("seconds") > 0
    described = {
        "filename": "a.txt",
        "mime_type": "text/plain",
        "extension": ".txt",
        "size": 5,
        "type": "document",
        "content": "first",
    }
    other = {**described, "filename": "b.csv", "mime_type": "text/csv", "extension": ".csv", "size": 3}
    assert shown == {
        "text": "",
        "json": [described, {**other, "content": "x,y"}, described],
        "variables": {},
        "files": [],
    }


FILES = """
import base64
def request(session, data):
    for name in ("voice.mp3", "voice.mp3", "../../up"):
        blob = base64.b64encode(b"abc").decode()
        answer(session, "stream", {"type": "blob", "message": {"blob": blob}, "meta": {"filename": name}})
    answer(session, "stream", {"type": "variable", "message": {"variable_name": "v", "variable_value": "x" * 1000}})
    end(session)
"""


def test_files_are_saved_where_asked_under_names_that_are_free(run: Call, bare: Any, tmp_path: Path) -> None:
    done = run(bare(FILES), "do", "--save-dir", "deep/er")
    assert sorted(path.name for path in (tmp_path / "deep" / "er").iterdir()) == ["up", "voice-2.mp3", "voice.mp3"]
    assert "file: voice.mp3 (application/octet-stream, 3 bytes), saved as deep/er/voice-2.mp3\n" in done.out
    shown = json.loads(run(str(tmp_path / "bare"), "do", "--json", "--save-dir", "deep/er").out)
    assert shown["files"][0] == {
        "filename": "voice.mp3",
        "mime_type": "application/octet-stream",
        "size": 3,
        "path": "deep/er/voice-3.mp3",
    }


def test_files_that_are_not_saved_are_named_and_long_values_cut(run: Call, bare: Any) -> None:
    done = run(bare(FILES), "do")
    assert "file: voice.mp3 (application/octet-stream, 3 bytes), keep it with --save-dir DIR\n" in done.out
    assert f"v: {'x' * 300}... (1,000 characters)\n" in done.out


def test_what_a_plugin_prints_and_logs_goes_to_stderr(run: Call, bare: Any) -> None:
    done = run(
        bare("""
print("while starting", flush=True)
def request(session, data):
    print("plain" + "!" * 9000, flush=True)
    send({"event": "log", "data": {"level": "WARNING", "message": "careful"}})
    text(session, "text")
    end(session)
"""),
        "do",
    )
    assert done.out == "text\n"
    assert done.err.index("stdout: while starting\n") < done.err.index(
        f"stdout: plain{'!' * 1019} ...\nlog: WARNING careful\n"
    )


def test_an_empty_environment_of_the_plugins_own_is_told_from_none(run: Call, bare: Any, tmp_path: Path) -> None:
    folder = bare("def request(session, data): end(session)")
    (tmp_path / "bare" / ".venv").mkdir()
    assert f"{sys.executable} (this Python: its .venv has no Python in it)\n" in run(folder, "do").err


def test_a_log_message_is_shown_with_its_data_and_is_no_output(run: Call, bare: Any) -> None:
    done = run(
        bare("""
def request(session, data):
    for more in ({"data": {"page": 1}, "status": "success"}, {"error": "no page", "data": {"page": 2}}, {}):
        log = {"id": "1", "label": "fetched", **more}
        answer(session, "stream", {"type": "log", "message": log})
    end(session)
"""),
        "do",
    )
    assert done.out == ""
    assert 'log: fetched {"page": 1}\nlog: fetched failed: no page {"page": 2}\nlog: fetched\n' in done.err


LOGGED = """
def request(session, data):
    send({"event": "log", "data": {"level": "INFO", "message": "begun"}})
    send({"event": "log", "data": {"level": "WARNING", "message": "it went wrong"}})
"""


def test_what_a_plugin_that_fails_has_logged_about_it_is_shown_with_trace_alone(
    run: Call, bare: Any, tmp_path: Path
) -> None:
    folder = bare(LOGGED + '    answer(session, "error", {"error_type": "LookupError", "message": "it went wrong"})')
    done = run(folder, "do")
    assert "log: INFO begun\n" in done.err
    assert "WARNING" not in done.err
    assert "log: WARNING it went wrong\n" in run(folder, "do", "--trace").err
    write_plugin(tmp_path / "bare", LOGGED + "    sys.exit(3)")
    assert "log: WARNING it went wrong\n" in run(folder, "do").err


def test_a_trace_says_when_the_plugin_asked_nothing(run: Call, bare: Any) -> None:
    folder = bare("def request(session, data): end(session)")
    assert "the plugin asked Dify nothing\n" in run(folder, "do", "--trace").err
    assert "asked Dify" not in run(folder, "do").err


# -- models and apps


def echoed(done: Done) -> Any:
    """The request that reached the plugin."""
    (request,) = json.loads(done.out)["json"]
    return request


def test_what_reaches_the_plugin_is_what_dify_sends(run: Call, greeter: Any) -> None:
    request = echoed(run(greeter(ECHO), "ask", "prompt=hi", "model=langgenius/openai/openai/gpt-4o", "--json"))
    assert request.pop("user_id")
    assert request == {
        "type": "tool",
        "action": "invoke_tool",
        "provider": "greeter",
        "tool": "ask",
        "credentials": {},
        "credential_type": "unauthorized",
        "tool_parameters": {
            "model": {
                "provider": "langgenius/openai/openai",
                "model": "gpt-4o",
                "model_type": "llm",
                "mode": "chat",
                "completion_params": {},
            },
            "prompt": "hi",
        },
    }


def test_a_required_model_that_is_left_out_is_the_workspaces_and_said_to_be(run: Call, greeter: Any) -> None:
    done = run(greeter(ECHO), "ask", "prompt=hi", "--json")
    model = echoed(done)["tool_parameters"]["model"]
    assert f"model: {model['provider']}/{model['model']}, the workspace's default\n" in done.err


def test_a_server_has_no_default_model_until_one_is_named(
    run: Call, greeter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    folder = greeter(ECHO)
    problem = "because OPENAI_BASE_URL is set there is no default"
    advice = "write model=provider/NAME or --default-model provider/NAME"
    assert run(folder, "ask", "prompt=hi").err == f"workspace call: ask needs model: {problem}; {advice}\n"
    done = run(folder, "ask", "prompt=hi", "--json", "--default-model", "ollama/llama3")
    model = echoed(done)["tool_parameters"]["model"]
    assert (model["provider"], model["model"]) == ("ollama", "llama3")


def test_null_sends_nothing_so_that_the_plugin_meets_a_missing_model(run: Call, greeter: Any) -> None:
    request = echoed(run(greeter(ECHO), "ask", "prompt=hi", "model:=null", "--json"))
    assert request["tool_parameters"] == {"prompt": "hi"}


def test_without_a_folder_one_is_asked_for(run: Call) -> None:
    assert run() == (2, "", "workspace call: name the folder of a plugin; --help tells the rest.\n")


def test_credentials_reach_the_plugin(run: Call, greeter: Any) -> None:
    request = echoed(run(greeter(ECHO), "enter", "--credential", "door_key=a=b", "--json"))
    assert request["credentials"] == {"door_key": "a=b", "floor": "ground"}
    assert request["credential_type"] == "api-key"


def test_a_trace_shows_what_the_plugin_asked_of_dify(run: Call, bare: Any) -> None:
    folder = bare("""
def request(session, data):
    invoke(session, "llm", {"model": "m"})

def response(session, data):
    if data["event"] == "end":
        end(session)
""")
    (line,) = (line for line in run(folder, "do", "--trace").err.splitlines() if line.startswith("llm: "))
    assert line.startswith("llm: 1 reply, 0.")
    assert line.endswith(' s, asked with {"model": "m"}')

    def refuse(invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
        raise DifyError("no llm today")

    assert "llm: failed: no llm today, 0." in run(folder, "do", "--trace", handler=refuse).err
    assert "llm: " not in run(folder, "do").err
