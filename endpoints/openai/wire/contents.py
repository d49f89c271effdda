"""What a user's message holds beside text, as Dify's parts of a message."""

import mimetypes

from dify_plugin.entities.model.message import (
    AudioPromptMessageContent,
    DocumentPromptMessageContent,
    ImagePromptMessageContent,
)

from endpoints.http.media import base64_content, media_at

_DETAIL = ImagePromptMessageContent.DETAIL
_AUDIO_TYPES = {"mp3": "audio/mpeg"}


def image(address: str, detail: str | None, field: str) -> ImagePromptMessageContent:
    """A picture in a data URL or at an address."""
    found = media_at(address, "image/", field, default_type="image/jpeg")
    # Dify has no "auto"; what a picture shows must not depend on how finely the model happens to look
    return ImagePromptMessageContent(**found._asdict(), detail=_DETAIL.LOW if detail == "low" else _DETAIL.HIGH)


def audio(data: str, audio_format: str, field: str) -> AudioPromptMessageContent:
    """A recording in base64."""
    audio_format = audio_format.lower()
    return AudioPromptMessageContent(
        format=audio_format,
        mime_type=_AUDIO_TYPES.get(audio_format, f"audio/{audio_format}"),
        base64_data=base64_content(data, field),
    )


def document(address: str, filename: str, field: str) -> DocumentPromptMessageContent:
    """A file in a data URL or at an address, or its content alone where the name tells the type."""
    mime_type = mimetypes.guess_type(filename)[0]
    if mime_type and ":" not in address:  # which OpenAI takes too
        address = f"data:{mime_type};base64,{address}"
    found = media_at(address, "", field, default_type="application/pdf")
    return DocumentPromptMessageContent(**found._asdict(), filename=filename)
