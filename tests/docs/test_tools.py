"""docs/tools.md says of the tools and their errors what is so."""

import inspect
import re

import pytest
import yaml

from switchboard import errors
from switchboard.errors import SwitchboardError
from tests.documents import ROOT, code, rows, section
from tests.tool_cases import TOOLS
from workspace.plugin.yaml_file import Loader

DOCUMENT = "docs/tools.md"
TABLE = {code(tool)[0]: cells for tool, *cells in rows("## What each asks for and sets", DOCUMENT)}


def test_every_tool_has_its_row():
    assert set(TABLE) == set(TOOLS)


@pytest.mark.parametrize("tool", TOOLS)
def test_a_row_has_the_parameters_and_the_outputs_of_the_tool(tool):
    declared = yaml.load((ROOT / "tools" / f"{tool}.yaml").read_bytes(), Loader)
    parameters = declared["parameters"]

    assert [code(cell) for cell in TABLE[tool]] == [
        [each["name"] for each in parameters if each["required"]],
        [each["name"] for each in parameters if not each["required"]],
        list(declared["output_schema"]["properties"]),
    ]


def test_what_is_told_of_a_tool_is_told_once_and_in_their_order():
    told = [name for line in section("## In a workflow", DOCUMENT) for name in re.findall(r"\*\*`(\w+)`\*\*", line)]

    assert told == [tool for tool in TABLE if tool in told]


def test_every_kind_of_error_has_its_row():
    kinds = {
        name
        for name, error in inspect.getmembers(errors, inspect.isclass)
        if issubclass(error, SwitchboardError) and name not in ("SwitchboardError", "InvocationError")
    }

    assert {code(kind)[0] for kind, *_ in rows("## Errors", DOCUMENT)} == kinds
