"""What the README claims of the tools, the routes and their settings is what they are."""

import os
import re
import shlex
import subprocess
import sys

import pytest
import yaml
from dify_plugin.core.entities.invocation import InvokeType

from tests.readme_blocks import README, ROOT, blocks, commands, is_as_printed, section
from tests.test_tools_contract import TOOLS
from tests.tool_cases import TOOL_CASES

PERMISSIONS = yaml.safe_load((ROOT / "manifest.yaml").read_text())["resource"]["permission"]
ROW = re.compile(
    r"^\| (?P<interface>[^|]+) \| \[`(?P<tool>\w+)`\]\(tools/(?P<file>\w+)\.py\) \| `(?P<call>[\w.]+)` "
    r"\| `?(?P<permission>[\w.]+)`? \| \[test\]\((?P<test>[\w/]+\.py)\) \|$",
    re.MULTILINE,
)
ROWS = {match["tool"]: match for match in ROW.finditer(README)}

GROUP = yaml.safe_load((ROOT / "endpoints" / "group.yaml").read_text())
SOURCES = {
    f"{endpoint['method']} {endpoint['path']}": endpoint["extra"]["python"]["source"]
    for endpoint in (yaml.safe_load((ROOT / name).read_text()) for name in GROUP["endpoints"])
}
ROUTES = [[cell.strip() for cell in line.strip("|").split("|")] for line in section("### Routes") if line[:3] == "| `"]
"""The cells of each row: route, speaks, session call, permission, code, test."""


def test_every_tool_has_its_row():
    assert list(ROWS) == TOOLS


def test_every_invocation_of_the_sdk_has_a_tool_or_a_word_why_not(serve):
    called = {case(serve).invoke_type for case in TOOL_CASES.values()}
    left = {each.value for each in InvokeType} - called

    assert left == {"multimodal_embedding", "multimodal_rerank"}
    [row] = [line for line in README.splitlines() if "no tool: Dify" in line]
    assert re.findall(r"`model\.(\w+)\.invoke_multimodal`", row) == ["text_embedding", "rerank"]


@pytest.mark.parametrize("tool", TOOLS)
def test_a_row_says_what_is_so(tool):
    row = ROWS[tool]
    source = (ROOT / "tools" / f"{row['file']}.py").read_text()

    assert row["file"] == tool
    assert f"self.session.{row['call']}" in source
    assert row["permission"] == "none" or is_asked_for(row["permission"])
    assert (ROOT / row["test"]).is_file()


def is_asked_for(permission):
    group, _, flag = permission.partition(".")
    return PERMISSIONS[group]["enabled"] is True and (not flag or PERMISSIONS[group][flag] is True)


def routes_of(cell):
    """`POST [/<app_id>]/parameters` is two of them."""
    names = re.findall(r"`((?:GET|POST) [^`]+)`", cell)
    return [
        name for each in names for name in dict.fromkeys((re.sub(r"\[.*\]", "", each), re.sub(r"[\[\]]", "", each)))
    ]


def code(cell):
    """In quotes: none, one or several."""
    return re.findall(r"`([^`]+)`", cell)


def links(cell):
    return re.findall(r"\]\(([^)]+)\)", cell)


def test_every_route_has_its_row():
    catch_all = ("/", "/<path:path>")

    listed = [name for route, *_ in ROUTES for name in routes_of(route)]

    assert sorted(listed) == sorted(route for route in SOURCES if route.split(" ")[1] not in catch_all)
    assert [route for route, *_ in ROUTES if not routes_of(route)] == ["`OPTIONS` on every path"]


@pytest.mark.parametrize("row", ROUTES, ids=[row[0] for row in ROUTES])
def test_a_row_of_a_route_says_what_is_so(row):
    route, _, calls, permissions, files, tests = row
    source = "".join((ROOT / file).read_text() for file in links(files))
    called = set(re.findall(r"session\.(\w+\.\w+)(?:\.invoke)?\(", source))
    needed = {call if call.startswith("model.") else call.split(".")[0] for call in called} - {"file"}

    assert {SOURCES[name] for name in routes_of(route)} <= set(links(files))
    assert set(code(calls)) == called
    assert set(code(permissions)) == {need.replace("llm_structured_output", "llm") for need in needed}
    assert all(map(is_asked_for, code(permissions)))
    assert all((ROOT / file).is_file() for file in links(tests))


def test_the_routes_that_fail_in_dify_today_are_marked_and_no_others_are():
    marked = {name for route, *_ in ROUTES if "fails in Dify today" in route for name in routes_of(route)}

    assert marked == {name for name in SOURCES if "completion-messages" in name or "transcriptions" in name}


def test_every_setting_has_its_row():
    kinds = {
        "secret-input": "secret",
        "model-selector": "model",
        "app-selector": "app",
        "text-input": "text",
        "select": "choice",
    }
    rows = re.findall(
        r"^\| `(\w+)` \| (\w+)(, required)? \|", "\n".join(section("### Settings, and what a key reaches")), re.M
    )

    assert rows == [
        (setting["name"], kinds[setting["type"]], ", required" * setting["required"]) for setting in GROUP["settings"]
    ]


def test_what_fails_in_dify_today_is_marked_in_its_row_and_nothing_else_is():
    marked = {tool for tool, row in ROWS.items() if "fails in Dify today" in row["interface"]}

    assert marked == {"speech2text", "completion_app"}


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!https?:|#)([^)#]+)", README))))
def test_links_lead_somewhere(link):
    assert (ROOT / link).exists()


@pytest.mark.parametrize("anchor", sorted(set(re.findall(r"\]\(#([^)]+)\)", README))))
def test_anchors_lead_to_headings(anchor):
    headings = re.findall(r"^#+ (.*)$", README, re.MULTILINE)

    assert anchor in {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_every_make_command_in_the_readme_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"(?:^    |`)make ([a-z-]+)\b", README, re.MULTILINE)) <= targets


def test_the_workflow_for_plugin_authors_runs_as_printed(tmp_path):
    [(command, printed)] = [(text, output) for text, output in commands("## Develop") if output]
    words = shlex.split(command.replace("\\\n", ""))

    done = subprocess.run(
        [sys.executable, *words[1:], "--data-dir", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "OPENAI_BASE_URL": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )

    assert is_as_printed(printed, done.stdout), done.stdout


def test_the_example_for_plugin_authors_runs():
    [example] = [block.text for block in blocks("## Develop") if block.kind == "python"]
    names: dict[str, object] = {}

    exec(example, names)

    tests = [value for name, value in names.items() if name.startswith("test_")]
    assert tests
    for run in tests:
        run()
