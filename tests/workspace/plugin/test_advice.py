import sys
from pathlib import Path

import pytest

from tests.workspace.plugin.plugins.bare import write_plugin
from workspace.plugin.errors import PluginStartError
from workspace.plugin.folder import read_plugin_folder
from workspace.plugin.process import PluginLine, PluginProcess
from workspace.wire import Payload

pytestmark = pytest.mark.usefixtures("child_process")


def no_dify(invoke_type: str, payload: Payload) -> list[Payload | None]:
    raise AssertionError("the plugin asks nothing in this test")


def lines_of(folder: Path) -> list[PluginLine]:
    lines: list[PluginLine] = []
    with PluginProcess(read_plugin_folder(folder), no_dify, on_line=lines.append) as plugin:
        list(plugin.call({}))
    return lines


def test_what_a_print_without_a_newline_does_is_told(tmp_path: Path) -> None:
    folder = write_plugin(
        tmp_path,
        """
def request(session, data):
    print("half a line: ", end="")
    text(session, "lost")
    end(session)
""",
    )
    printed, advice = lines_of(folder)
    assert printed.source == "stdout"
    assert printed.text.startswith('half a line: {"event"')
    assert advice == (
        "error",
        "Printed without a newline, it has swallowed the message that followed on its line; it does in Dify as well.",
    )


@pytest.mark.parametrize("line", ["plain", '{"event": ', 'cut {"event": "session"', '["event"]'])
def test_a_line_that_is_no_message_and_ends_in_none_is_shown_alone(tmp_path: Path, line: str) -> None:
    folder = write_plugin(tmp_path, f"def request(session, data):\n    print({line!r}, flush=True)\n    end(session)")
    assert lines_of(folder) == [("stdout", line.strip())]


def test_a_missing_package_is_installed_where_the_plugin_runs(tmp_path: Path) -> None:
    folder = write_plugin(tmp_path, "import nothing_of_that_name", whole=True)
    with pytest.raises(
        PluginStartError, match="This Python lacks one of its packages: install its requirements into a"
    ):
        lines_of(folder)
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    with pytest.raises(PluginStartError, match=r"The \.venv in its folder lacks one of its packages: install its req"):
        lines_of(folder)


def test_the_wire_is_utf_8_whatever_the_locale_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PYTHONIOENCODING", raising=False)
    folder = write_plugin(tmp_path, "def request(session, data):\n    print('h\u00e9', flush=True)\n    end(session)")
    assert lines_of(folder) == [("stdout", "h\u00e9")]
