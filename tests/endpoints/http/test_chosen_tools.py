"""The tools that are chosen in an endpoint's settings, as Dify's console saves them."""

import pytest
from dify_plugin.entities.tool import ToolProviderType

from endpoints.http.chosen_tools import ChosenTool, chosen_tools

SAVED = {
    "enabled": True,
    "extra": {"description": "Sorts documents."},
    "parameters": {
        "documents": {"auto": 1, "value": None},
        "query": {"auto": 0, "value": {"type": "mixed", "value": "q"}},
    },
    "plugin_id": "author/plugin",
    "provider_name": "author/plugin/provider",
    "provider_show_name": "author/plugin/provider",
    "settings": {
        "model": {"value": {"type": "constant", "value": {"provider": "p", "model": "m"}}},
        "top_n": {"value": {"type": "constant", "value": None}},
        "mode": {"value": "fast"},
        "place": {"value": {"type": "variable", "value": ["start", "place"]}},
    },
    "tool_description": "Sorts them.",
    "tool_label": "Rerank documents",
    "tool_name": "rerank",
    "type": "builtin",
}


def test_what_is_set_is_fixed_and_the_rest_is_open():
    assert chosen_tools({"tools": [SAVED]}) == [
        ChosenTool(
            ToolProviderType.BUILT_IN,
            "author/plugin/provider",
            "rerank",
            "Rerank documents",
            "Sorts documents.",
            ("documents", "top_n", "place"),
            {"query": "q", "model": {"provider": "p", "model": "m"}, "mode": "fast"},
            None,
        )
    ]


@pytest.mark.parametrize(
    ("saved", "provider_type"),
    [("api", ToolProviderType.API), ("workflow", ToolProviderType.WORKFLOW), ("mcp", ToolProviderType.MCP)]
    + [(other, ToolProviderType.BUILT_IN) for other in ("builtin", "", None, "new", 5)],
)
def test_the_kind_of_provider_is_the_one_that_a_call_takes(saved, provider_type):
    [tool] = chosen_tools({"tools": [{**SAVED, "type": saved}]})

    assert tool.provider_type is provider_type


def test_the_credentials_chosen_go_along():
    [tool] = chosen_tools({"tools": [{**SAVED, "credential_id": "c-1"}]})

    assert tool.credential_id == "c-1"


def test_what_has_another_shape_than_it_should_is_passed_over():
    odd = {
        "extra": 5,
        "parameters": [],
        "settings": None,
        "tool_label": None,
        "tool_description": {},
        "credential_id": 1,
    }

    [tool] = chosen_tools({"tools": [{**SAVED, **odd}]})

    assert tool == ChosenTool(ToolProviderType.BUILT_IN, "author/plugin/provider", "rerank", "rerank", "", (), {}, None)
