"""Audio by its bytes: what kind it is, and how the pieces that a model sends become one file.

Dify says nothing of the kind of audio a provider sends, and a provider that splits a long text sends several files in a
row. So the kind is read from the first bytes, and files are joined where their format allows it: MP3 frame by frame,
WAV sample by sample, Ogg and ADTS as they are.

Formats: ID3v2.4 "structure"; ISO/IEC 11172-3 and 13818-3 (MP3 frames), 13818-7 (ADTS), 14496-12 (MP4 boxes); RFC 3533
(Ogg), RFC 9639 (FLAC), RFC 4867 (AMR); Microsoft's "Multimedia Programming Interface" (RIFF, WAV).
"""

import codecs
import re
import struct
from collections.abc import Callable, Sequence
from itertools import islice, pairwise
from typing import Literal, NamedTuple

from switchboard.errors import NoAnswer


class AudioType(NamedTuple):
    name: str
    mime_type: str
    """As Python's `mimetypes` knows it: Dify derives the extension of a stored file from it."""
    extension: str


class Audio(NamedTuple):
    content: bytes
    type: AudioType


MP3 = AudioType("MP3", "audio/mpeg", "mp3")
WAV = AudioType("WAV", "audio/x-wav", "wav")
OGG = AudioType("Ogg", "audio/ogg", "ogg")
FLAC = AudioType("FLAC", "audio/flac", "flac")
AAC = AudioType("AAC", "audio/aac", "aac")
M4A = AudioType("M4A", "audio/mp4", "m4a")
WEBM = AudioType("WebM", "audio/webm", "webm")
AMR = AudioType("AMR", "audio/amr", "amr")

_SIGNATURES = (
    (WAV, re.compile(rb"RIFF....WAVE", re.DOTALL)),
    (OGG, re.compile(rb"OggS")),
    (FLAC, re.compile(rb"fLaC")),
    (M4A, re.compile(rb"....ftyp(?!hei|mif|msf|avi)", re.DOTALL)),  # HEIC and AVIF pictures are such files too
    (WEBM, re.compile(rb"\x1a\x45\xdf\xa3.{,40}webm", re.DOTALL)),
    (AMR, re.compile(rb"#!AMR")),
)
_PICTURES_IN_MOTION = {
    OGG: re.compile(rb"\x80theora"),
    M4A: re.compile(rb"hdlr.{8}vide", re.DOTALL),
    WEBM: re.compile(rb"\x86.V_(?:VP[89]|AV1|MPEG)"),
}
_NO_AUDIO = (
    (
        "a picture",
        rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP|BM....\0\0\0\0|II\*\0|MM\0\*|....ftyp(?:hei|mif|msf|avi)",
    ),
    ("a video", rb"....ftyp|\x1a\x45\xdf\xa3|OggS|RIFF....AVI |\0\0\x01[\xb3\xba]|FLV\x01"),
    ("a PDF document", rb"%PDF-"),
    ("an archive or an Office document", rb"PK\x03\x04|\xd0\xcf\x11\xe0|\x1f\x8b|7z\xbc\xaf|Rar!"),
    ("a web page", rb"\s*<(?:![dD][oO][cC]|[hH][tT][mM][lL])"),
)


def sniff(content: bytes) -> AudioType | None:
    """The kind of audio that a file's bytes say it is, `None` for anything else: pictures, videos, text, raw samples.

    The start of a file will do where the rest has yet to come; the more there is, the surer the answer.
    """
    start = 0
    while tag := _id3v2_length(content, start):
        start += tag
    for audio_type, signature in _SIGNATURES:
        if signature.match(content, start):
            video = _PICTURES_IN_MOTION.get(audio_type)
            return None if video and video.search(content, start) else audio_type
    if _starts_with_frames(content, start, _adts_frame_length):
        return AAC
    if start or _starts_with_frames(content, start, _mp3_frame_length):
        return MP3
    return None


def other_than_audio(content: bytes) -> str:
    """What a file is that `sniff` does not take for audio ("a picture"), "" if that is unknown."""
    for name, signature in _NO_AUDIO:
        if re.match(signature, content, re.DOTALL):
            return name
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(content[:4096])
    except UnicodeDecodeError:
        return ""
    return "text" if re.fullmatch(r"[^\0-\x08\x0e-\x1a\x1c-\x1f]+", text) else ""


