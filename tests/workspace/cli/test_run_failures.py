"""What is wrong with a run is told once, in a sentence, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.workspace.cli.calling import GREETER, RunWorkflow
from tests.workspace.workflows.dsl_files import end, llm, node, start, tool, variable

pytestmark = pytest.mark.usefixtures("child_process")

PLUGIN = ("--plugin", str(GREETER))
HELLO = (
    start(variable("name", required=True, max_length=48), variable("count", "number")),
    end(name=["start", "name"]),
)
BARE_TOOL = tool("do", provider="tests/bare/bare")


# -- before anything runs


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        ((), "name a DSL file; --help tells the rest."),
        (("nowhere.yml",), "nowhere.yml cannot be read: No such file or directory."),
        (("tried.yml",), "tried needs name: write name=text"),
        (("tried.yml", "name="), "tried needs name: write name=text"),
        (("tried.yml", "nmae=Ada"), "tried has no parameter 'nmae': did you mean name?"),
        (("tried.yml", "name=Ada", "count=many"), "count in input form must be a valid number"),
        (("tried.yml", "name=" + "x" * 49), "name in input form must be less than 48 characters"),
        (("tried.yml", "name@tried.yml"), "(type 'text-input') name in input form must be a string"),
        (("tried.yml", "name=Ada", "--timeout", "0"), "argument --timeout: it takes a number of seconds above 0"),
        (("tried.yml", "name=Ada", "--knowledge", "nowhere"), "--knowledge nowhere: there is no text in it; it takes"),
        (("tried.yml", "name=Ada", "--nonsense"), "unrecognized arguments: --nonsense."),
        (("tried.yml", "name=Ada", "--credential", "key", *PLUGIN), "a credential is written --credential NAME=VALUE."),
    ],
)
def test_a_wrong_command_line_is_one_sentence_and_exit_code_2(
    run_workflow: RunWorkflow, dsl: Callable[..., str], argv: tuple[str, ...], problem: str
) -> None:
    dsl(*HELLO)
    done = run_workflow(*argv)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"workspace run: {problem}"), done.err
    assert done.err.count("\n") == 1
    shown = run_workflow(*argv, "--json")
    assert (shown.code, shown.err) == (2, "")
    assert json.loads(shown.out)["error"]["message"] == done.err.removeprefix("workspace run: ").rstrip()


def test_a_conversation_that_cannot_be_kept_is_told_before_anything_runs(
    run_workflow: RunWorkflow, dsl: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "conversations").write_text("")
    file = dsl(start(), node("answer", "answer", answer="yes"), mode="advanced-chat")
    done = run_workflow(file, "sys.query=Well?", "--data-dir", "data")
    assert (done.code, done.out) == (2, "")
    assert done.err == "workspace run: --data-dir data: no file can be kept there: Not a directory.\n"


def test_all_that_is_missing_is_told_at_once(run_workflow: RunWorkflow, dsl: Callable[..., str]) -> None:
    other = tool("search", provider="langgenius/google/google")
    file = dsl(start(), other, tool("sing"), node("http", "http-request"), node("odd", "teleport"), end())
    done = run_workflow(file, *PLUGIN)
    assert (done.code, done.out) == (2, "")
    first, *problems = done.err.splitlines()
    assert first == "workspace run: this cannot run here:"
    assert [problem.strip().split(":")[0] for problem in problems] == [
        "Search (tool)",
        "Sing (tool)",
        "Http (http-request)",
        "Odd (teleport)",
    ]
    assert "runs under" not in done.err


def test_tools_need_a_plugin(run_workflow: RunWorkflow, dsl: Callable[..., str]) -> None:
    done = run_workflow(dsl(start(), tool("fail"), end()))
    assert done.code == 2
    assert "Fail (tool): it calls fail of tests/greeter/greeter" in done.err
    assert "--plugin" in done.err


# -- while it runs


def test_a_tool_that_fails_is_told_once_with_the_line_it_failed_in(
    run_workflow: RunWorkflow, dsl: Callable[..., str]
) -> None:
    file = dsl(start(), tool("fail"), end())
    done = run_workflow(file, *PLUGIN)
    assert (done.code, done.out) == (1, "")
    assert done.err.count("error type: LookupError, error details: nothing to say") == 1
    assert '\n      at tools/fail.py:8: raise LookupError("nothing to say")\n' in done.err
    assert done.err.splitlines()[-1].startswith("failed in ")
    shown = run_workflow(file, *PLUGIN, "--json")
    result = json.loads(shown.out)
    assert (shown.code, result["status"], result["outputs"]) == (1, "failed", {})
    assert result["error"].endswith("error type: LookupError, error details: nothing to say")


@pytest.mark.parametrize("mode", ["workflow", "advanced-chat"])
def test_a_model_that_fails_is_told_in_a_sentence_and_to_programs_as_dify_tells_it(
    run_workflow: RunWorkflow, dsl: Callable[..., str], monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    last = end() if mode == "workflow" else node("answer", "answer", answer="{{#llm.text#}}")
    file = dsl(start(), llm(prompt="Hello"), last, mode=mode)
    said = "[models] Error: no connection to http://127.0.0.1:9/v1: check OPENAI_BASE_URL and the server"
    given = ["sys.query=Hello"] if mode == "advanced-chat" else []
    assert f"\n      {said}\n" in run_workflow(file, *given).err
    error = json.loads(run_workflow(file, *given, "--json").out)["error"]
    assert error.startswith('PluginInvokeError: {"args":')
    assert json.loads(error.partition(": ")[2])["message"] == said


def test_a_trace_has_the_whole_traceback_of_a_tool(run_workflow: RunWorkflow, dsl: Callable[..., str]) -> None:
    done = run_workflow(dsl(start(), tool("fail"), end()), *PLUGIN, "--trace")
    assert "Traceback (most recent call last):\n" in done.err
    assert "\n  LookupError: nothing to say\n" in done.err
    assert "the plugin asked Dify nothing\n" in done.err


def test_a_plugin_that_does_not_start_is_told_and_exit_code_1(
    run_workflow: RunWorkflow, dsl: Callable[..., str], bare: Any
) -> None:
    file, folder = dsl(start(), BARE_TOOL, end()), bare("import sys\nsys.exit('no licence')", whole=True)
    done = run_workflow(file, "--plugin", folder)
    assert (done.code, done.out) == (1, "")
    assert "workspace run: The plugin ended with exit code 1." in done.err
    assert "no licence" in done.err
    error = json.loads(run_workflow(file, "--plugin", folder, "--json").out)["error"]
    assert error["type"] == "PluginStartError"


def test_a_plugin_that_ends_in_mid_run_fails_the_run(
    run_workflow: RunWorkflow, dsl: Callable[..., str], bare: Any
) -> None:
    file = dsl(start(), BARE_TOOL, end())
    done = run_workflow(file, "--plugin", bare("def request(session, data): os._exit(3)"))
    assert (done.code, done.out) == (1, "")
    assert "The plugin ended with exit code 3." in done.err
    assert done.err.count("The plugin ended") == 1
    assert done.err.splitlines()[-1].startswith("failed in ")


def test_a_run_that_never_ends_is_stopped_after_its_time(
    run_workflow: RunWorkflow, dsl: Callable[..., str], bare: Any
) -> None:
    file = dsl(start(), BARE_TOOL, end())
    folder = bare("def request(session, data): open('pid', 'w').write(str(os.getpid()))")
    shown = run_workflow(file, "--plugin", folder, "--timeout", "2", "--json")
    result = json.loads(shown.out)
    assert (shown.code, result["status"]) == (1, "failed")
    assert "it took longer than 2 s" in result["error"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_leaves_no_process_and_no_traceback(
    dsl: Callable[..., str], bare: Any, tmp_path: Any, number: int, code: int
) -> None:
    file = dsl(start(), BARE_TOOL, end())
    folder = bare("def request(session, data): print('this is pid', os.getpid(), flush=True)")
    command = [sys.executable, "-W", "error", "-m", "workspace", "run", str(tmp_path / file), "--plugin", folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        pid = next(int(line.split()[-1]) for line in process.stderr if "this is pid" in line)
        process.send_signal(number)
        _, errors = process.communicate()
    assert process.returncode == code
    assert "Traceback" not in errors
    assert ("interrupted\n" in errors) == (number == signal.SIGINT)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
