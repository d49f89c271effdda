"""Files for an app. Dify drops files that a plugin attaches to a call, so they go in as inputs of the app's form.

A file that came from elsewhere goes on as its link, which Dify fetches again. One that Dify keeps is uploaded, and what
Dify returns for it is a value for an input of type file or file list; since some version before 1.16 Dify does not let
an app read it (`BrokenInDify`).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from dify_plugin.core.runtime import Session
from dify_plugin.file.file import File

from switchboard.errors import InvalidInput
from switchboard.media.files import download, is_kept_by_dify, kind_of_file, upload_name, upload_type
from switchboard.reverse_invocation import reverse_invocation

_KINDS = ("file", "file-list")


class _Field(NamedTuple):
    is_list: bool
    takes_links: bool


def files_for_app(session: Session, app_id: str, files: list[File], wanted: str) -> dict[str, Any]:
    """Files as inputs of the app; {} for no files. `wanted` is as for `file_inputs`."""
    if not files:
        return {}
    with reverse_invocation("app parameters"):
        form = session.app.fetch_app(app_id).get("user_input_form")
    [name] = file_inputs(form, wanted, [{}] * len(files))  # whether they fit, before anything is uploaded
    field = _fields(form)[name]
    given = []
    for file in files:
        if field.takes_links and file.url.startswith(("http://", "https://")) and not is_kept_by_dify(file.url):
            given.append({"type": kind_of_file(file), "transfer_method": "remote_url", "url": file.url})
            continue
        content, mime_type = download(file, "files"), upload_type(file)
        filename = upload_name(file, mime_type)
        with reverse_invocation("file upload"):
            given.append(session.file.upload(filename, content, mime_type).to_app_parameter())
    return file_inputs(form, wanted, given)


def file_inputs(form: Any, wanted: str, given: list[dict[str, Any]]) -> dict[str, Any]:
    """The files as inputs: `{name: file}` or `{name: [files]}`, as the form of the app wants it.

    `form` is `user_input_form` of the app's parameters; `wanted` names the input, "" for the only one there is.
    """
    fields = _fields(form)
    if not fields:
        raise InvalidInput("The app has no input of type file, so it takes no files. Add one to its start form.")
    if not wanted and len(fields) > 1:
        raise InvalidInput(
            f"The app has several inputs for files. Name one of them in `files_input`: {_names(fields)}."
        )
    name = wanted or next(iter(fields))
    if name not in fields:
        raise InvalidInput(f"`files_input`: the app has no input {name[:100]} for files. It has {_names(fields)}.")
    if fields[name].is_list:
        return {name: given}
    if len(given) > 1:
        raise InvalidInput(f"The app's input {name} takes one file, and {len(given)} were given.")
    return {name: given[0]}


def _fields(form: Any) -> dict[str, _Field]:
    """The inputs for files, by name."""
    items = [item for item in form if isinstance(item, Mapping)] if isinstance(form, list) else []
    return {
        field["variable"]: _Field(kind == "file-list", _takes_links(field.get("allowed_file_upload_methods")))
        for item in items
        for kind, field in item.items()
        if kind in _KINDS and isinstance(field, Mapping) and isinstance(field.get("variable"), str)
    }


def _takes_links(methods: Any) -> bool:
    """By the ways in which a file may come, which need not be told."""
    return "remote_url" in methods if isinstance(methods, list) and methods else True


def _names(fields: Mapping[str, _Field]) -> str:
    return ", ".join(fields)
