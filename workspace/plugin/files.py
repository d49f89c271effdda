"""Files for a plugin: local ones behind a URL on loopback, and the form in which Dify hands a file to a tool.

with FileServer() as server:
    parameters = {"audio": server.share(Path("voice.mp3"))}
"""

import codecs
import mimetypes
from pathlib import Path
from typing import Any

FILE_IDENTITY = "__dify__file__"

_NAMES = mimetypes.MimeTypes()  # what Python knows, without what this machine adds
for _type, _extension in (
    ("audio/flac", ".flac"),
    ("audio/mp4", ".m4a"),
    ("audio/ogg", ".ogg"),
    ("audio/wav", ".wav"),
    ("application/yaml", ".yaml"),
    ("application/yaml", ".yml"),
    ("text/markdown", ".md"),
):
    _NAMES.add_type(_type, _extension)

_SIGNATURES = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (4, b"ftyp", "video/mp4"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
)

_DOCUMENTS = frozenset(
    f".{extension}"
    for extension in (
        *("txt", "md", "mdx", "markdown", "html", "htm", "xml", "vtt", "properties", "csv"),
        *("pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "eml", "msg", "epub"),
    )
)


def mime_type_of(filename: str, start: bytes) -> str:
    """By the name, else by how the content starts; "text/plain" or "application/octet-stream" where neither tells."""
    by_name, encoding = _NAMES.guess_type(filename)
    if by_name and not encoding:
        return by_name
    for offset, signature, mime_type in _SIGNATURES:
        if start[offset : offset + len(signature)] == signature:
            return mime_type
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)  # the last character may be cut
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "text/plain" if start and b"\0" not in start else "application/octet-stream"


def extension_of(mime_type: str) -> str:
    """With its dot, ".bin" where nothing is known."""
    return _NAMES.guess_extension(mime_type) or ".bin"


def file_type_of(filename: str, mime_type: str) -> str:
    """Dify's kind of file: image, audio, video, document or custom."""
    kind = mime_type.partition("/")[0]
    if kind in ("image", "audio", "video"):
        return kind
    return "document" if kind == "text" or Path(filename).suffix.lower() in _DOCUMENTS else "custom"


def file_parameter(url: str, *, filename: str, mime_type: str, size: int) -> dict[str, Any]:
    """A file as Dify hands it to a tool; `size` in bytes."""
    return {
        "dify_model_identity": FILE_IDENTITY,
        "url": url,
        "mime_type": mime_type,
        "filename": filename,
        "extension": Path(filename).suffix.lower(),
        "size": size,
        "type": file_type_of(filename, mime_type),
    }
