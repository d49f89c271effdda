"""Files for an app. Dify drops files that a plugin attaches to a call, so they go in as inputs of the app's form.

Each file is uploaded first; what Dify returns for it is a value for an input of type file or file list.
"""

from collections.abc import Mapping
from typing import Any

from dify_plugin.core.runtime import Session
from dify_plugin.file.file import File

from switchboard.errors import InvalidInput
from switchboard.media.files import download, upload_name, upload_type
from switchboard.reverse_invocation import reverse_invocation

_KINDS = ("file", "file-list")


def upload_for_app(session: Session, app_id: str, files: list[File], wanted: str) -> dict[str, Any]:
    """Upload files and give them as inputs of the app; {} for no files. `wanted` is as for `file_inputs`."""
    if not files:
        return {}
    with reverse_invocation("app parameters"):
        form = session.app.fetch_app(app_id).get("user_input_form")
    file_inputs(form, wanted, [{}] * len(files))  # whether they fit, before anything is uploaded
    uploaded = []
    for file in files:
        content, mime_type = download(file, "files"), upload_type(file)
        filename = upload_name(file, mime_type)
        with reverse_invocation("file upload"):
            uploaded.append(session.file.upload(filename, content, mime_type).to_app_parameter())
    return file_inputs(form, wanted, uploaded)


def file_inputs(form: Any, wanted: str, uploaded: list[dict[str, Any]]) -> dict[str, Any]:
    """The uploaded files as inputs: `{name: file}` or `{name: [files]}`, as the form of the app wants it.

    `form` is `user_input_form` of the app's parameters; `wanted` names the input, "" for the only one there is.
    """
    fields = dict(_file_fields(form))
    if not fields:
        raise InvalidInput("The app has no input of type file, so it takes no files. Add one to its start form.")
    if not wanted and len(fields) > 1:
        raise InvalidInput(
            f"The app has several inputs for files. Name one of them in `files_input`: {_names(fields)}."
        )
    name = wanted or next(iter(fields))
    if name not in fields:
        raise InvalidInput(f"`files_input`: the app has no input {name[:100]} for files. It has {_names(fields)}.")
    if fields[name] == "file-list":
        return {name: uploaded}
    if len(uploaded) > 1:
        raise InvalidInput(f"The app's input {name} takes one file, and {len(uploaded)} were given.")
    return {name: uploaded[0]}


def _file_fields(form: Any) -> list[tuple[str, str]]:
    items = [item for item in form if isinstance(item, Mapping)] if isinstance(form, list) else []
    return [
        (field["variable"], kind)
        for item in items
        for kind, field in item.items()
        if kind in _KINDS and isinstance(field, Mapping) and isinstance(field.get("variable"), str)
    ]


def _names(fields: Mapping[str, str]) -> str:
    return ", ".join(fields)
