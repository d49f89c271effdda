"""Pictures and files in a message: as data URLs (RFC 2397) or at an address that the model's provider fetches."""

import binascii
import mimetypes
from pathlib import PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from switchboard.errors import InvalidInput

_CALLED_OTHERWISE = {"image/jpg": "image/jpeg"}


class Media(NamedTuple):
    """One of `url` and `base64_data` is empty."""

    format: str
    """What a file name would end with: "png", "pdf"."""
    mime_type: str
    url: str
    base64_data: str


def media_at(address: str, kind: str, field: str, *, default_type: str) -> Media:
    """What a data URL holds, or the address that it is at. `kind` is what its MIME type begins with, "" for any.

    An address without an ending that tells the type is taken for one of `default_type`.
    """
    if not address.startswith("data:"):
        return _elsewhere(address, field, default_type)
    head, comma, data = address.removeprefix("data:").partition(",")
    mime_type, *parameters = head.lower().split(";")
    if not comma or parameters[-1:] != ["base64"] or not mime_type.startswith(kind) or "/" not in mime_type:
        raise InvalidInput(
            f"The field `{field}` is no data URL that can be used: it has to begin like data:{default_type};base64, "
            "and go on in base64.",
            field=field,
        )
    return inline_media(mime_type, data, field)


def inline_media(mime_type: str, data: str, field: str) -> Media:
    """What is given in base64, beside its MIME type."""
    mime_type = _CALLED_OTHERWISE.get(mime_type.lower(), mime_type.lower())
    return Media(_format(mime_type), mime_type, "", base64_content(data, field))


def base64_content(data: str, field: str) -> str:
    """The data without line breaks; raises InvalidInput for what is no base64, or nothing."""
    data = "".join(data.split())
    try:
        is_empty = not binascii.a2b_base64(data, strict_mode=True)
    except ValueError:
        raise InvalidInput(f"The field `{field}` holds something that is not base64.", field=field) from None
    if is_empty:
        raise InvalidInput(f"The field `{field}` holds an empty file.", field=field)
    return data


def _elsewhere(address: str, field: str, default_type: str) -> Media:
    try:
        parts = urlsplit(address)
        is_web = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_web = False
    if not is_web:
        raise InvalidInput(
            f"The field `{field}` has to be a data URL (data:{default_type};base64,...) or an https address.",
            field=field,
        )
    guessed = mimetypes.guess_type(PurePosixPath(unquote(parts.path)).name)[0] or ""
    mime_type = guessed if guessed.startswith(default_type.partition("/")[0]) else default_type
    return Media(_format(mime_type), mime_type, address, "")


def _format(mime_type: str) -> str:
    ending = mimetypes.guess_extension(mime_type) or mime_type.rpartition("/")[2]
    return ending.removeprefix(".")
