"""The wire form of `POST /v1/audio/transcriptions` (OpenAI API reference, "Create transcription").

Dify passes a recording on to a model and gives back its text, nothing else. Hints to the model (`language`, `prompt`,
`temperature`) are ignored. `verbose_json` is answered, since LiteLLM asks for it whatever its caller wants, with null
for what is not known; what cannot be had without times is refused.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, BaseModel, BeforeValidator, Field

NOTE = "Dify gives the text of a recording alone: language, duration and times are not known."


def _without_times(response_format: object) -> object:
    if response_format in ("diarized_json", "srt", "vtt"):
        raise ValueError("Dify gives the text of a recording alone, without times or speakers. Send json or text")
    return response_format


def _not_of_words(granularity: str | None) -> str | None:
    if granularity == "word":
        raise ValueError("Dify gives the text of a recording alone, without times. Leave it out")
    return granularity


def _at_once(stream: bool | None) -> bool | None:  # noqa: FBT001
    if stream:
        raise ValueError("Dify gives the text of a recording at once. Leave it out")
    return stream


class TranscriptionRequest(BaseModel):
    """The fields of the form beside its `file`."""

    model: str | None = None
    response_format: Annotated[Literal["json", "text", "verbose_json"] | None, BeforeValidator(_without_times)] = None
    stream: Annotated[bool | None, AfterValidator(_at_once)] = None
    timestamp_granularities: Annotated[
        str | None,
        AfterValidator(_not_of_words),
        Field(validation_alias=AliasChoices("timestamp_granularities[]", "timestamp_granularities")),
    ] = None


def transcription_reply(text: str, *, verbose: bool) -> dict[str, Any]:
    """The text, and if `verbose` what else OpenAI would tell."""
    if not verbose:
        return {"text": text}
    unknown = dict.fromkeys(("language", "duration", "segments", "words"))
    return {"task": "transcribe", "text": text, **unknown, "note": NOTE}
