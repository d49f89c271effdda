"""The wire form of `POST /v1/audio/speech` (OpenAI API reference, "Create speech"), and the start of what is spoken.

Dify passes a text and a voice on to a model, and nothing else: the provider chooses the format, and what else a request
may wish for is refused rather than ignored.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, BeforeValidator

from endpoints.openai.wire.texts import Text
from switchboard.errors import InvalidInput
from switchboard.media.audio import AAC, FLAC, MP3, OGG, START, WAV, AudioType, speech_type

_TYPES = {"mp3": MP3, "opus": OGG, "aac": AAC, "flac": FLAC, "wav": WAV}
_MAX_GATHERED = 30 * 1024 * 1024


def _id_of(voice: object) -> object:
    return voice.get("id") if isinstance(voice, dict) else voice


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("it holds nothing to say")
    return text


def _no_raw_samples(response_format: object) -> object:
    if response_format == "pcm":
        raise ValueError("nothing says how raw samples are to be played. Leave it out to get what the model gives")
    return response_format


def _normal(speed: float | None) -> float | None:
    if speed not in (None, 1):
        raise ValueError("Dify passes no speed on to a model. Leave it out, or send 1")
    return speed


def _none_given(instructions: str | None) -> str | None:
    if instructions:
        raise ValueError("Dify passes no instructions on to a model. Leave them out")
    return instructions


class SpeechRequest(BaseModel, defer_build=True):
    input: Annotated[Text, AfterValidator(_not_blank)]
    model: str | None = None
    voice: Annotated[str | None, BeforeValidator(_id_of)] = None
    """Its id, also where the request holds an object with one."""
    response_format: Annotated[
        Literal["mp3", "opus", "aac", "flac", "wav"] | None, BeforeValidator(_no_raw_samples)
    ] = None
    speed: Annotated[float | None, AfterValidator(_normal)] = None
    instructions: Annotated[str | None, AfterValidator(_none_given)] = None
    stream_format: Literal["audio"] | None = None

    def voice_for(self, selector: Mapping[str, Any]) -> str:
        """The voice named, or else the one set with the model; raises InvalidInput if there is none."""
        voice = (self.voice or str(selector.get("voice") or "")).strip()
        if not voice:
            raise InvalidInput(
                "No voice is named. Name one in `voice`, or choose one with the text-to-speech model in this "
                "endpoint's settings in Dify.",
                field="voice",
            )
        return voice

    def check_format(self, start: "SpeechStart") -> None:
        """Raises InvalidInput if the request wants another format than comes."""
        if self.response_format is None:
            return
        if start.type != _TYPES[self.response_format] or (start.type == OGG and b"OpusHead" not in start.content):
            raise InvalidInput(
                f"The speech comes as {start.type.name}, not as {self.response_format}: the model's provider chooses "
                "the format. Leave `response_format` out to get it as it comes.",
                field="response_format",
            )


class SpeechStart(NamedTuple):
    pieces: list[bytes]
    type: AudioType

    @property
    def content(self) -> bytes:
        return b"".join(self.pieces)

    @property
    def mime_type(self) -> str:
        return "audio/wav" if self.type == WAV else self.type.mime_type


def start_of(speech: Iterator[bytes]) -> SpeechStart:
    """Take so much off the speech as tells what it is; raises NoAnswer if that cannot be played."""
    pieces: list[bytes] = []
    while sum(map(len, pieces)) < START and (piece := next(speech, None)) is not None:
        pieces.append(piece)
    return SpeechStart(pieces, speech_type(b"".join(pieces)))


def gathered(start: SpeechStart, speech: Iterator[bytes]) -> list[bytes]:
    """All pieces of the speech; raises InvalidInput for more than this process should hold."""
    pieces, size = list(start.pieces), len(start.content)
    for piece in speech:
        pieces.append(piece)
        size += len(piece)
        if size > _MAX_GATHERED:
            raise InvalidInput(
                f"The speech has more than {_MAX_GATHERED // 1024**2} MiB as {start.type.name}. Send less text at a "
                "time.",
                field="input",
            )
    return pieces
