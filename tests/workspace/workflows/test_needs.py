"""What cannot run here is told before anything of a workflow runs."""

from pathlib import Path
from typing import Any

import pytest

from tests.workspace.workflows.conftest import GREETER, MakeApp
from tests.workspace.workflows.dsl_files import code, edge, end, node, start, tool, variable
from workspace.dify.refusals import Refused
from workspace.plugin.folder import read_plugin_folder
from workspace.workflows.dsl import GraphNode
from workspace.workflows.needs import CannotRun
from workspace.workflows.plugin_tools import PluginTools

NO_KNOWLEDGE = (
    "Find (knowledge-retrieval): there are no knowledge bases here; --knowledge DIR takes a folder of texts for one"
)

TOOLS = PluginTools(read_plugin_folder(GREETER))

HTTP = node("fetch", "http-request", method="get", url="http://127.0.0.1:9/", authorization={"type": "no-auth"})
JAVASCRIPT = code("script", "function main() { return {} }", language="javascript")


@pytest.mark.parametrize(
    ("needing", "line"),
    [
        (
            node("find", "knowledge-retrieval"),
            NO_KNOWLEDGE,
        ),
        (node("act", "agent"), "Act (agent): there are no agent strategies here"),
        (node("ask", "human-input"), "Ask (human-input): nobody is here to fill in its form"),
        (node("read", "document-extractor"), "Read (document-extractor): the readers of documents that Dify's server "),
        (node("guess", "crystal-ball"), "Guess (crystal-ball): no such type of node is known here"),
        (HTTP, "Fetch (http-request): it sends HTTP requests, which only --allow-code lets it"),
        (
            code("run", "def main(): return {}"),
            "Run (code): it runs code of this file, which only --allow-code lets it",
        ),
        (
            tool("search", provider="langgenius/tavily/tavily"),
            "Search (tool): it calls search of langgenius/tavily/tavily; the plugin under work is tests/greeter",
        ),
        (
            tool("sing"),
            "Sing (tool): it calls sing of tests/greeter/greeter, which is not there; "
            "tests/greeter has ask, describe_files, draw, enter, fail, greet",
        ),
        (tool("greet"), "Greet (tool): greet needs name"),
        (tool("ask", prompt="Hi"), "Ask (tool): ask needs model"),
        (
            tool("enter", provider="tests/greeter/locked"),
            "Enter (tool): the provider needs door_key (Key of the door): write --credential door_key=...",
        ),
    ],
)
def test_a_node_that_cannot_run_here_is_told_with_the_reason(make: MakeApp, needing: Any, line: str) -> None:
    with pytest.raises(CannotRun) as caught:
        make(start(), needing, end(), tools=TOOLS)

    assert line in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("api", "a custom tool, made of an OpenAPI schema"),
        ("workflow", "a workflow published as a tool"),
        ("mcp", "a tool of an MCP server"),
    ],
)
def test_tools_that_are_of_no_plugin_are_told_apart(make: MakeApp, kind: str, what: str) -> None:
    other = tool("search", provider="1234")
    other["data"]["provider_type"] = kind

    for tools in (TOOLS, None):
        with pytest.raises(CannotRun, match=rf"Search \(tool\): it calls search, {what}$"):
            make(start(), other, tools=tools)


def test_all_that_is_missing_is_told_at_once(make: MakeApp) -> None:
    field = variable("day", "external_data_tool")
    with pytest.raises(CannotRun) as caught:
        make(start(field), node("find", "knowledge-retrieval"), tool("greet", name="Ada"), end())

    assert str(caught.value).split("\n    ") == [
        "",
        NO_KNOWLEDGE,
        "Greet (tool): it calls greet of tests/greeter/greeter; name the plugin's folder with --plugin DIR",
        "Start (start): nothing here fills in day (external_data_tool)",
    ]


def test_javascript_needs_node(make: MakeApp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotRun, match=r"Script \(code\): it is JavaScript, and there is no `node` on the PATH"):
        make(start(), JAVASCRIPT, allow_code=True)


def test_a_credential_that_is_given_is_no_longer_missing(make: MakeApp) -> None:
    tools = PluginTools(read_plugin_folder(GREETER), credentials={"door_key": "test-key"})

    assert make(start(), tool("enter", provider="tests/greeter/locked"), tools=tools).mode == "workflow"


def test_a_default_of_the_yaml_stands_in_only_for_nodes_of_older_editors() -> None:
    """Dify's editor writes defaults into the node; its engine fills none in, but for nodes from before that."""
    folder = read_plugin_folder(GREETER)
    style = next(one for one in folder.tool("greet").parameters if one.name == "style")
    object.__setattr__(style, "required", True)
    old = tool("greet", name="Ada")
    del old["data"]["tool_node_version"]

    assert PluginTools(folder).problem(GraphNode("old", "tool", old["data"])) == ""
    assert PluginTools(folder).problem(GraphNode("new", "tool", tool("greet", name="Ada")["data"])) == (
        "greet needs style"
    )


@pytest.mark.parametrize(
    ("nodes", "edges", "problem"),
    [
        ([start(), end()], [edge("start", "nowhere")], "unknown target node 'nowhere'"),
        ([start(), end()], [edge("start", "end"), edge("end", "start")], "contains a cycle"),
        ([start(), node("same", "end", outputs=[]), node("same", "end", outputs=[])], [], "Duplicate graph node ID"),
        ([start(), node("if", "if-else", cases=[{"case_id": 3}])], None, "If (if-else): cases.0"),
        ([start(), node("set", "assigner", version="2")], None, "Set (assigner): assigned_variable_selector"),
    ],
)
def test_a_graph_that_the_engine_refuses_is_refused_before_its_first_event(
    make: MakeApp, nodes: Any, edges: Any, problem: str
) -> None:
    tried = make(*nodes, edges=edges)
    with pytest.raises(Refused) as caught:
        next(tried.run({"inputs": {}, "query": "", "conversation_id": ""}))

    assert str(caught.value).startswith("Dify's workflow engine refuses its graph: ")
    assert not str(caught.value).endswith("..")
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)
