"""CONTRIBUTING.md's steps for a tool, performed as they stand there in a copy of the project."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from publishing import contents

ROOT = Path(__file__).parent.parent
STEP = re.compile(
    r"`(?P<path>[\w/-]+\.\w+)`(?:,\s(?P<side>above|below)\s(?P<quote>`{1,2})(?P<anchor>.+?)(?P=quote))?:\n\n"
    r"```\w+\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
TESTS = [
    *("tests/tools/test_similarity.py", "tests/test_tools_contract.py", "tests/test_agents.py"),
    *("tests/test_repository.py", "tests/test_readme.py", "tests/test_child_process.py", "tests/docs/test_tables.py"),
    *("tests/docs/test_tools.py", "tests/docs/test_reverse_invocations.py", "tests/docs/test_translations.py"),
]
CALL_IN_THE_DEMO = """
from examples.demo import __main__ as demo

calls = demo.calls_of_tools
demo.calls_of_tools = lambda *given: [step for step in calls(*given) if step.tool == "similarity"]
demo.http_steps = list
raise SystemExit(demo.main())
"""


class Copy(NamedTuple):
    folder: Path
    steps: list[str]
    """The files that were written or changed, in order."""

    def run(self, *command: str) -> str:
        """What a Python command prints in the copy; it has to succeed."""
        environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def copy(child_process, tmp_path_factory):
    folder = tmp_path_factory.mktemp("copy")
    tracked = contents.tracked_by_git(ROOT)
    if tracked is None:
        pytest.skip("The steps are tried on what git tracks, and this is no git repository.")
    for path in tracked:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes((ROOT / path).read_bytes())
    found = list(STEP.finditer((folder / "CONTRIBUTING.md").read_text(encoding="utf-8")))
    for step in found:
        perform(step, folder / step["path"])
    copy = Copy(folder, [step["path"] for step in found])
    copy.run("-m", "docs.tables")
    return copy


def perform(step, path):
    if not step["side"]:
        assert not path.exists(), f"{path.name} is there already"
        path.write_text(step["text"], encoding="utf-8")
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if line.startswith(step["anchor"]))
    lines.insert(place + (step["side"] == "below"), step["text"])
    path.write_text("".join(lines), encoding="utf-8")


def test_a_new_tool_is_six_files_by_hand(copy):
    written = [path for path in copy.steps if not (ROOT / path).exists()]

    assert written == ["tools/similarity.py", "tools/similarity.yaml", "tests/tools/test_similarity.py"]
    changed = ["provider/switchboard.yaml", "tests/tool_cases.py", "PRIVACY.md"]
    assert sorted(copy.steps) == sorted(written + changed)


def test_make_docs_puts_it_into_every_table(copy):
    rows = {
        "docs/tools.md": "| `similarity` | `first`, `second` | `model`, `model_id` | `similarity` |",
        "docs/reverse-invocations.md": "| `model.text_embedding` | `model.text_embedding` | [`similarity`]"
        "(../tools/similarity.py) | [test](../tests/tools/test_similarity.py) | one call for both texts |",
    }

    for document in ("README.md", *(f"readme/README_{language}.md" for language in ("zh_Hans", "ja_JP", "pt_BR"))):
        text = (copy.folder / document).read_text(encoding="utf-8")
        assert re.search(r"^\| [^`]+`llm`.*`text_embedding`[,、] ?`similarity`", text, re.MULTILINE), document
    for document, row in rows.items():
        lines = (copy.folder / document).read_text(encoding="utf-8").splitlines()
        [place] = [place for place, line in enumerate(lines) if line.startswith(row)]
        assert "`text_embedding`" in lines[place - 1]


def test_the_tool_passes_what_every_tool_has_to(copy):
    printed = copy.run(
        "-m", "pytest", "-q", *TESTS, "-k", "similarity or exactly or pinned or every_tool or translation or make_docs"
    )

    assert re.search(r"^\d{2,} passed", printed, re.MULTILINE), printed


def test_the_package_with_it_keeps_the_rules(copy):
    assert "keeps the" in copy.run("-m", "publishing", "check")


def test_it_is_formatted_and_keeps_the_style(copy):
    ours = [path for path in copy.steps if path.endswith(".py")]

    copy.run("-m", "ruff", "format", "--check", *ours)
    copy.run("-m", "ruff", "check", *ours)


def test_the_tool_answers(copy):
    texts = ("first=The shop is closed.", "second=The store is shut.")

    printed = copy.run("-m", "workspace", "call", ".", "similarity", *texts)

    assert 0.5 < float(re.findall(r"^similarity: (\S+)$", printed, re.MULTILINE)[0]) < 1


def test_the_demo_calls_it(copy):
    printed = copy.run("-c", CALL_IN_THE_DEMO)

    assert " 1/1  call similarity (tool similarity)" in printed
    assert "All 1 calls worked" in printed
