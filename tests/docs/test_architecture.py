"""docs/architecture.md names the folders there are, and what `make bench` measures."""

import re
from pathlib import Path

import pytest

from publishing import contents
from tests.documents import ROOT, blocks, code, rows

DOCUMENT = "docs/architecture.md"


def folders_below(folder: str) -> set[str]:
    """Those that git tracks something in."""
    tracked = contents.tracked_by_git(ROOT)
    if tracked is None:
        pytest.skip("The folders are those that git tracks something in, and this is no git repository.")
    paths = [Path(path).relative_to(folder) for path in tracked if Path(path).is_relative_to(folder)]
    return {path.parts[0] for path in paths if len(path.parts) > 1}


def test_every_folder_is_named(child_process):
    [tree] = [block.text for block in blocks("## Where things are", DOCUMENT) if block.kind == "indented"]

    assert folders_below(".") - {".ci", ".github", "_assets"} <= set(re.findall(r"\b([a-z]+)/(?=\s)", tree))


def test_every_folder_of_the_workspace_is_named(child_process):
    named = {code(folder)[0] for folder, _ in rows("## The local workspace", DOCUMENT)}

    assert {f"workspace/{name}/" for name in folders_below("workspace")} == named


def test_the_table_of_speeds_is_the_one_that_is_measured():
    measured = (ROOT / "benchmarks" / "__main__.py").read_text()
    [printed] = [block.text for block in blocks("## Speed", DOCUMENT) if block.kind == "text"]
    table = [line for line in printed.splitlines()[1:] if line and not line.startswith(" ")]

    compared = re.findall(r'_compare\("([^"]+)",.*?wanted="([^"]+)"', measured)
    for name, wanted in compared:
        assert any(line.startswith(name) and line.endswith(wanted) for line in table), name
    for_each_api = [name for name, _ in compared if name.startswith("streamed")]
    apis = ("chat completions", "responses", "messages")
    for api in apis:
        assert f'"{api}"' in measured
        assert any(line.startswith(f"{api} a second") for line in table), api
    assert all(sum(line.startswith(name) for line in table) == len(apis) for name in for_each_api)
    others = (
        "200 streams at once, whole",
        "memory at rest, MB",
        "memory after, MB",
        "an app over MCP, ms",
        "five nodes, ms",
        "imported at start",
    )
    once = len(compared) - len(for_each_api) + len(others)
    assert len(table) == once + len(apis) * (1 + len(for_each_api))
    for name in others:
        assert name in measured
        assert any(line.startswith(name) for line in table), name
