"""The inputs of a workflow on the command line, in the notation of `arguments`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workspace.cli import arguments
from workspace.dify.apps.app import CHAT_MODES
from workspace.dify.apps.form import FILES, Input, InputType, checked
from workspace.plugin.file_server import FileServer
from workspace.plugin.files import file_type_of
from workspace.plugin.folder import Option, Parameter, Text, Tool
from workspace.plugin.parameters import ParameterError, notation
from workspace.workflows.apps import AppFile

SYSTEM = "sys."

_TYPES: dict[InputType, str] = {
    "text-input": "string",
    "paragraph": "string",
    "select": "select",
    "number": "number",
    "checkbox": "boolean",
    "json_object": "object",
    "file": "file",
    "file-list": "files",
}
"""By the input's type, the type of a tool's parameter that is written alike."""


def input_parameters(workflow: AppFile) -> tuple[Parameter, ...]:
    """What can be given: the inputs of the form, and of Dify's own variables those that a caller sets."""
    own = [_parameter(f"{SYSTEM}files", "files", "Files beside the inputs")] if workflow.takes_files else []
    if workflow.mode == "completion":
        own = [_parameter(f"{SYSTEM}query", "string", "What the prompt is asked to work on")]
    elif workflow.mode in CHAT_MODES:
        own = [
            _parameter(f"{SYSTEM}query", "string", "What is said to it", required=True),
            *own,
            _parameter(f"{SYSTEM}conversation_id", "string", "The conversation to go on with"),
        ]
    return (*(_input(field) for field in workflow.form), *own)


def read_inputs(workflow: AppFile, given: Iterable[str], files: FileServer) -> dict[str, Any]:
    """What `App.run` takes. Raises ParameterError, and Refused for what the form refuses."""

    def share(path: Path) -> dict[str, Any]:
        file = files.lend(path)
        kind = file_type_of(file.filename, file.mime_type)
        return {"type": kind, "transfer_method": "local_file", "upload_file_id": file.id}

    declared = input_parameters(workflow)
    values = arguments.read_arguments(_form(workflow, declared), given, share=share)
    asked = values.get(f"{SYSTEM}query")
    if workflow.mode == "completion" and asked and any(one.name == "query" for one in declared):
        values.setdefault("query", asked)  # what a text generator is asked is often an input of its form
    goes_on = bool(values.get(f"{SYSTEM}conversation_id")) and workflow.mode in ("chat", "agent-chat")
    missing = [one for one in declared if one.required and values.get(one.name) in (None, "")]
    if goes_on:  # with the inputs of its first message
        missing = [one for one in missing if one.name.startswith(SYSTEM)]
    if missing:
        names, written = ", ".join(one.name for one in missing), " ".join(notation(one) for one in missing)
        raise ParameterError(f"{workflow.app_id} needs {names}: write {written}")
    for one in declared:
        if one.type == "files" and isinstance(values.get(one.name), dict):
            values[one.name] = [values[one.name]]
    inputs = {name: value for name, value in values.items() if not name.startswith(SYSTEM)}
    if not goes_on:
        checked(workflow.form, inputs)
    return {
        "inputs": inputs,
        "query": values.get(f"{SYSTEM}query", ""),
        "conversation_id": values.get(f"{SYSTEM}conversation_id", ""),
        "files": values.get(f"{SYSTEM}files", []),
    }


def _form(workflow: AppFile, declared: tuple[Parameter, ...]) -> Tool:
    """The start form as if it were a tool's, which is written alike."""
    return Tool(
        provider="",
        name=workflow.app_id,
        label=Text(workflow.name),
        description=Text(workflow.description),
        llm_description="",
        parameters=declared,
        output_schema={},
    )


def _input(field: Input) -> Parameter:
    return _parameter(
        field.variable,
        _TYPES[field.type],
        f"{field.label} ({limits})" if (limits := _limits(field)) else field.label,
        required=field.required,
        default=field.default,
        options=field.options,
    )


def _limits(field: Input) -> str:
    """What the form allows: kinds of files, and how much."""
    limits = []
    if field.type in FILES:
        kinds = [kind for kind in field.allowed_file_types if kind != "custom"]
        own = field.allowed_file_extensions if "custom" in field.allowed_file_types else ()
        limits.append(", ".join([*kinds, *own]))
    if field.max_length and field.type not in ("select", "number", "checkbox", "json_object", "file"):
        limits.append(f"at most {field.max_length} {'files' if field.type in FILES else 'characters'}")
    return "; ".join(filter(None, limits))


def _parameter(
    name: str,
    kind: str,
    label: str,
    *,
    required: bool = False,
    default: Any = None,
    options: tuple[str, ...] = (),
) -> Parameter:
    return Parameter(
        name=name,
        type=kind,
        form="llm",
        required=required,
        default=None if default == "" else default,
        options=tuple(Option(option, Text(option)) for option in options),
        minimum=None,
        maximum=None,
        scope="",
        multiple=False,
        label=Text(label),
        description=Text(),
    )
