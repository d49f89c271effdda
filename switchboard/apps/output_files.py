"""Handing on the files that an app made.

A file that Dify keeps is fetched and handed on whole, so that it becomes a file of the node; a plugin has no other way
to make one. Any other address comes from wherever the app has it: it is not fetched here but handed on as an address,
which Dify fetches through its own proxy where it is a picture.
"""

from collections.abc import Iterator

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage
from dify_plugin.file.entities import FileType
from dify_plugin.file.file import File

from switchboard.apps.events import AppFile
from switchboard.errors import InvalidInput
from switchboard.media.files import download, is_kept_by_dify
from switchboard.wire_limits import MAX_FILE, check_result_fits


def file_messages(tool: Tool, files: list[AppFile]) -> Iterator[ToolInvokeMessage]:
    """One message for each file: the file itself, or else its address."""
    for file in files:
        check_result_fits("files", [file.url, file.filename, file.mime_type])
        content = _fetch(file)
        if content is not None:
            meta = {"mime_type": file.mime_type, "filename": file.filename}
            yield tool.create_blob_message(content, meta=meta)
        elif file.type == FileType.IMAGE and file.url.startswith(("http://", "https://")):
            yield tool.create_image_message(file.url)
        else:
            yield tool.create_link_message(file.url)


def _fetch(file: AppFile) -> bytes | None:
    if (file.size or 0) > MAX_FILE or not is_kept_by_dify(file.url):
        return None
    try:
        content = download(File(url=file.url, filename=file.filename, type=FileType.CUSTOM), "files")
    except InvalidInput:
        return None
    return content if len(content) <= MAX_FILE else None