START = 512
"""Bytes of speech from which `speech_type` and `can_stream` tell what they tell."""


def speech_type(content: bytes) -> AudioType:
    """The kind of audio that a model sends, by all of it or its start; `NoAnswer` if that cannot be played."""
    if not content:
        raise NoAnswer("The model returned no audio at all. Check that the text holds something to say.")
    audio_type = sniff(content)
    if audio_type is None:
        raise NoAnswer(_not_playable(content))
    return audio_type


def can_stream(start: bytes, audio_type: AudioType) -> bool:
    """Whether speech that starts so can be handed on as it comes, even if it turns out to be several files.

    It cannot where a file says at its start how long it is: a player would stop where the first of several ends.
    """
    if audio_type != MP3:
        return audio_type in (OGG, AAC, AMR)
    at = 0
    while tag := _id3v2_length(start, at):
        at += tag
    return at + 42 <= len(start) and not _CONTENTS_OF_FILE.match(start, at, at + 42)


def join(pieces: Sequence[bytes]) -> Audio:
    """One file of the pieces in which a model sent its speech, wherever they were cut; `NoAnswer` if there is none."""
    content = b"".join(pieces)
    audio_type = speech_type(content)
    if audio_type == MP3:
        content = _join_mp3(content)
    elif audio_type == WAV:
        content = _join_wav(content)
    elif audio_type in (FLAC, M4A, WEBM) and any(sniff(piece) == audio_type for piece in pieces[1:]):
        raise NoAnswer(
            f"The model returned several {audio_type.name} files in a row, which cannot be joined into one. Send a "
            "shorter text, or have the provider return MP3 or WAV."
        )
    return Audio(content, audio_type)


def _not_playable(content: bytes) -> str:
    if other := other_than_audio(content):
        return f"The model returned {other} instead of audio. Try another voice or another model."
    return (
        "The model returned audio that no player can open: raw PCM samples, or a format unknown here. Choose MP3 or "
        "WAV as the output format where the model's provider is set up, or choose another model."
    )


# MP3 and ADTS: frames, each with a header that tells its length

