import json
from pathlib import Path
from typing import Any

import pytest

from tests.workspace.cli.calling import Call
from workspace.cli.saved_files import save_files
from workspace.plugin.outputs import OutputFile


def saved_names(folder: Path, *names: str) -> list[str]:
    saved = save_files([OutputFile(name, "text/plain", b"abc") for name in names], folder)
    assert saved.problems == {}
    return [path.name for path in saved.paths.values()]


@pytest.mark.parametrize(
    ("name", "used"),
    [
        ("../../up", "up"),
        ("..", "file"),
        (".", "file"),
        ("", "file"),
        ("a\nb\0.txt", "a_b_.txt"),
        ("a" * 300 + ".mp3", "a" * 236 + ".mp3"),
        ("é" * 300 + ".mp3", "é" * 118 + ".mp3"),
        ("a." + "b" * 300, "a." + "b" * 39),
    ],
)
def test_a_name_that_cannot_be_used_is_cleaned_and_cut(tmp_path: Path, name: str, used: str) -> None:
    assert saved_names(tmp_path, name) == [used]
    assert (tmp_path / used).read_bytes() == b"abc"


def test_a_long_name_that_is_taken_still_gets_its_number(tmp_path: Path) -> None:
    name = "a" * 300 + ".mp3"
    assert saved_names(tmp_path, name, name) == ["a" * 236 + ".mp3", "a" * 236 + "-2.mp3"]


def test_a_link_to_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "elsewhere")
    assert saved_names(tmp_path, "a.txt") == ["a-2.txt"]
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("folder", "reason"),
    [("a-file", "File exists"), ("a-file/in", "Not a directory"), ("/proc", "No such file or directory")],
)
def test_a_folder_that_takes_no_files_is_refused_before_the_plugin_is_called(
    run: Call, bare: Any, tmp_path: Path, folder: str, reason: str
) -> None:
    (tmp_path / "a-file").touch()
    done = run(bare("def request(session, data): raise SystemExit"), "do", "--save-dir", folder)
    problem = f"workspace call: --save-dir {folder}: no file can be kept there: {reason}.\n"
    assert (done.code, done.out, done.err) == (2, "", problem)


def test_what_cannot_be_saved_in_the_end_is_said_after_all_outputs(run: Call, bare: Any, tmp_path: Path) -> None:
    folder = bare("""
import shutil
def request(session, data):
    shutil.rmtree(os.path.join("..", "kept"))
    blob = {"type": "blob", "message": {"blob": "YWJj"}, "meta": {"filename": "a.txt"}}
    answer(session, "stream", blob)
    answer(session, "stream", {"type": "json", "message": {"json_object": {"a": 1}}})
    end(session)
""")
    done = run(folder, "do", "--save-dir", "kept")
    assert done.code == 1
    assert done.out == 'json: {"a": 1}\nfile: a.txt (application/octet-stream, 3 bytes), not saved\n'
    assert "workspace call: a.txt could not be saved: No such file or directory.\n" in done.err
    shown = json.loads(run(folder, "do", "--save-dir", "kept", "--json").out)
    assert shown["json"] == [{"a": 1}]
    assert shown["files"][0]["error"] == "No such file or directory"
