"""Recordings made by code: tones in real WAV and MP3, speech, and the bare headers of the formats nothing here can
encode."""

import array
import functools
import io
import math
import struct
import wave

import lameenc
import miniaudio

from workspace.engines.speech import speak


def samples(seconds: float, *, rate: int = 16000, channels: int = 1) -> bytes:
    """A 440 Hz tone in 16 bit PCM."""
    count = round(seconds * rate)
    period = rate // math.gcd(rate, 440)
    return (_tone(period, rate, channels) * (count // period + 1))[: 2 * channels * count]


@functools.cache
def _tone(count: int, rate: int, channels: int) -> bytes:
    tone = (round(8000 * math.sin(2 * math.pi * 440 * n / rate)) for n in range(count))
    return array.array("h", (value for value in tone for _ in range(channels))).tobytes()


def wav(seconds: float = 0.1, *, rate: int = 16000, channels: int = 1) -> bytes:
    with wave.open(buffer := io.BytesIO(), "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(samples(seconds, rate=rate, channels=channels))
    return buffer.getvalue()


@functools.cache
def spoken(text: str = "we will meet at the station on friday") -> bytes:
    """As an MP3."""
    return b"".join(speak(text, voice="en-us"))


def wav_chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def streamed_wav(seconds: float = 0.1, *, size: int = 0xFFFFFFFF, rate: int = 16000) -> bytes:
    """A WAV whose writer did not know how long it would be."""
    whole = wav(seconds, rate=rate)
    return whole[:4] + struct.pack("<I", size) + whole[8:40] + struct.pack("<I", size) + whole[44:]


def mp3(seconds: float = 0.2, *, rate: int = 16000) -> bytes:
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_channels(1)
    encoder.set_in_sample_rate(rate)
    encoder.set_out_sample_rate(rate)
    encoder.set_bit_rate(32)
    return bytes(encoder.encode(samples(seconds, rate=rate)) + encoder.flush())


def id3v2(body: bytes = b"TIT2\0\0\0\x06\0\0\0Hello") -> bytes:
    size = len(body)
    return b"ID3\x03\0\0" + bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127]) + body


def id3v1() -> bytes:
    return b"TAG" + bytes(125)


def counted(content: bytes) -> bytes:
    """An MP3 file behind the frame in which encoders count its frames (LAME's "Info")."""
    length = 144  # of a frame of 32 kbit/s at 16 kHz
    frames = len(content) // length
    first = content[:4] + bytes(9) + b"Info" + struct.pack(">II", 1, frames)
    return first.ljust(length, b"\0") + content


def adts(frames: int = 3, *, length: int = 64) -> bytes:
    """AAC in ADTS frames of so many bytes, without sense."""
    header = 0xFFF15080 << 24 | length << 13 | 0x1FFC
    return (header.to_bytes(7) + bytes(length - 7)) * frames


def ogg(codec: bytes = b"OpusHead") -> bytes:
    return b"OggS\0\x02" + bytes(20) + b"\x01\x13" + codec + bytes(40)


def mp4(brand: bytes = b"M4A ", *, tracks: tuple[bytes, ...] = (b"soun",)) -> bytes:
    handlers = b"".join(b"\0\0\0\x21hdlr" + bytes(8) + track + bytes(13) for track in tracks)
    return b"\0\0\0\x18ftyp" + brand + bytes(12) + handlers


def webm(codec: bytes = b"A_OPUS", *, doctype: bytes = b"webm") -> bytes:
    return b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84" + doctype + bytes(30) + b"\x86\x86" + codec + bytes(20)


FLAC = b"fLaC\0\0\0\x22" + bytes(60)
AMR = b"#!AMR\n" + bytes(60)


def seconds(content: bytes) -> float:
    """How long a decoder plays a file."""
    return miniaudio.decode(content, output_format=miniaudio.SampleFormat.SIGNED16).num_frames / 44100


def speech(*pieces: bytes) -> list[dict[str, str]]:
    """The events of `model.tts` as the daemon forwards them."""
    return [{"result": piece.hex()} for piece in pieces]
