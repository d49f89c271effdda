"""Downloading the files that Dify hands to a tool, and what a file has to be to be sent on.

A file parameter holds a URL, which the SDK fetches when its content is first asked for (within 5 seconds, without
following redirects). In a self-hosted Dify that URL is often what is wrong, so the reason is told apart here.
"""

import mimetypes
import re
from pathlib import PurePosixPath
from typing import NamedTuple

import httpx
from dify_plugin.file.entities import FileType
from dify_plugin.file.file import File

from switchboard.errors import InvalidInput
from switchboard.media.audio import other_than_audio, sniff
from switchboard.wire_limits import BASE64, check_bytes_fit


class Image(NamedTuple):
    content: bytes
    mime_type: str
    filename: str


_KEPT_BY_DIFY = re.compile(
    r"https?://[^/?#]+(?:/[\w-]+)*/files/(?:tools/|datasources/)?[0-9a-f-]{36}(?:\.\w+|/(?:file|image)-preview)?"
    r"\?(?:[^#]*&)?sign=\S+"
)
_DOCUMENTS = (
    "txt", "md", "mdx", "markdown", "pdf", "html", "htm", "xml", "epub", "vtt", "properties", "csv",
    "doc", "docx", "xls", "xlsx", "ppt", "pptx", "eml", "msg",
)  # fmt: skip
"""Extensions of what is a document to Dify ("Supported file types" in its Service API, `/chat-messages`)."""

_IMAGE_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


def download(file: File, parameter: str) -> bytes:
    """The content of a file, never empty. `parameter` is the name of the tool's parameter, for the message."""
    name = file.filename or "the file"
    try:
        content = file.blob
    except (ValueError, httpx.UnsupportedProtocol, httpx.InvalidURL):
        raise InvalidInput(
            f"`{parameter}`: {name} has no usable address. Set FILES_URL (and INTERNAL_FILES_URL) of your Dify "
            "server to an address that the plugin daemon can reach."
        ) from None
    except httpx.HTTPStatusError as error:
        status = error.response.status_code
        hint = {
            403: "Its link has expired or its signature is wrong: run the workflow again.",
            404: "It is not there any more: upload it again.",
        }.get(status, "Check FILES_URL of your Dify server: it has to lead to Dify itself." if status < 400 else "")
        raise InvalidInput(f"`{parameter}`: {name} could not be downloaded (HTTP {status}). {hint}".rstrip()) from None
    except httpx.TimeoutException:
        raise InvalidInput(
            f"`{parameter}`: {name} could not be downloaded in time. Check that INTERNAL_FILES_URL or FILES_URL of "
            "your Dify server can be reached from the plugin daemon, or raise HTTPX_TIMEOUT."
        ) from None
    except httpx.RequestError:
        raise InvalidInput(
            f"`{parameter}`: {name} could not be downloaded, its server cannot be reached or breaks off. Check that "
            "INTERNAL_FILES_URL or FILES_URL of your Dify server can be reached from the plugin daemon."
        ) from None
    if not content:
        raise InvalidInput(f"`{parameter}`: {name} is empty.")
    return content


def download_image(file: File, parameter: str) -> Image:
    """A picture with the type that its first bytes say it has; anything else is refused.

    A file whose size Dify knows to be too large is not downloaded at all.
    """
    check_bytes_fit(f"`{parameter}`: {file.filename or 'the file'}", file.size or 0, encoding=BASE64)
    content = download(file, parameter)
    mime_type = next((mime for start, mime in _IMAGE_SIGNATURES.items() if content.startswith(start)), None)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        mime_type = "image/webp"
    if mime_type is None:
        name = file.filename or "the file"
        raise InvalidInput(f"`{parameter}`: {name} is not a PNG, JPEG, GIF or WebP picture.")
    return Image(content, mime_type, file.filename or f"image.{mime_type.removeprefix('image/')}")


def download_audio(file: File, parameter: str) -> bytes:
    """A recording that providers can take and that fits into one request; anything else is refused.

    A file whose size Dify knows to be too large is not downloaded at all.
    """
    name = file.filename or "the file"
    check_bytes_fit(f"`{parameter}`: {name}", file.size or 0)
    content = download(file, parameter)
    check_recording(f"`{parameter}`: {name}", content)
    return content


def check_recording(what: str, content: bytes, *, field: str = "") -> None:
    """Refuse what providers cannot take as a recording, or what does not fit into one request."""
    if sniff(content) is None:
        found = other_than_audio(content) or "in no audio format that is known here"
        raise InvalidInput(
            f"{what} is {found}. Give a recording as MP3, M4A, WAV, Ogg, FLAC, AAC, WebM or AMR.", field=field
        )
    check_bytes_fit(what, len(content), field=field)


def is_kept_by_dify(url: str) -> bool:
    """Whether it is an address at which Dify itself gives out a file that it keeps, which it has signed."""
    return bool(_KEPT_BY_DIFY.fullmatch(url))


def kind_of_file(file: File) -> str:
    """What Dify takes a file for: image, document, audio, video or custom. Its own word, unless that is custom."""
    if file.type is not FileType.CUSTOM:
        return file.type.value
    kind = upload_type(file).partition("/")[0]
    extension = file.extension or PurePosixPath(file.filename or "").suffix
    if extension.lower().removeprefix(".") in _DOCUMENTS:
        return FileType.DOCUMENT.value
    return kind if kind in ("image", "audio", "video") else FileType.CUSTOM.value


def upload_type(file: File) -> str:
    """The MIME type to upload a file with, without parameters: Dify signs the upload for the type as it reads it."""
    given = (file.mime_type or "").partition(";")[0].strip().lower()
    guessed = mimetypes.guess_type(file.filename or "")[0]
    return given or guessed or "application/octet-stream"


def upload_name(file: File, mime_type: str) -> str:
    """The name to upload a file under: its own, or one with the extension of its type."""
    return file.filename or f"file{mimetypes.guess_extension(mime_type) or ''}"
