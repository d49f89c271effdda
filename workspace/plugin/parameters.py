"""A tool's parameters as they reach the plugin: cast, defaulted and checked by the tool's YAML, as Dify does.

Not checked, because Dify does not either once the editor is passed: `min` and `max`.
"""

import difflib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from workspace.plugin.casting import CastError, cast_as_dify
from workspace.plugin.files import FILE_IDENTITY
from workspace.plugin.folder import Parameter, Tool
from workspace.wire import Payload


class ParameterError(Exception):
    """One sentence: which parameter, what is wrong, how to write it.

    `plain` is the sentence where there is no command line: without how to write it there.
    """

    def __init__(self, sentence: str, *, plain: str = "") -> None:
        super().__init__(sentence)
        self.plain = plain or sentence


def tool_parameters(tool: Tool, given: Mapping[str, Any]) -> dict[str, Any]:
    """The `tool_parameters` of a call.

    Values are text or JSON values; files are dicts as `workspace.files.file_parameter` makes them. What is not given
    has its default, or is left out. `None` leaves a parameter out, whatever the YAML says. Raises ParameterError.
    """
    refuse_unknown(given, [parameter.name for parameter in tool.parameters], f"{tool.name} has no parameter")
    missing = [
        parameter.name
        for parameter in tool.parameters
        if parameter.required and parameter.name not in given and parameter.default is None
    ]
    if missing:
        written = " ".join(notation(parameter) for parameter in tool.parameters if parameter.name in missing)
        needs = f"{tool.name} needs {_words(missing)}"
        raise ParameterError(f"{needs}: write {written}", plain=f"{needs}.")
    values: dict[str, Any] = {}
    for parameter in tool.parameters:
        value = given.get(parameter.name, parameter.default)
        if value is not None:
            values[parameter.name] = cast(parameter, value)
    return values


def tool_request(
    tool: Tool, values: dict[str, Any], *, user_id: str, credentials: dict[str, Any] | None = None
) -> Payload:
    """What the daemon sends for a call of a tool. `values` go out as they are; credentials are None where the provider
    declares none."""
    return {
        "user_id": user_id,
        "type": "tool",
        "action": "invoke_tool",
        "provider": tool.provider,
        "tool": tool.name,
        "credentials": credentials or {},
        "credential_type": "unauthorized" if credentials is None else "api-key",
        "tool_parameters": values,
    }


def notation(parameter: Parameter) -> str:
    """How a value is written on the command line."""
    match parameter.type:
        case "file" | "files":
            return f"{parameter.name}@path"
        case "number" | "boolean" | "object" | "array" | "any" | "date-range":
            return f"{parameter.name}:=json"
        case "model-selector":
            return f"{parameter.name}=provider/model"
        case "app-selector":
            return f"{parameter.name}=APP_ID"
    return f"{parameter.name}=text"


def credentials(declared: Iterable[Parameter], given: Mapping[str, str]) -> dict[str, Any]:
    """The credentials of a call, by what the provider declares. Raises ParameterError."""
    declared = list(declared)
    refuse_unknown(given, [credential.name for credential in declared], "the provider has no credential")
    values = {credential.name: given.get(credential.name, credential.default) for credential in declared}
    missing = [credential for credential in declared if credential.required and values[credential.name] is None]
    if missing:
        named = _words([f"{credential.name} ({credential.label})" for credential in missing])
        needs = f"the provider needs {named}"
        raise ParameterError(f"{needs}: write --credential {missing[0].name}=...", plain=f"{needs}.")
    return {
        credential.name: cast(credential, values[credential.name])
        for credential in declared
        if values[credential.name] is not None
    }


def refuse_unknown(given: Iterable[str], known: list[str], problem: str) -> None:
    """Raise ParameterError for the first name that is not known, with those that are close to it."""
    for name in given:
        if name not in known:
            names = {one.lower(): one for one in known}
            close = [names[one] for one in difflib.get_close_matches(str(name).lower(), names)]
            hint = f"did you mean {' or '.join(close)}?" if close else f"it has {', '.join(known) or 'none'}."
            raise ParameterError(f"{problem} {name!r}: {hint}")


