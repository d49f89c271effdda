from pathlib import Path

import pytest

from workspace.plugin.failure_place import failure_place


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("main.py", "tools/keep.py", "keeper/errors.py", ".venv/lib/site-packages/lib.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def traceback(folder: Path, error: str, *, before: str = "") -> str:
    return f"""{before}Traceback (most recent call last):
  File "/usr/lib/python3/server.py", line 90, in execute
    self.run()
  File "{folder}/tools/keep.py", line 12, in _invoke
    text = kept["nope"]
           ~~~~^^^^^^^^
  File "{folder}/.venv/lib/site-packages/lib.py", line 3, in __getitem__
    return self.kept[name]
  File "<string>", line 1, in <module>
{error}
"""


@pytest.mark.parametrize("error", ["KeyError: 'nope'", "KeyError", "requests.exceptions.Timeout: no answer"])
def test_the_last_line_of_the_plugins_own_that_ran_is_named(folder: Path, error: str) -> None:
    assert failure_place(traceback(folder, error), folder) == 'tools/keep.py:12: text = kept["nope"]'


@pytest.mark.parametrize(
    "error",
    ["keeper.errors.NotKept: there is no nope", "keeper.errors.NotKept", "tools.keep.Keep.Missing: no", "OfMain: no"],
)
def test_an_error_class_of_the_plugins_own_speaks_for_itself(folder: Path, error: str) -> None:
    assert failure_place(traceback(folder, error), folder) == ""


def test_of_a_chain_of_errors_the_last_one_counts(folder: Path) -> None:
    before = traceback(folder, "keeper.errors.NotKept: x").replace("line 12", "line 1") + "\nDuring ...\n\n"
    place = failure_place(traceback(folder, "KeyError: 'nope'", before=before), folder)
    assert place == 'tools/keep.py:12: text = kept["nope"]'


def test_a_path_may_be_relative_and_its_source_unknown(folder: Path) -> None:
    said = 'Traceback (most recent call last):\n  File "tools/keep.py", line 7, in f\nKeyError: 1\n'
    assert failure_place(said, folder) == "tools/keep.py:7"


@pytest.mark.parametrize("said", ["", "Traceback ...", 'Traceback:\n  File "/usr/lib/x.py", line 1, in f\nKeyError: 1'])
def test_nothing_is_named_where_no_line_of_the_plugin_ran(folder: Path, said: str) -> None:
    assert failure_place(said, folder) == ""
