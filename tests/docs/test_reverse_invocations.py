"""docs/reverse-invocations.md leads from each call to its code, its permission and its test."""

import re

import pytest
import yaml
from dify_plugin.core.entities.invocation import InvokeType

from endpoints.http.routes import ROUTES
from tests.documents import ROOT, code, links, routes_of, rows, section
from tests.tool_cases import INVOKE_TYPES, TOOLS
from workspace.plugin.yaml_file import Loader

DOCUMENT = "docs/reverse-invocations.md"
TOOL_ROWS = {code(cells[2])[0]: cells for cells in rows("## Tools", DOCUMENT)}
ROUTE_ROWS = rows("## Routes", DOCUMENT)
PERMISSIONS = yaml.load((ROOT / "manifest.yaml").read_bytes(), Loader)["resource"]["permission"]
ENDPOINTS = [
    yaml.load((ROOT / name).read_bytes(), Loader)
    for name in yaml.load((ROOT / "endpoints" / "group.yaml").read_bytes(), Loader)["endpoints"]
]
SOURCES = {f"{each['method']} {each['path']}": each["extra"]["python"]["source"] for each in ENDPOINTS}


def leads_to(cell: str) -> set[str]:
    """The files that a cell links, from the root."""
    return {link.removeprefix("../") for link in links(cell)}


def is_asked_for(permission: str) -> bool:
    group, _, flag = permission.partition(".")
    return PERMISSIONS[group]["enabled"] is True and (not flag or PERMISSIONS[group][flag] is True)


def test_every_tool_has_its_row():
    assert set(TOOL_ROWS) == set(TOOLS)


def test_every_invocation_of_the_sdk_has_a_tool_or_a_word_why_not():
    left = {each.value for each in InvokeType} - set(INVOKE_TYPES.values())

    assert left == {"multimodal_embedding", "multimodal_rerank"}
    without_tool = re.findall(r"`model\.(\w+)\.invoke_multimodal`", "\n".join(section("## Tools", DOCUMENT)))
    assert without_tool == ["text_embedding", "rerank"]


@pytest.mark.parametrize("tool", TOOLS)
def test_the_row_of_a_tool_says_what_is_so(tool):
    calls, permissions = code(TOOL_ROWS[tool][0]), code(TOOL_ROWS[tool][1])
    source = (ROOT / "tools" / f"{tool}.py").read_text()

    assert leads_to(TOOL_ROWS[tool][2]) == {f"tools/{tool}.py"}
    assert calls
    assert all(f"self.session.{call}" in source for call in calls)
    assert permissions or TOOL_ROWS[tool][1] == "none"
    assert all(map(is_asked_for, permissions))
    assert leads_to(TOOL_ROWS[tool][3]) == {f"tests/tools/test_{tool}.py"}
    assert TOOL_ROWS[tool][4], "what is to mind stands in the docstring, after `To mind: `"


def test_the_tools_that_fail_in_dify_today_are_marked_and_no_others_are():
    marked = {tool for tool, cells in TOOL_ROWS.items() if "fails in Dify today" in cells[2]}

    assert marked == {"speech2text", "completion_app"}


def test_every_route_has_its_row():
    listed = [name for route, *_ in ROUTE_ROWS for name in routes_of(route)]

    assert sorted(listed) == sorted(f"{method} {path}" for path, method in ROUTES.items())
    others = [route for route, *_ in ROUTE_ROWS if not routes_of(route)]
    assert others == ["`OPTIONS` on any path", "anything else"]


@pytest.mark.parametrize("row", ROUTE_ROWS, ids=[row[0] for row in ROUTE_ROWS])
def test_the_row_of_a_route_says_what_is_so(row):
    route, calls, permissions, files, tests = row
    source = "".join((ROOT / file).read_text() for file in leads_to(files))
    called = set(re.findall(r"session\.(\w+\.\w+)(?:\.invoke)?\(", source))
    needed = {call if call.startswith("model.") else call.split(".")[0] for call in called} - {"file"}

    assert {SOURCES[name] for name in routes_of(route)} <= leads_to(files)
    assert set(code(calls)) == called
    assert set(code(permissions)) == {need.replace("llm_structured_output", "llm") for need in needed}
    assert all(map(is_asked_for, code(permissions)))
    assert leads_to(tests)


def test_the_routes_that_fail_in_dify_today_are_marked_and_no_others_are():
    marked = {name for route, *_ in ROUTE_ROWS if "fails in Dify today" in route for name in routes_of(route)}

    assert marked == {name for name in SOURCES if "completion-messages" in name or "transcriptions" in name}
