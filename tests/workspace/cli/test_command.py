import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.workspace.cli.calling import GREETER
from tests.workspace.plugin.plugins.bare import MANIFEST, write_plugin
from workspace.__main__ import COMMANDS, main
from workspace.cli import call
from workspace.cli.terminal import note, show

pytestmark = pytest.mark.usefixtures("child_process")


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
    assert ("interrupted\n" in errors) == (number == signal.SIGINT)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_an_interrupt_while_a_command_is_imported_has_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "interrupted_on_import.py").write_text("raise KeyboardInterrupt")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(COMMANDS, "call", "interrupted_on_import")
    assert main(["call"]) == 130
    assert capsys.readouterr() == ("", "interrupted\n")


GREET = """
def request(session, data):
    text(session, f"Hello, {data['tool_parameters']['name']}!")
    end(session)
"""


@pytest.mark.parametrize(
    "argv", [["--help"], ["call", "--help"], ["call", "FOLDER"], ["call", "FOLDER", "greet", "name=Ada"]]
)
def test_output_that_cannot_be_written_is_one_sentence(greeter: Any, argv: list[str]) -> None:
    folder = greeter(GREET)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "workspace", *(word.replace("FOLDER", folder) for word in argv)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.endswith("workspace: the output could not be written: No space left on device.\n")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("argument", ["name=@name.txt", b"name=\xff"])
def test_text_outside_the_locale_can_be_written(tmp_path: Path, argument: str | bytes) -> None:
    (tmp_path / "name.txt").write_text("Zoé", encoding="utf-8")
    locale = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "workspace", "call", str(GREETER), "greet", argument],
        env={**os.environ, **locale, "PYTHONPATH": str(Path.cwd())},
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    assert done.stdout.decode().startswith(f"Hello, {'Zoé' if isinstance(argument, str) else chr(0xFFFD)}!")


@pytest.mark.parametrize(
    ("closed", "code", "told"),
    [(">&-", 1, "workspace: the output could not be written: stdout is closed.\n"), ("2>&-", 0, "")],
)
def test_a_stream_that_is_closed_has_no_traceback(greeter: Any, closed: str, code: int, told: str) -> None:
    command = f'"{sys.executable}" -W error -m workspace call "{greeter(GREET)}" greet name=Ada {closed}'
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.splitlines(keepends=True)[-1:]) == (code, [told] if told else [])
    assert done.stdout.startswith("Hello, Ada!") == (code == 0)


def test_a_line_is_written_in_one_piece_since_several_threads_print(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []

    class Stream(io.StringIO):
        def write(self, text: str) -> int:
            written.append(text)
            return len(text)

    monkeypatch.setattr(sys, "stdout", Stream())
    monkeypatch.setattr(sys, "stderr", Stream())
    show("out")
    note("err")
    assert written == ["out\n", "err\n"]


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
        folder = tmp_path / option  # for each its own: of two as long and of one second Python keeps the first compiled
        folder.mkdir()
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
