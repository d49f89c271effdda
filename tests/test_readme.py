"""What the README claims of the tools is what they are."""

import re
from pathlib import Path

import pytest
import yaml

from tests.test_tools_contract import TOOLS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
ROW = re.compile(
    r"^\| (?P<interface>[^|]+) \| \[`(?P<tool>\w+)`\]\(tools/(?P<file>\w+)\.py\) \| `(?P<call>[\w.]+)` "
    r"\| `(?P<permission>[\w.]+)` \| \[test\]\((?P<test>[\w/]+\.py)\) \|$",
    re.MULTILINE,
)
ROWS = {match["tool"]: match for match in ROW.finditer(README)}


def test_every_tool_has_its_row():
    assert list(ROWS) == TOOLS


@pytest.mark.parametrize("tool", TOOLS)
def test_a_row_says_what_is_so(tool):
    row = ROWS[tool]
    source = (ROOT / "tools" / f"{row['file']}.py").read_text()
    permission = yaml.safe_load((ROOT / "manifest.yaml").read_text())["resource"]["permission"]
    group, _, flag = row["permission"].partition(".")

    assert row["file"] == tool
    assert f"self.session.{row['call']}" in source
    assert permission[group]["enabled"] is True
    assert not flag or permission[group][flag] is True
    assert (ROOT / row["test"]).is_file()


def test_what_fails_in_dify_today_is_marked_in_its_row_and_nothing_else_is():
    marked = {tool for tool, row in ROWS.items() if "fails in Dify today" in row["interface"]}

    assert marked == {"speech2text", "completion_app"}


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!https?:|#)([^)#]+)", README))))
def test_links_lead_somewhere(link):
    assert (ROOT / link).exists()


def test_every_make_command_in_the_readme_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"(?:^    |`)make ([a-z]+)\b", README, re.MULTILINE)) <= targets


def test_the_example_for_plugin_authors_runs():
    [example] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, object] = {}

    exec(example, names)

    tests = [value for name, value in names.items() if name.startswith("test_")]
    assert tests
    for run in tests:
        run()
