"""The values of a tool that is called outside of a workflow: by a plugin or by an agent.

Dify fills in the tool's settings (its parameters of the form `form`) as an app's editor has stored them, or as the
calling plugin gives them. Source: Dify, `init_frontend_parameter` and `cast_parameter_value` in
`core/plugin/entities/parameters.py`.
"""

from collections.abc import Mapping
from typing import Any

from workspace.plugin.folder import Parameter, Tool
from workspace.plugin.parameters import ParameterError, cast_from_dify


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
    return {name: cast_from_dify(known[name], value) if name in known else value for name, value in values.items()}


def _setting(parameter: Parameter, value: Any) -> Any:
    if not value and value != 0:
        value = parameter.default
        if not value and parameter.required:
            raise ParameterError(f"tool parameter {parameter.name} not found in tool config")
    options = [option.value for option in parameter.options]
    if parameter.type == "select" and value is not None and value not in options:
        raise ParameterError(f"tool parameter {parameter.name} value {value} not in options {options}")
    return value
