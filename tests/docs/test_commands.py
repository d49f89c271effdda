"""The commands of the local workspace that the documents show print what stands below them."""

import contextlib
import io
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents import DOCUMENTS, ROOT, blocks, commands, is_as_printed
from workspace.cli import call, run

RUN = {".venv/bin/python -m workspace call ": call.main, ".venv/bin/python -m workspace run ": run.main}
SHOWN = [
    (document, command, printed)
    for document in DOCUMENTS
    for command, printed in commands(document=document)
    if command.startswith(tuple(RUN)) and document != "CONTRIBUTING.md"  # whose steps come first, see its own test
]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for what they keep, which later ones read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.delenv("OPENAI_BASE_URL", raising=False)
        yield tmp_path_factory.mktemp("kept")


@pytest.mark.usefixtures("started_before")
@pytest.mark.parametrize(
    ("document", "command", "printed"), SHOWN, ids=[f"{each[0]}-{each[1][27:70]}" for each in SHOWN]
)
def test_a_command_prints_what_stands_below_it(kept, document, command, printed):
    """In their order, and what goes to stderr too."""
    [prefix] = [prefix for prefix in RUN if command.startswith(prefix)]
    words = command.removeprefix(prefix).replace("\\\n", "").replace("demo-output", str(kept / "demo-output"))

    with contextlib.redirect_stdout(io.StringIO()) as real, contextlib.redirect_stderr(real):
        RUN[prefix]([*shlex.split(words), "--data-dir", str(kept)])

    shown = (
        real.getvalue().replace(str(kept / "demo-output"), "demo-output").replace(str(ROOT), "/home/you/switchboard")
    )
    assert is_as_printed(printed, shown), shown


def test_make_package_prints_what_is_printed(child_process, tmp_path):
    [printed] = [output for command, output in commands(document="docs/self-hosting.md") if command == "make package"]
    recipe = re.search(r"^package:.*\n\t@\$\(IN_VENV\) (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe

    command = [sys.executable, *shlex.split(recipe[1]), "--into", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert is_as_printed(printed, done.stdout.replace(str(tmp_path), "dist")), done.stdout + done.stderr


def test_every_document_that_shows_commands_is_run():
    assert {document for document, *_ in SHOWN} == {"docs/local-workspace.md", "docs/tools.md"}


EXAMPLES = [
    block.text
    for block in blocks("## Test with a stubbed session", "docs/local-workspace.md")
    if block.kind == "python"
]


def test_there_is_an_example_of_a_test_for_a_tool_and_for_an_endpoint():
    assert [re.findall(r"^class \w+\((\w+)\)", example, re.MULTILINE) for example in EXAMPLES] == [
        ["Tool"],
        ["Endpoint"],
    ]


@pytest.mark.parametrize("example", EXAMPLES, ids=["tool", "endpoint"])
def test_the_example_of_a_test_for_plugin_authors_runs(example):
    names: dict[str, object] = {}

    exec(example, names)

    tests = [value for name, value in names.items() if name.startswith("test_") and callable(value)]
    assert tests
    for test in tests:
        test()
