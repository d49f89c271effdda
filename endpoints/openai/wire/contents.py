"""What a user's message holds beside text, as Dify's parts of a message."""

import mimetypes
import re

from dify_plugin.entities.model.message import (
    AudioPromptMessageContent,
    DocumentPromptMessageContent,
    ImagePromptMessageContent,
)

from endpoints.http.media import base64_content, media_at
from switchboard.errors import InvalidInput

_DETAIL = ImagePromptMessageContent.DETAIL
_AUDIO_TYPES = {"mp3": "audio/mpeg"}
_AUDIO_FORMATS = {"mpeg": "mp3", "mpga": "mp3", "wave": "wav", "vnd.wave": "wav"}
"""By the second half of a MIME type, what OpenAI's API calls the format."""


def image(address: str, detail: str | None, field: str) -> ImagePromptMessageContent:
    """A picture in a data URL or at an address."""
    found = media_at(address, "image/", field, default_type="image/jpeg")
    # Dify has no "auto"; what a picture shows must not depend on how finely the model happens to look
    return ImagePromptMessageContent(**found._asdict(), detail=_DETAIL.LOW if detail == "low" else _DETAIL.HIGH)


def audio(data: str, audio_format: str, field: str) -> AudioPromptMessageContent:
    """A recording in base64, in a data URL or at an address. Its format is a name such as "wav", or a MIME type.

    `field` has both, as `data` and `format`.
    """
    name = audio_format.lower().partition(";")[0].strip().removeprefix("audio/").removeprefix("x-").lstrip(".")
    name = _AUDIO_FORMATS.get(name, name)
    if not re.fullmatch(r"[a-z0-9.+-]+", name):
        wrong = f"{field}.format"
        raise InvalidInput(f'The field `{wrong}` has to be a format such as "wav" or "mp3".', field=wrong)
    address = ""
    if data.lower().startswith(("data:", "http:", "https:")):
        found = media_at(data, "audio/", f"{field}.data", default_type="audio/wav")
        address, data = found.url, found.base64_data
    return AudioPromptMessageContent(
        format=name,
        mime_type=_AUDIO_TYPES.get(name, f"audio/{name}"),
        url=address,
        base64_data="" if address else base64_content(data, f"{field}.data"),
    )


def document(address: str, filename: str, field: str) -> DocumentPromptMessageContent:
    """A file in a data URL or at an address, or its content alone where the name tells the type."""
    mime_type = mimetypes.guess_type(filename)[0]
    if mime_type and ":" not in address:  # which OpenAI takes too
        address = f"data:{mime_type};base64,{address}"
    found = media_at(address, "", field, default_type="application/pdf")
    return DocumentPromptMessageContent(**found._asdict(), filename=filename)
