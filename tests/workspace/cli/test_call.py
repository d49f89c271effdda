import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pytest

from tests.workspace.plugin.plugins.bare import MANIFEST, write_main, write_plugin
from workspace.__main__ import main
from workspace.cli import call
from workspace.wire import DifyError, Handler, Payload

GREETER = Path(__file__).parent.parent / "plugin" / "plugins" / "greeter"


class Done(NamedTuple):
    code: int
    out: str
    err: str


class Call(Protocol):
    def __call__(self, *argv: str, handler: Handler = ...) -> Done: ...


def dify(invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
    yield {"answer to": payload}


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)

    def run(*argv: str, handler: Handler = dify) -> Done:
        code = call.main(list(argv), handler=handler)
        return Done(code, *capfd.readouterr())

    return run


@pytest.fixture
def bare(tmp_path: Path) -> Any:
    def bare(source: str, *, whole: bool = False) -> str:
        (tmp_path / "bare").mkdir()
        return str(write_plugin(tmp_path / "bare", source, whole=whole))

    return bare


@pytest.fixture
def greeter(tmp_path: Path) -> Any:
    """The declarations of the greeter over another program, which is quicker to start than the SDK."""

    def greeter(source: str) -> str:
        folder = Path(shutil.copytree(GREETER, tmp_path / "greeter"))
        write_main(folder, source)
        return str(folder)

    return greeter


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
    assert "  model=provider/model\n      model-selector, required, scope llm." in run(str(GREETER), "ask", "-h").out
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
        "greeting: Good day, Ada! Good day, Ada! \n"
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
    assert run(folder, "ask", "prompt=hi").err == "workspace call: ask needs model: write model=provider/model\n"
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


# -- what goes wrong


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        (["greeet"], "greeter has no tool 'greeet': did you mean greet?"),
        (["greet"], "greet needs name: write name=text"),
        (["greet", "nmae=Ada"], "greet has no parameter 'nmae': did you mean name?"),
        (["greet", "Ada"], "'Ada' is not a parameter: write name=text, name:=json or name@file."),
        (["greet", "name=Ada", "style=cold"], "style: it is one of warm, formal, not 'cold'."),
        (["greet", "name=Ada", "--jsno"], "unrecognized arguments: --jsno."),
        (["greet", "name=Ada", "--timeout", "soon"], "argument --timeout: invalid float value: 'soon'."),
        (["enter"], "the provider needs door_key (Key of the door): write --credential door_key=..."),
        (["enter", "--credential", "door_key"], "a credential is written --credential NAME=VALUE."),
        (["enter", "--credential", "dor_key=1"], "the provider has no credential 'dor_key': did you mean door_key?"),
    ],
)
def test_a_wrong_command_line_is_one_sentence_and_exit_code_2(run: Call, argv: list[str], problem: str) -> None:
    done = run(str(GREETER), *argv)
    assert (done.code, done.out, done.err) == (2, "", f"workspace call: {problem}\n")


def test_a_failure_keeps_the_text_so_far_and_has_no_traceback(run: Call, bare: Any) -> None:
    folder = bare("""
def request(session, data):
    text(session, "I was about to")
    args = {"traceback": "Traceback ..."}
    answer(session, "error", {"error_type": "LookupError", "message": "nothing to say", "args": args})
""")
    done = run(folder, "do")
    assert (done.code, done.out) == (1, "I was about to\n")
    assert done.err.endswith("workspace call: the plugin failed: LookupError: nothing to say\n")
    assert "Traceback" not in done.err
    done = run(folder, "do", "--json")
    assert (done.code, json.loads(done.out)) == (1, {"error": {"type": "LookupError", "message": "nothing to say"}})


@pytest.mark.parametrize(
    ("source", "kind", "problem"),
    [
        ("import nothing_of_that_name", "PluginStartError", "No module named 'nothing_of_that_name'"),
        ("def broken(:", "PluginStartError", "SyntaxError"),
    ],
)
def test_a_plugin_that_cannot_start_is_reported(run: Call, bare: Any, source: str, kind: str, problem: str) -> None:
    done = run(bare(source, whole=True), "do", "--json")
    assert done.code == 1
    error = json.loads(done.out)["error"]
    assert error["type"] == kind
    assert error["message"].startswith("The plugin ended with exit code 1.")
    assert problem in error["message"]


def test_a_crash_and_a_timeout_are_reported(run: Call, bare: Any, tmp_path: Path) -> None:
    folder = bare("def request(session, data): os._exit(7)")
    assert run(folder, "do").err.endswith("workspace call: The plugin ended with exit code 7.\n")
    write_plugin(tmp_path / "bare", "def request(session, data): pass")
    done = run(folder, "do", "--timeout", "0.1")
    assert (done.code, done.err.splitlines()[-1]) == (1, "workspace call: The plugin did not finish within 0.1 s.")


def test_a_folder_that_is_no_plugin_is_reported(run: Call, tmp_path: Path) -> None:
    done = run(str(tmp_path), "do")
    assert done.code == 1
    assert done.err.startswith("workspace call: manifest.yaml cannot be read in ")
    assert json.loads(run(str(tmp_path), "--json").out)["error"]["type"] == "PluginFolderError"


# -- as a command


def test_the_commands_are_listed_where_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert main(["nonsense"]) == 2
    assert main(["--help"]) == 0
    assert capsys.readouterr().out.startswith("usage: python -m workspace COMMAND")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_call_leaves_no_process_and_no_traceback(bare: Any, number: int, code: int) -> None:
    folder = bare("def request(session, data): text(session, str(os.getpid()) + chr(10))")
    command = [sys.executable, "-W", "error", "-m", "workspace", "call", folder, "do"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        process.send_signal(number)
        _, errors = process.communicate()
    assert process.returncode == code
    assert "Traceback" not in errors
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_reader_that_leaves_is_no_error_to_talk_about(bare: Any) -> None:
    folder = bare("""
def request(session, data):
    for _ in range(5000):
        text(session, "a line" + chr(10))
    end(session)
""")
    command = [sys.executable, "-W", "error", "-m", "workspace", "call", folder, "do"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
    assert "Traceback" not in errors
    assert "BrokenPipe" not in errors


# -- on the workspace's own Dify


STORE = """
def request(session, data):
    invoke(session, "storage", {"opt": "OPTION", "key": "k", "value": b"kept".hex()})
"""


@pytest.fixture
def store(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Any:
    def store(option: str, *, permission: str) -> str:
        folder = tmp_path / "plugin"
        folder.mkdir(exist_ok=True)
        write_plugin(
            folder,
            STORE.replace("OPTION", option)
            + """
def response(session, data):
    if data["event"] == "end":
        end(session)
    else:
        text(session, str(data["message"] if data["event"] == "error" else data["data"]) + chr(10))
""",
        )
        (folder / "manifest.yaml").write_text(f"{MANIFEST}resource: {{permission: {{{permission}}}}}\n")
        assert call.main([str(folder), "do", "--data-dir", str(tmp_path / "data")]) == 0
        return capfd.readouterr().out.strip()

    return store


def test_without_the_permission_in_its_manifest_a_plugin_is_refused_as_in_dify(store: Any) -> None:
    answer = store("set", permission="")
    assert answer == "permission denied, you need to enable storage access in plugin manifest"


def test_what_a_plugin_stores_is_there_in_the_next_call(store: Any) -> None:
    permission = "storage: {enabled: true, size: 1048576}"
    store("set", permission=permission)
    assert b"kept".hex() in store("get", permission=permission)