_MPEG1, _MPEG2 = 3, 2
_LAYER_3 = 1
_KBITS = {
    _MPEG1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
    _MPEG2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
}
_MP3_RATES = {_MPEG1: (44100, 48000, 32000), _MPEG2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_MP3_START = re.compile(rb"ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x10-\xef]")
_CONTENTS_OF_FILE = re.compile(rb".{4,38}(?:Xing|Info|VBRI)", re.DOTALL)


def _mp3_frame_length(content: bytes, at: int) -> int:
    """The length of the layer III frame whose header is at `at`, 0 if there is none."""
    header = int.from_bytes(content[at : at + 4])
    version, layer = header >> 19 & 3, header >> 17 & 3
    if header >> 21 != 0x7FF or version == 1 or layer != _LAYER_3 or header >> 10 & 3 == 3:
        return 0
    kbits = _KBITS[_MPEG1 if version == _MPEG1 else _MPEG2][header >> 12 & 15]
    samples_in_bytes = 144_000 if version == _MPEG1 else 72_000
    return kbits and samples_in_bytes * kbits // _MP3_RATES[version][header >> 10 & 3] + (header >> 9 & 1)


def _adts_frame_length(content: bytes, at: int) -> int:
    """The length of the AAC frame whose ADTS header is at `at`, 0 if there is none."""
    header = int.from_bytes(content[at : at + 6])
    length = header >> 5 & 0x1FFF
    sampling = header >> 26 & 15
    return length if header >> 32 & 0xFFF6 == 0xFFF0 and sampling < 13 and length >= 7 else 0


def _starts_with_frames(content: bytes, at: int, frame_length: Callable[[bytes, int], int]) -> bool:
    """Whether there is a frame at `at`, and another one or a tag behind it as far as the content goes."""
    length = frame_length(content, at)
    rest = content[at + length : at + length + 6]
    return length > 0 and (len(rest) < 6 or rest.startswith((b"ID3", b"TAG")) or frame_length(rest, 0) > 0)


def _id3v2_length(content: bytes, at: int) -> int:
    """The length of the ID3v2 tag at `at`, 0 if there is none."""
    tag = content[at : at + 10]
    if len(tag) < 10 or tag[:3] != b"ID3" or tag[3] not in (2, 3, 4) or max(tag[6:]) > 127:
        return 0
    footer = 10 if tag[5] & 0x10 else 0
    return 10 + (tag[6] << 21 | tag[7] << 14 | tag[8] << 7 | tag[9]) + footer


MAX_FALSE_STARTS = 10_000
"""Places that look like the next frame and are none, after which what follows is passed on unread: it is no MP3."""


def _join_mp3(content: bytes) -> bytes:
    """Without what describes one file of several: their tags, and the first frames that count the frames to come.

    A player that believes the first of these would stop where the first file ended. One file stays as it is.
    """
    kept: list[bytes] = []
    files = at = 0
    between_files = True
    while at < len(content):
        kind, end = _next_part(content, at)
        if kind == "audio":
            files += between_files
            between_files = False
            kept.append(content[at:end])
        elif kind == "about the file":
            between_files = True
        else:
            kept.append(content[at:end])
        at = end
    return b"".join(kept) if files > 1 else content


def _next_part(content: bytes, at: int) -> tuple[Literal["audio", "about the file", "unknown"], int]:
    """What is at `at` in an MP3 file, and where it ends."""
    if tag := _id3v2_length(content, at):
        return "about the file", at + tag
    if content.startswith(b"TAG", at):  # ID3v1
        return "about the file", at + 128
    if length := _mp3_frame_length(content, at):
        counts_frames = _CONTENTS_OF_FILE.match(content, at, at + 42)
        return "about the file" if counts_frames else "audio", at + length
    for start in islice(_MP3_START.finditer(content, at + 1), MAX_FALSE_STARTS):
        if _id3v2_length(content, start.start()) or _starts_with_frames(content, start.start(), _mp3_frame_length):
            return "unknown", start.start()
    return "unknown", len(content)


# WAV: RIFF chunks, of which "fmt " says how the samples in "data" are to be read

_WAV_START = re.compile(rb"RIFF....WAVE", re.DOTALL)


def _join_wav(content: bytes) -> bytes:
    """One WAV of one or several, with the sizes that a stream's header could not know and no other chunks."""
    starts = [match.start() for match in _WAV_START.finditer(content)]
    wavs = [_wav_format_and_samples(content[start:end]) for start, end in pairwise([*starts, len(content)])]
    formats = {format_[:16] for format_, _ in wavs}
    if len(formats) > 1:
        raise NoAnswer(
            "The model returned several WAV files with different sample rates, channels or sample sizes, which cannot "
            "be joined into one. Send a shorter text, or have the provider return MP3."
        )
    samples = b"".join(samples for _, samples in wavs)
    if not samples:
        raise NoAnswer("The model returned a WAV file without any sound. Check that the text holds something to say.")
    chunks = b"WAVE" + _chunk(b"fmt ", wavs[0][0]) + _chunk(b"data", samples)
    return _chunk(b"RIFF", chunks)


def _wav_format_and_samples(wav: bytes) -> tuple[bytes, bytes]:
    """The body of a WAV's "fmt " chunk, and its samples: whole ones only, or those of the next WAV would be shifted."""
    format_ = b""
    at = 12
    while at + 8 <= len(wav):
        name, size = struct.unpack_from("<4sI", wav, at)
        at += 8
        if name == b"fmt ":
            format_ = wav[at : at + size]
        if name == b"data" and len(format_) >= 16:
            # 0, 2³²-1 and the like stand for "until the end"; a size that more samples follow was a guess
            end = at + size if _are_chunks(wav, at + size + (size & 1)) else len(wav)
            samples = wav[at:end]
            (bytes_in_sample,) = struct.unpack_from("<H", format_, 12)
            return format_, samples[: len(samples) - len(samples) % max(bytes_in_sample, 1)]
        at += size + (size & 1)
    raise NoAnswer("The model returned a WAV file that is broken: it does not say what its samples are. Try again.")


def _are_chunks(wav: bytes, at: int) -> bool:
    """Whether what follows the samples is chunks (or nothing), rather than more samples."""
    if at > len(wav):
        return False
    while at + 8 <= len(wav):
        name, size = struct.unpack_from("<4sI", wav, at)
        at += 8 + size
        if not re.fullmatch(rb"[ -~]{4}", name) or at > len(wav):
            return False
        at += size & 1
    return at >= len(wav)


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) & 1)
