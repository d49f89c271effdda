"""The values of a tool that is called outside of a workflow: by a plugin or by an agent.

Dify fills in the tool's settings (its parameters of the form `form`) as an app's editor has stored them, or as the
calling plugin gives them. Source: Dify, `init_frontend_parameter` and `cast_parameter_value` in
`core/plugin/entities/parameters.py`.
"""

from collections.abc import Mapping
from typing import Any

from workspace.plugin.folder import Parameter, Tool
from workspace.plugin.parameters import ParameterError, cast

_OF_NOTHING: dict[str, Any] = {
    "string": "",
    "secret-input": "",
    "select": "",
    "boolean": False,
    "object": {},
    "array": [None],
    "files": [None],
}
"""What Dify makes of null, by the type of the parameter. A selector may not be null, others stay so."""
_SELECTORS = ("model-selector", "app-selector")


def call_values(tool: Tool, given: Mapping[str, Any]) -> dict[str, Any]:
    """The `tool_parameters` of a call: settings with their defaults, and what is `given`, also where nobody knows it.

    Raises ParameterError, for a setting in Dify's words. A selector that is not set is one: Dify asks for a dictionary
    even where the tool does not need it. Whether what a model fills in is there is not checked, as in Dify.
    """
    settings = {
        parameter.name: _setting(parameter, given.get(parameter.name))
        for parameter in tool.parameters
        if parameter.form == "form"
    }
    values = {**given, **settings}
    known = {parameter.name: parameter for parameter in tool.parameters}
    return {name: _cast(known[name], value) if name in known else value for name, value in values.items()}


def _setting(parameter: Parameter, value: Any) -> Any:
    if not value and value != 0:
        value = parameter.default
        if not value and parameter.required:
            raise ParameterError(f"tool parameter {parameter.name} not found in tool config")
    options = [option.value for option in parameter.options]
    if parameter.type == "select" and value is not None and value not in options:
        raise ParameterError(f"tool parameter {parameter.name} value {value} not in options {options}")
    return value


def _cast(parameter: Parameter, value: Any) -> Any:
    if value is None and parameter.type in _SELECTORS:
        raise ParameterError("The selector must be a dictionary.")
    if value is None or (value == "" and parameter.type == "number"):
        return _OF_NOTHING.get(parameter.type)
    return cast(parameter, value)
