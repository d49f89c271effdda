"""The wire form of `POST /v1/audio/transcriptions` (OpenAI API reference, "Create transcription").

Dify passes a recording on to a model and gives back its text, nothing else. Hints to the model (`language`, `prompt`,
`temperature`) are ignored; what would change the reply's form is refused.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, BaseModel, BeforeValidator, Field


def _without_times(response_format: object) -> object:
    if response_format in ("verbose_json", "diarized_json", "srt", "vtt"):
        raise ValueError("Dify gives the text of a recording alone, without times or speakers. Send json or text")
    return response_format


def _not_wanted(granularity: str | None) -> str | None:
    if granularity:
        raise ValueError("Dify gives the text of a recording alone, without times. Leave it out")
    return granularity


def _at_once(stream: bool | None) -> bool | None:  # noqa: FBT001
    if stream:
        raise ValueError("Dify gives the text of a recording at once. Leave it out")
    return stream


class TranscriptionRequest(BaseModel):
    """The fields of the form beside its `file`."""

    model: str | None = None
    response_format: Annotated[Literal["json", "text"] | None, BeforeValidator(_without_times)] = None
    stream: Annotated[bool | None, AfterValidator(_at_once)] = None
    timestamp_granularities: Annotated[
        str | None,
        AfterValidator(_not_wanted),
        Field(validation_alias=AliasChoices("timestamp_granularities[]", "timestamp_granularities")),
    ] = None
