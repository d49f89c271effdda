import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.workspace.cli.calling import GREETER, Call
from tests.workspace.plugin.plugins.bare import write_plugin

pytestmark = pytest.mark.usefixtures("child_process")

NOT_SECONDS = "argument --timeout: it takes a number of seconds above 0, such as 30, not '{}'."
PROGRAM = GREETER / "main.py"


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        (["greeet"], "greeter has no tool 'greeet': did you mean greet?"),
        (["greet"], "greet needs name: write name=text"),
        (["greet", "nmae=Ada"], "greet has no parameter 'nmae': did you mean name?"),
        (["greet", "Ada"], "'Ada' is not a parameter: write name=text, name:=json or name@file."),
        (["greet", "name=Ada", "style=cold"], "style: it is one of warm, formal, not 'cold'."),
        (["greet", "name=Ada", "--jsno"], "unrecognized arguments: --jsno."),
        (["greet", "name=Ada", "--timeout", "soon"], NOT_SECONDS.format("soon")),
        (["greet", "name=Ada", "--timeout", "0"], NOT_SECONDS.format("0")),
        (["greet", "name=Ada", "--timeout=-1"], NOT_SECONDS.format("-1")),
        (["greet", "name=Ada", "--timeout", "nan"], NOT_SECONDS.format("nan")),
        (["greet", "--data-dir", str(PROGRAM)], f"argument --data-dir: {PROGRAM} is no folder."),
        (["greet", "--data-dir", str(PROGRAM / "in")], f"argument --data-dir: {PROGRAM} is no folder."),
        (["enter"], "the provider needs door_key (Key of the door): write --credential door_key=..."),
        (["enter", "--credential", "door_key"], "a credential is written --credential NAME=VALUE."),
        (["enter", "--credential", "dor_key=1"], "the provider has no credential 'dor_key': did you mean door_key?"),
    ],
)
def test_a_wrong_command_line_is_one_sentence_and_exit_code_2(run: Call, argv: list[str], problem: str) -> None:
    done = run(str(GREETER), *argv)
    assert (done.code, done.out, done.err) == (2, "", f"workspace call: {problem}\n")


@pytest.mark.parametrize("argv", [(str(GREETER), "greeet"), (str(GREETER), "greet"), (), (str(GREETER), "--nonsense")])
def test_for_a_program_a_wrong_command_line_is_json_too(run: Call, argv: tuple[str, ...]) -> None:
    done = run(*argv, "--json")
    assert (done.code, done.err) == (2, "")
    error = json.loads(done.out)["error"]
    assert error["type"] == "UsageError"
    assert error["message"] == run(*argv).err.removeprefix("workspace call: ").rstrip()


@pytest.mark.parametrize(
    ("argument", "problem"),
    [
        ("one@", "one: name a file after @."),
        ("one@pipe", "one: pipe is no regular file."),
        ("one@/dev/null", "one: /dev/null is no regular file."),
        ("one@.", "one: . is no regular file."),
        ("one@nowhere", "one: nowhere cannot be read: No such file or directory."),
        ("one@~nobody-of-that-name/x", "one: ~nobody-of-that-name/x cannot be read: there is no such home folder."),
    ],
)
def test_a_file_parameter_takes_a_regular_file(run: Call, tmp_path: Path, argument: str, problem: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    done = run(str(GREETER), "describe_files", argument)
    assert (done.code, done.err) == (2, f"workspace call: {problem}\n")


def test_text_that_is_no_text_is_given_as_a_file_only_where_a_file_is_taken(run: Call, tmp_path: Path) -> None:
    (tmp_path / "p.png").write_bytes(b"\x89PNG")
    assert run(str(GREETER), "greet", "name=@p.png").err == "workspace call: name: p.png is no UTF-8 text.\n"
    problem = "one: p.png is no UTF-8 text; one@path gives the file as it is."
    assert run(str(GREETER), "describe_files", "one=@p.png").err == f"workspace call: {problem}\n"
    assert run(str(GREETER), "greet", "name=@").err == "workspace call: name: name a file after @.\n"


def test_a_failure_of_a_tool_is_shown_with_the_line_it_happened_in(run: Call) -> None:
    done = run(str(GREETER), "fail")
    place = '    at tools/fail.py:8: raise LookupError("nothing to say")\n'
    assert done.err.endswith(f"workspace call: the plugin failed: LookupError: nothing to say\n{place}")
    assert "Traceback" not in done.err
    traced = run(str(GREETER), "fail", "--trace").err
    assert "Traceback (most recent call last):\n" in traced
    assert 'tools/fail.py", line 8' in traced
    error = json.loads(run(str(GREETER), "fail", "--json").out)["error"]
    assert error["traceback"].endswith("LookupError: nothing to say\n")


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
    error = {"type": "LookupError", "message": "nothing to say", "traceback": "Traceback ..."}
    assert (done.code, json.loads(done.out)) == (1, {"error": error})


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
    done = run(folder, "do", "--timeout", "1")
    assert (done.code, done.err.splitlines()[-1]) == (1, "workspace call: The plugin did not finish within 1 s.")


def test_a_plugin_that_is_not_ready_in_time_is_reported(run: Call, bare: Any) -> None:
    folder = bare("import threading\nthreading.Event().wait()", whole=True)
    done = run(folder, "do", "--timeout", "0.2")
    assert (done.code, done.err.splitlines()[-1]) == (1, "workspace call: The plugin sent no heartbeat within 0.2 s.")


def test_a_folder_that_is_no_plugin_is_reported(run: Call, tmp_path: Path) -> None:
    done = run(str(tmp_path), "do")
    assert done.code == 1
    assert done.err.startswith("workspace call: manifest.yaml cannot be read in ")
    assert json.loads(run(str(tmp_path), "--json").out)["error"]["type"] == "PluginFolderError"
