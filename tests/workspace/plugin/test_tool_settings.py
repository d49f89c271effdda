"""The values of a tool that no workflow calls."""

from typing import Any

import pytest

from workspace.plugin.folder import Option, Parameter, Tool
from workspace.plugin.parameters import ParameterError
from workspace.plugin.tool_settings import call_values


def parameter(kind: str, *, form: str = "form", required: bool = False, default: Any = None) -> Parameter:
    options = (Option("a", "A"), Option("b", "B")) if kind == "select" else ()
    return Parameter(
        "it", kind, form, required, default, options, None, None, "", multiple=False, label="", description=""
    )


def values(declared: Parameter, **given: Any) -> dict[str, Any]:
    return call_values(Tool("p", "t", "", "", "", (declared,), {}), given)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("string", ""), ("secret-input", ""), ("select", ""), ("boolean", False), ("object", {}),
        ("number", None), ("array", [None]), ("files", [None]), ("any", None), ("file", None),
    ],
)  # fmt: skip
def test_a_setting_that_nobody_made_is_what_dify_makes_of_null(kind: str, expected: Any) -> None:
    assert values(parameter(kind)) == {"it": expected}


@pytest.mark.parametrize("given", [{}, {"it": ""}, {"it": None}, {"it": []}])
def test_a_default_stands_for_an_empty_setting(given: dict[str, Any]) -> None:
    assert values(parameter("string", default="x"), **given) == {"it": "x"}


@pytest.mark.parametrize(("kind", "given"), [("number", 0), ("boolean", False)])
def test_zero_is_a_value(kind: str, given: Any) -> None:
    assert values(parameter(kind, default=1), it=given) == {"it": given}


@pytest.mark.parametrize("kind", ["model-selector", "app-selector"])
def test_a_selector_has_to_be_made_even_where_the_tool_does_not_need_it(kind: str) -> None:
    with pytest.raises(ParameterError, match=r"^The selector must be a dictionary\.$"):
        values(parameter(kind))


def test_a_required_setting_has_to_be_there() -> None:
    with pytest.raises(ParameterError, match="^tool parameter it not found in tool config$"):
        values(parameter("string", required=True))


def test_a_choice_has_to_be_one_of_the_options() -> None:
    with pytest.raises(ParameterError, match=r"^tool parameter it value c not in options \['a', 'b'\]$"):
        values(parameter("select"), it="c")


def test_what_a_model_fills_in_has_no_default_and_is_cast() -> None:
    assert values(parameter("number", form="llm", required=True, default=1)) == {}
    assert values(parameter("number", form="llm"), it="2") == {"it": 2}
    assert values(parameter("string", form="llm"), it=None) == {"it": ""}
