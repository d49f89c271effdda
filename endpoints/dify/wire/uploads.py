"""Files on their way into Dify, and what its Service API answers (API reference, `/files/upload`)."""

import mimetypes
import re
import time
from typing import Any

from dify_plugin.invocations.file import UploadFileResponse
from werkzeug import Request

from endpoints.http.form import FormFile, read_form
from switchboard.errors import InvalidInput

_NOT_TOLD = ("reference", "created_by", "original_url", "user_id", "tenant_id", "conversation_id", "file_key")
"""Fields of the answer that Dify does not tell a plugin."""


def sent_file(request: Request) -> FormFile:
    """The one file of a form, with a name and a type that Dify takes."""
    form = read_form(request)
    if "file" not in form.files and "file" not in form.fields:
        raise InvalidInput("No file was sent. Send it as the part `file` of the form.", code="no_file_uploaded")
    if len(form.files) > 1:
        raise InvalidInput("Send one file at a time, as the part `file` of the form.", code="too_many_files")
    file = form.file("file")
    if not file.filename:
        raise InvalidInput("The file has no name. Send one with it.", field="file", code="filename_not_exists_error")
    if "/" in file.filename or "\\" in file.filename:
        raise InvalidInput("The name of the file has a slash in it. Send the name alone.", field="file")
    name = re.sub(r'[\x00-\x1f\x7f"]', "_", file.filename)  # Dify signs for a name, and would read these otherwise
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return FormFile(name, file.mime_type or guessed, file.content)


def upload_reply(uploaded: UploadFileResponse) -> dict[str, Any]:
    """`{id, name, size, extension, mime_type, created_by, created_at, preview_url, source_url, ...}`."""
    return {
        "id": uploaded.id,
        "name": uploaded.name,
        "size": uploaded.size,
        "extension": uploaded.extension.removeprefix("."),
        "mime_type": uploaded.mime_type,
        "created_at": int(time.time()),
        "preview_url": uploaded.preview_url,
        "source_url": uploaded.preview_url,
        **dict.fromkeys(_NOT_TOLD),
    }
