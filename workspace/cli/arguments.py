"""Values on the command line, in HTTPie's notation.

    name=text       text                        name=@path      the text in a file
    name:=json      a JSON value                name:=@path     the JSON value in a file
    name@path       a file; several for a parameter that takes several

For a model-selector `name=provider/model` is enough, for an app-selector `name=APP_ID`.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from workspace.plugin.folder import Parameter, Tool
from workspace.plugin.parameters import ParameterError, refuse_unknown
from workspace.plugin.selectors import app_selector, model_selector, model_type_of

SEPARATOR = re.compile(":=@|=@|:=|=|@")

MANY = frozenset({"files", "array"})
FILES = frozenset({"file", "files"})


def read_arguments(tool: Tool, arguments: Iterable[str], *, share: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """The values by parameter, for `workspace.parameters.tool_parameters`; `share` makes a file parameter of a path.

    Raises ParameterError.
    """
    declared = {parameter.name: parameter for parameter in tool.parameters}
    values: dict[str, Any] = {}
    for argument in arguments:
        separator = SEPARATOR.search(argument)
        if separator is None or separator.start() == 0:
            raise ParameterError(f"{argument!r} is not a parameter: write name=text, name:=json or name@file.")
        name, value = argument[: separator.start()], argument[separator.end() :]
        refuse_unknown([name], list(declared), f"{tool.name} has no parameter")
        parameter = declared[name]
        read = _read(parameter, separator.group(), value, share)
        if name not in values:
            values[name] = read
        elif parameter.multiple or parameter.type in MANY:
            before = values[name]
            values[name] = [*(before if isinstance(before, list) else [before]), read]
        else:
            raise ParameterError(f"{name}: it is given twice and takes one value.")
    return values


def add_default_models(tool: Tool, values: dict[str, Any], default_models: Mapping[str, str]) -> dict[str, str]:
    """Pick a model for each model-selector that has no value; returns the picks by parameter.

    One that is optional stays empty where the text beside it is given, such as `model_id` for `model`. `default_models`
    has a name, `provider/model`, for each type of model.
    """
    picked: dict[str, str] = {}
    for parameter in tool.parameters:
        name = default_models.get(model_type_of(parameter.scope))
        given = parameter.name in values or (not parameter.required and f"{parameter.name}_id" in values)
        if parameter.type == "model-selector" and not given and name:
            values[parameter.name] = model_selector(name, scope=parameter.scope)
            picked[parameter.name] = name
    return picked


def refuse_missing_models(tool: Tool, values: Mapping[str, Any]) -> None:
    """Where a server answers for models, tell why a model that is left out has no default. Raises ParameterError."""
    for parameter in tool.parameters:
        if parameter.type == "model-selector" and parameter.required and parameter.name not in values:
            or_default = " or --default-model provider/NAME" if model_type_of(parameter.scope) == "llm" else ""
            raise ParameterError(
                f"{tool.name} needs {parameter.name}: because OPENAI_BASE_URL is set there is no default; "
                f"write {parameter.name}=provider/NAME{or_default}"
            )


def _read(parameter: Parameter, separator: str, value: str, share: Callable[[Path], dict[str, Any]]) -> Any:
    try:
        if separator == "@":
            return share(_regular_file(parameter, value))
        if separator.endswith("@"):
            value = _path(parameter, value).read_text(encoding="utf-8")
    except OSError as error:
        raise ParameterError(f"{parameter.name}: {value} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        as_it_is = f"; {parameter.name}@path gives the file as it is" if parameter.type in FILES else ""
        raise ParameterError(f"{parameter.name}: {value} is no UTF-8 text{as_it_is}.") from None
    if separator.startswith(":"):
        try:
            return json.loads(value)
        except ValueError as error:
            raise ParameterError(
                f"{parameter.name}: this is not JSON ({error}); {parameter.name}=... gives it as text."
            ) from None
    if parameter.type == "model-selector" and value:
        return model_selector(value, scope=parameter.scope)
    if parameter.type == "app-selector" and value:
        return app_selector(value)
    return value


def _path(parameter: Parameter, value: str) -> Path:
    if not value:
        raise ParameterError(f"{parameter.name}: name a file after @.")
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise ParameterError(f"{parameter.name}: {value} cannot be read: there is no such home folder.") from None


def _regular_file(parameter: Parameter, value: str) -> Path:
    """A file that can be read more than once: the plugin fetches it, when it likes, by its size."""
    path = _path(parameter, value)
    if path.exists() and not path.is_file():
        raise ParameterError(f"{parameter.name}: {value} is no regular file.")
    return path
