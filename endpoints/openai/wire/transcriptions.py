"""The wire form of `POST /v1/audio/transcriptions` (OpenAI API reference, "Create transcription").

Dify passes a recording on to a model and gives back its text, nothing else. Hints to the model (`language`, `prompt`,
`temperature`) are ignored. `verbose_json` is answered, since LiteLLM asks for it whatever its caller wants, with null
for what is not known; what cannot be had without times is refused.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator

NOTE = "Dify gives the text of a recording alone: language, duration and times are not known."


def _without_times(response_format: object) -> object:
    if response_format in ("diarized_json", "srt", "vtt"):
        raise ValueError("Dify gives the text of a recording alone, without times or speakers. Send json or text")
    return response_format


def _not_of_words(granularities: list[str] | None) -> list[str] | None:
    """The list may also be one text, in JSON or with commas."""
    if granularities and "word" in re.findall(r"\w+", " ".join(granularities).lower()):
        raise ValueError("Dify gives the text of a recording alone, without times. Leave it out")
    return granularities


def _without_probabilities(include: list[str] | None) -> list[str] | None:
    if include and "logprobs" in " ".join(include).lower():
        raise ValueError("Dify gives the text of a recording alone, without log probabilities. Leave it out")
    return include


def _at_once(stream: bool | None) -> bool | None:  # noqa: FBT001
    if stream:
        raise ValueError("Dify gives the text of a recording at once. Leave it out")
    return stream


class TranscriptionRequest(BaseModel, defer_build=True):
    """The fields of the form beside its `file`."""

    model: str | None = None
    response_format: Annotated[Literal["json", "text", "verbose_json"] | None, BeforeValidator(_without_times)] = None
    stream: Annotated[bool | None, AfterValidator(_at_once)] = None
    timestamp_granularities: Annotated[list[str] | None, AfterValidator(_not_of_words)] = None
    include: Annotated[list[str] | None, AfterValidator(_without_probabilities)] = None


def transcription_reply(text: str, *, verbose: bool) -> dict[str, Any]:
    """The text, and if `verbose` what else OpenAI would tell."""
    if not verbose:
        return {"text": text}
    unknown = dict.fromkeys(("language", "duration", "segments", "words"))
    return {"task": "transcribe", "text": text, **unknown, "note": NOTE}
