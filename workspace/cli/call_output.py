"""What `python -m workspace call` shows: a tool's parameters, its outputs, and the reverse invocations it made."""

import json
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from workspace.dify.apps.app import App
from workspace.plugin.folder import Parameter, PluginFolder, Tool
from workspace.plugin.outputs import OutputFile, Outputs
from workspace.plugin.parameters import notation
from workspace.plugin.reverse_invocation import ReverseInvocation

LONGEST = 300
"""Characters of a value that are shown."""


def describe_tools(folder: PluginFolder) -> str:
    """The tools with a line each."""
    if not folder.tools:
        return f"{folder.author}/{folder.name} {folder.version} has no tools."
    width = max(len(tool.name) for tool in folder.tools)
    lines = [f"{folder.author}/{folder.name} {folder.version}", ""]
    lines += [f"  {tool.name:{width}}  {_first_line(tool.description or tool.label)}" for tool in folder.tools]
    return "\n".join(lines)


def describe_tool(tool: Tool, apps: Mapping[str, App]) -> str:
    """The parameters, with all that the YAML says about them, and where it takes an app, the `apps` there are."""
    lines = [f"{tool.name}: {tool.description or tool.label}", ""]
    for parameter in tool.parameters:
        lines.append(f"  {notation(parameter)}")
        lines += textwrap.wrap(
            f"{_facts(parameter)}. {parameter.description or parameter.label}",
            100,
            initial_indent="      ",
            subsequent_indent="      ",
        )
    if not tool.parameters:
        lines.append("  It has no parameters.")
    outputs = tool.output_schema.get("properties")
    if isinstance(outputs, dict) and outputs:
        lines += ["", f"Variables it puts out: {', '.join(outputs)}"]
    if any(parameter.type == "app-selector" for parameter in tool.parameters):
        lines += ["", "Apps of the local workspace:", ""]
        lines += [f"  {app_id:<12}{app.description}" for app_id, app in apps.items()]
    return "\n".join(lines)


def describe_outputs(outputs: Outputs, saved: dict[int, Path]) -> str:
    """All but the text, which has been shown as it came. `saved` has the paths of files by their place."""
    lines = [f"{name}: {shorten(value)}" for name, value in outputs.variables.items()]
    lines += [f"json: {shorten(value)}" for value in outputs.json]
    for place, file in enumerate(outputs.files):
        where = f"saved as {saved[place]}" if place in saved else "keep it with --save-dir DIR"
        lines.append(f"file: {file.filename} ({file.mime_type}, {len(file.data):,} bytes), {where}")
    return "\n".join(lines)


def describe_invocation(invocation: ReverseInvocation) -> str:
    replies = "1 reply" if invocation.replies == 1 else f"{invocation.replies} replies"
    outcome = f"failed: {invocation.error}" if invocation.error is not None else replies
    seconds = "not over" if invocation.seconds is None else f"{invocation.seconds:.3f} s"
    return f"{invocation.type}: {outcome}, {seconds}, asked with {shorten(invocation.payload)}"


def as_json(outputs: Outputs, saved: dict[int, Path], *, seconds: float) -> dict[str, Any]:
    """What `--json` prints."""
    files: list[dict[str, Any]] = []
    for place, file in enumerate(outputs.files):
        files.append({"filename": file.filename, "mime_type": file.mime_type, "size": len(file.data)})
        if place in saved:
            files[-1]["path"] = str(saved[place])
    return {
        "text": outputs.text,
        "json": outputs.json,
        "variables": outputs.variables,
        "files": files,
        "seconds": round(seconds, 3),
    }


def save_files(files: Iterable[OutputFile], folder: Path) -> dict[int, Path]:
    """Write files into a folder, under their own names as far as these are free; returns the paths by place."""
    folder.mkdir(parents=True, exist_ok=True)
    saved: dict[int, Path] = {}
    for place, file in enumerate(files):
        name = Path(Path(file.filename).name or "file")
        path, number = folder / name, 2
        while path.exists():
            path, number = folder / f"{name.stem}-{number}{name.suffix}", number + 1
        path.write_bytes(file.data)
        saved[place] = path
    return saved


def shorten(value: Any) -> str:
    """A value on one line, with its length where it is cut."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = text.replace("\n", "\\n")
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}... ({len(text):,} characters)"


def _facts(parameter: Parameter) -> str:
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
    return ", ".join(facts)


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
