"""Runs the code nodes of a workflow in a process of their own, with nothing between them and this machine.

Dify runs them in its sandbox. Here they run only where that was allowed, with few variables of the environment, for at
most as long as Dify lets them.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from typing import Any

from graphon.nodes.code.entities import CodeLanguage
from graphon.nodes.code.limits import CodeNodeLimits
from graphon.variables.utils import dumps_with_segments

from workspace.plugin.json_lines import well_formed
from workspace.workflows.stop import Stop

TIMEOUT = 15.0
"""Seconds; what Dify's sandbox allows."""

LIMITS = CodeNodeLimits(
    max_string_length=400_000,
    max_number=2**63 - 1,
    min_number=-(2**63),
    max_precision=20,
    max_depth=5,
    max_number_array_length=1000,
    max_string_array_length=30,
    max_object_array_length=30,
)
"""Of outputs, as Dify's `.env.example` has them."""

_PYTHON = """\
import json, sys, traceback
given, out, sys.stdout = json.load(sys.stdin), sys.stdout, sys.stderr
try:
    names = {"__name__": "__main__", "inputs_obj": given["inputs"]}
    source = given["code"] + 9 * "\\n" + "output_obj = main(**inputs_obj)"  # in the line in which Dify calls it
    exec(compile(source, "<string>", "exec"), names)
    text = json.dumps({"result": names["output_obj"]}, allow_nan=False)
except BaseException as error:
    frames = [
        traceback.FrameSummary(at.filename, at.lineno, at.name, line="" if at.filename == "<string>" else at.line)
        for at in traceback.extract_tb(error.__traceback__)[1:]
    ]
    told = traceback.format_list(frames) and ["Traceback (most recent call last):\\n", *traceback.format_list(frames)]
    text = json.dumps({"error": "".join([*told, *traceback.format_exception_only(error)])})
out.write(text)
"""
_JAVASCRIPT = """\
const given = JSON.parse(require("fs").readFileSync(0, "utf-8"))
console.log = console.info = console.error
let answer
try {
  answer = {result: new Function(given.code + "\\nreturn main")()(given.inputs)}
} catch (error) {
  answer = {error: String(error)}
}
Promise.resolve(answer.result).then(
  result => process.stdout.write(JSON.stringify("error" in answer ? answer : {result: result ?? null})),
  error => process.stdout.write(JSON.stringify({error: String(error)})),
)
"""
_COMMANDS = {
    CodeLanguage.PYTHON3: [sys.executable, "-I", "-c", _PYTHON],
    CodeLanguage.JAVASCRIPT: ["node", "-e", _JAVASCRIPT],
}


class CodeFailed(Exception):
    """The code raised, took too long, or returned what is no JSON object."""


class CodeRunner:
    """The engine's code executor."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop

    def execute(self, *, language: CodeLanguage, code: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """What `main` returns. Raises CodeFailed."""
        with tempfile.TemporaryDirectory() as folder:
            written = self._run(_COMMANDS[language], {"code": code, "inputs": inputs}, folder)
        try:
            answer = json.loads(written)
        except ValueError:
            raise CodeFailed(self._stop.reason or "The code ended its process.") from None
        if "error" in answer:
            raise CodeFailed(answer["error"])
        if not isinstance(answer["result"], dict):
            raise CodeFailed(f"main must return a dict, not {json.dumps(answer['result'])[:100]}.")
        result: dict[str, Any] = well_formed(answer["result"])
        return result

    def is_execution_error(self, error: Exception) -> bool:
        return isinstance(error, CodeFailed)

    def _run(self, command: list[str], given: dict[str, Any], folder: str) -> str:
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            raise CodeFailed(f"{command[0]} cannot be started: {error.strerror}.") from None
        with self._stop.calling(lambda: _kill(process)):
            try:
                return process.communicate(dumps_with_segments(given), TIMEOUT)[0]
            except subprocess.TimeoutExpired:
                raise CodeFailed(f"The code took longer than {TIMEOUT:g} s.") from None
            finally:
                _kill(process)
                process.communicate()


def _kill(process: "subprocess.Popen[str]") -> None:
    """With what it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
