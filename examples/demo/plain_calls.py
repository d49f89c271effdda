"""A call of a tool that no step of the demo tells of: its parameters are filled in by their types."""

from collections.abc import Callable, Iterable
from itertools import cycle
from pathlib import Path
from typing import Any

from examples.demo import PLUGIN
from examples.demo.texts import FACTS
from examples.demo.tools import ToolStep
from workspace.plugin.folder import Parameter, Tool

FILE = PLUGIN / "LICENSE"
NOTE = "filled in by the types of the parameters, since examples/demo/tools.py has no step for this tool"


def plain_steps(
    tools: Iterable[Tool], steps: Iterable[ToolStep], share: Callable[[Path], dict[str, Any]]
) -> list[ToolStep]:
    """One for each of the tools that no step calls; `share` makes a file parameter of a file."""
    called = {step.tool for step in steps}
    return [_step(tool, share) for tool in tools if tool.name not in called]


def _step(tool: Tool, share: Callable[[Path], dict[str, Any]]) -> ToolStep:
    """It makes sense if every output that the tool declares comes out.

    A file is given though it is optional, as it is where agents have to be able to call a tool. What no type tells,
    such as which app, is left out, so that the call fails with what it needs.
    """
    texts = cycle(FACTS)

    def value(parameter: Parameter) -> Any:
        match parameter.type:
            case "string":
                return next(texts)
            case "number":
                return 1 if parameter.minimum is None else parameter.minimum
            case "boolean":
                return True
            case "select" if parameter.options:
                return parameter.options[0].value
            case "file":
                return share(FILE)
        return None

    wanted = [each for each in tool.parameters if each.required or each.type == "file"]
    values = {each.name: value(each) for each in wanted if each.default is None}
    outputs = set(tool.output_schema.get("properties", {}))
    return ToolStep(
        f"call {tool.name}",
        tool.name,
        {name: given for name, given in values.items() if given is not None},
        lambda out: set(out.variables) == outputs and bool(out.text or out.files),
        NOTE,
    )