def cast(parameter: Parameter, value: Any) -> Any:
    """One value that a person has typed, in the type that the plugin gets. Raises ParameterError where Dify would make
    something else of it."""
    casting = _CASTS.get(parameter.type, _text)
    return casting(parameter, value)


def cast_from_dify(parameter: Parameter, value: Any) -> Any:
    """One value out of a workflow or of an agent, in the type that the plugin gets. Raises ParameterError.

    Text is held to what the parameter takes. Of anything else becomes what Dify makes of it.
    """
    if isinstance(value, str) and value:
        return cast(parameter, value)
    try:
        return cast_as_dify(parameter.type, value)
    except CastError as error:
        raise ParameterError(str(error)) from error


def _text(parameter: Parameter, value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and value.get("dify_model_identity") == FILE_IDENTITY:
        raise _wrong(
            parameter, "it takes text, not a file", written=f"; {parameter.name}=@path gives it the file's text"
        )
    return str(value)  # lists and objects as Python writes them, as in Dify


def _select(parameter: Parameter, value: Any) -> Any:
    if parameter.multiple:
        return [_choice(parameter, item) for item in (value if isinstance(value, list) else [value])]
    return _choice(parameter, value)


def _choice(parameter: Parameter, value: Any) -> str:
    choice = str(_text(parameter, value))
    options = [option.value for option in parameter.options]
    if options and parameter.type == "select" and choice not in options:
        raise _wrong(parameter, f"it is one of {', '.join(options)}, not {choice!r}")
    return choice


def _number(parameter: Parameter, value: Any) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    try:
        text = str(value).strip()
        return float(text) if "." in text else int(text)
    except ValueError:
        raise _wrong(
            parameter, "it takes a number", written=f", such as {parameter.name}:=3", rest=f", not {value!r}"
        ) from None


def _boolean(parameter: Parameter, value: Any) -> bool:
    match value.strip().lower() if isinstance(value, str) else value:
        case True | "true" | "yes" | "y" | "1" | 1:
            return True
        case False | "false" | "no" | "n" | "0" | 0:
            return False
    raise _wrong(parameter, "it takes true or false", written=f", as {parameter.name}:=true", rest=f", not {value!r}")


def _file(parameter: Parameter, value: Any) -> Any:
    values = value if isinstance(value, list) else [value]
    if len(values) != 1:
        raise _wrong(parameter, f"it takes one file, not {len(values)}")
    return _files(parameter, values)[0]


def _files(parameter: Parameter, value: Any) -> list[Any]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(item, dict) and item.get("dify_model_identity") == FILE_IDENTITY for item in values):
        raise _wrong(parameter, "it takes a file", written=f", as {parameter.name}@path")
    return values


def _selector(parameter: Parameter, value: Any) -> Any:
    keys = ("app_id",) if parameter.type == "app-selector" else ("provider", "model", "model_type")
    if not isinstance(value, dict) or not all(isinstance(value.get(key), str) for key in keys):
        raise _wrong(parameter, f"the selector must be a dictionary with {', '.join(keys)}")
    return value


def _object(parameter: Parameter, value: Any) -> Any:
    parsed = _parsed(value)
    if not isinstance(parsed, dict):  # Dify hands {} to the plugin and tells nobody
        raise _wrong(parameter, "it takes a JSON object", written=f""", as {parameter.name}:='{{"key": "value"}}'""")
    return parsed


def _array(parameter: Parameter, value: Any) -> Any:
    parsed = _parsed(value)
    return parsed if isinstance(parsed, list) else [value]


def _any(_parameter: Parameter, value: Any) -> Any:
    return value


def _parsed(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return None


def _wrong(parameter: Parameter, problem: str, *, written: str = "", rest: str = "") -> ParameterError:
    """`written` is of the command line alone."""
    return ParameterError(f"{parameter.name}: {problem}{written}{rest}.", plain=f"{parameter.name}: {problem}{rest}.")


def _words(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


_CASTS: dict[str, Callable[[Parameter, Any], Any]] = {
    "number": _number,
    "boolean": _boolean,
    "select": _select,
    "dynamic-select": _select,
    "file": _file,
    "files": _files,
    "model-selector": _selector,
    "app-selector": _selector,
    "object": _object,
    "array": _array,
    "any": _any,
    "date-range": _any,
}
