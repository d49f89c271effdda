"""What `python -m workspace call` shows: a tool's parameters, its outputs, and the reverse invocations it made."""

import json
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from workspace.cli.saved_files import SavedFiles
from workspace.dify.apps.app import App
from workspace.plugin.errors import PluginCallError, PluginError
from workspace.plugin.failure_place import failure_place
from workspace.plugin.folder import Parameter, PluginFolder, Tool
from workspace.plugin.outputs import Outputs
from workspace.plugin.parameters import notation
from workspace.plugin.reverse_invocation import ReverseInvocation
from workspace.plugin.selectors import model_type_of
from workspace.wire import Payload

LONGEST = 300
"""Characters of a value that are shown."""

ABOVE = "(the text above)"


def describe_tools(folder: PluginFolder) -> str:
    """The tools with a line each."""
    if not folder.tools:
        return f"{folder.author}/{folder.name} {folder.version} has no tools."
    width = max(len(tool.name) for tool in folder.tools)
    lines = [f"{folder.author}/{folder.name} {folder.version}", ""]
    lines += [f"  {tool.name:{width}}  {_first_line(tool.description or tool.label)}" for tool in folder.tools]
    return "\n".join(lines)


def describe_tool(tool: Tool, apps: Mapping[str, App], default_models: Mapping[str, str]) -> str:
    """The parameters, with all that the YAML says about them, and where it takes an app, the `apps` there are.

    `default_models` has a name, `provider/model`, for each type of model that need not be given.
    """
    lines = [f"{tool.name}: {tool.description or tool.label}", ""]
    lines += describe_parameters(tool.parameters, default_models) or ["  It has no parameters."]
    outputs = tool.output_schema.get("properties")
    if isinstance(outputs, dict) and outputs:
        lines += ["", f"Variables it puts out: {', '.join(outputs)}"]
    if any(parameter.type == "app-selector" for parameter in tool.parameters):
        width = max(map(len, apps))
        lines += ["", "Apps of the local workspace:", ""]
        lines += [f"  {app_id:{width}}  {app.description}" for app_id, app in apps.items()]
    return "\n".join(lines)


def describe_parameters(parameters: Iterable[Parameter], default_models: Mapping[str, str]) -> list[str]:
    """How each is written, and what is known about it."""
    lines: list[str] = []
    for parameter in parameters:
        lines.append(f"  {notation(parameter)}")
        lines += textwrap.wrap(
            f"{_facts(parameter, default_models)}. {parameter.description or parameter.label}",
            100,
            initial_indent="      ",
            subsequent_indent="      ",
        )
    return lines


def describe_outputs(outputs: Outputs, saved: SavedFiles) -> str:
    """All but the text, which has been shown as it came."""
    lines = [f"{name}: {_shown_once(value, outputs.text)}" for name, value in outputs.variables.items()]
    lines += [f"json: {shorten(value)}" for value in outputs.json]
    for place, file in enumerate(outputs.files):
        if place in saved.paths:
            where = f"saved as {saved.paths[place]}"
        else:
            where = "not saved" if place in saved.problems else "keep it with --save-dir DIR"
        lines.append(f"file: {file.filename} ({file.mime_type}, {len(file.data):,} bytes), {where}")
    return "\n".join(lines)


def describe_log(message: Payload) -> str:
    """A message of `create_log_message`: its label, its error and its data."""
    content = message.get("message")
    log = content if isinstance(content, dict) else {}
    parts = [f"log: {log.get('label', '')}"]
    if log.get("error"):
        parts.append(f"failed: {log['error']}")
    if log.get("data"):
        parts.append(shorten(log["data"]))
    return " ".join(parts)


def describe_failure(error: PluginError, folder: Path, *, whole: bool) -> str:
    """What is wrong, and in which line of the plugin in `folder`; the `whole` traceback if that is wanted."""
    if not isinstance(error, PluginCallError):
        return str(error)
    said = f"the plugin failed: {error.error_type}: {error}"
    place = failed_at(error, folder, whole=whole)
    return f"{said}\n{place}" if place else said


def failed_at(error: PluginCallError, folder: Path, *, whole: bool) -> str:
    """The line of the plugin in `folder` where it failed, or the `whole` traceback; "" where that is not known."""
    traceback = _traceback(error)
    if whole and traceback:
        return traceback.rstrip()
    place = failure_place(traceback, folder)
    return f"    at {place}" if place else ""


def failure_as_json(error: PluginError) -> str:
    """What `--json` prints of a plugin that failed."""
    if not isinstance(error, PluginCallError):
        return error_as_json(type(error).__name__, str(error))
    return error_as_json(error.error_type, str(error), traceback=_traceback(error))


def error_as_json(kind: str, message: str, *, traceback: str = "") -> str:
    """What `--json` prints in place of outputs; `traceback` where there is one."""
    error = {"type": kind, "message": message} | ({"traceback": traceback} if traceback else {})
    return json.dumps({"error": error}, ensure_ascii=False)


def _traceback(error: PluginCallError) -> str:
    traceback = error.details.get("traceback")
    return traceback if isinstance(traceback, str) else ""


def describe_invocation(invocation: ReverseInvocation) -> str:
    replies = "1 reply" if invocation.replies == 1 else f"{invocation.replies} replies"
    outcome = f"failed: {invocation.error}" if invocation.error is not None else replies
    seconds = "not over" if invocation.seconds is None else f"{invocation.seconds:.3f} s"
    return f"{invocation.type}: {outcome}, {seconds}, asked with {shorten(invocation.payload)}"


def as_json(outputs: Outputs, saved: SavedFiles, *, seconds: float) -> dict[str, Any]:
    """What `--json` prints."""
    files: list[dict[str, Any]] = []
    for place, file in enumerate(outputs.files):
        files.append({"filename": file.filename, "mime_type": file.mime_type, "size": len(file.data)})
        if place in saved.paths:
            files[-1]["path"] = str(saved.paths[place])
        if place in saved.problems:
            files[-1]["error"] = saved.problems[place]
    return {
        "text": outputs.text,
        "json": outputs.json,
        "variables": outputs.variables,
        "files": files,
        "seconds": round(seconds, 3),
    }


def shorten(value: Any) -> str:
    """A value on one line, with its length where it is cut."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = text.replace("\n", "\\n")
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}... ({len(text):,} characters)"


def _shown_once(value: Any, text: str) -> str:
    """The value, unless it is the text, which stands above it."""
    same = isinstance(value, str) and value.strip() and value.strip() == text.strip() and len(value) > len(ABOVE)
    return ABOVE if same else shorten(value)


def _facts(parameter: Parameter, default_models: Mapping[str, str]) -> str:
    facts = [parameter.type, "required" if parameter.required else "optional"]
    if parameter.scope:
        facts.append(f"scope {parameter.scope}")
    if parameter.options:
        facts.append(f"one of {', '.join(option.value for option in parameter.options)}")
    if parameter.minimum is not None:
        facts.append(f"at least {parameter.minimum:g}")
    if parameter.maximum is not None:
        facts.append(f"at most {parameter.maximum:g}")
    if parameter.default is not None:
        facts.append(f"default {shorten(parameter.default)}")
    elif parameter.type == "model-selector":
        facts += [f"default {name}" for name in [default_models.get(model_type_of(parameter.scope))] if name]
    return ", ".join(facts)


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
