"""Speech with espeak-ng: text in, one mp3 file in pieces out (mono, 22050 Hz, 64 kbit/s).

The shared library and its voices come with the package `espeakng_loader`; nothing is installed on the system.

    for piece in speak("Good morning.", voice="en-gb"):
        file.write(piece)
"""

import ctypes
import re
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from workspace.engines import ModelFailed

BIT_RATE = 64
PASSAGE = 400
"""Characters spoken at a time, so that a long text is heard before all of it is synthesised."""

OPENAI_VOICES = {
    "alloy": "en-us+f2",
    "ash": "en-us+m3",
    "ballad": "en-gb+m2",
    "cedar": "en-us+m7",
    "coral": "en-us+f3",
    "echo": "en-us+m1",
    "fable": "en-gb",
    "marin": "en-us+f5",
    "nova": "en-us+f2",
    "onyx": "en-us+m4",
    "sage": "en-us+f1",
    "shimmer": "en-us+f4",
    "verse": "en-gb+m5",
}
"""OpenAI's voices, which many plugins hard-code, and what speaks in their place."""

_SYNCHRONOUS_TO_CALLBACK = 2  # AUDIO_OUTPUT_SYNCHRONOUS
_NEVER_EXIT_THE_PROCESS = 0x8000  # espeakINITIALIZE_DONT_EXIT
_UTF8 = 1  # espeakCHARS_UTF8
_POSITION_IN_CHARACTERS = 1  # POS_CHARACTER

_BREAK = re.compile(r"(?<=[.!?;:。！？；\n])\s*|\s+")


class _Voice(ctypes.Structure):
    """espeak_VOICE of speak_lib.h."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("reserved", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


_on_samples = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class _Listed(NamedTuple):
    """A voice: its file ("roa/pt-BR") and its name ("Portuguese (Brazil)")."""

    file: str
    name: str


class _Espeak:
    """The library, which is one global state: whoever uses it holds the lock."""

    def __init__(self) -> None:
        import espeakng_loader

        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path()
        self.sample_rate: int = self._library.espeak_Initialize(
            _SYNCHRONOUS_TO_CALLBACK, 0, data.encode(), _NEVER_EXIT_THE_PROCESS
        )
        if self.sample_rate <= 0:
            raise ModelFailed("espeak-ng did not start: its voice data could not be read")
        self._library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        self._lock = threading.Lock()
        self._samples = bytearray()
        self._callback = _on_samples(self._collect)
        self._library.espeak_SetSynthCallback(self._callback)
        self.variants = {path.name for path in Path(data, "voices", "!v").iterdir()}
        self.voices = self._voices_by_language()

    def _collect(self, samples: "ctypes._Pointer[ctypes.c_short]", count: int, _events: int | None) -> int:
        if samples and count > 0:
            self._samples += ctypes.string_at(samples, 2 * count)
        return 0

    def _voices_by_language(self) -> dict[str, _Listed]:
        """Language code ("pt-br") to the voice that speaks it best."""
        found: dict[str, tuple[int, _Listed]] = {}
        listed = self._library.espeak_ListVoices(None)
        index = 0
        while listed[index]:
            voice = listed[index].contents
            for code, priority in _languages(voice.languages):
                if code not in found or priority < found[code][0]:
                    found[code] = (priority, _Listed(voice.identifier.decode(), voice.name.decode()))
            index += 1
        return {code: listed for code, (_, listed) in sorted(found.items())}

    def synthesise(self, text: str, voice_file: str) -> bytes:
        """16 bit mono PCM."""
        encoded = text.encode()
        with self._lock:
            self._samples.clear()
            self._library.espeak_SetVoiceByName(voice_file.encode())
            self._library.espeak_Synth(
                encoded, ctypes.c_size_t(len(encoded) + 1), 0, _POSITION_IN_CHARACTERS, 0, _UTF8, None, None
            )
            return bytes(self._samples)


@cache
def _espeak() -> _Espeak:
    return _Espeak()


_starting = threading.Lock()


def speak(text: str, *, voice: str) -> Iterator[bytes]:
    """The text as one mp3 file, in pieces as they are ready.

    `voice` is a language code of espeak-ng ("en-gb", "de", "cmn", "pt-br"), with a variant after a plus where wanted
    ("en-us+f3"), or a name of OpenAI's voices. A voice that is not there, or a text with nothing to say, is a
    `ModelFailed`, raised before the first piece. The same text is not the same bytes again: espeak-ng's wave goes on
    where the last one ended.
    """
    import lameenc

    with _starting:
        espeak = _espeak()
    voice_file = _voice_file(espeak, voice)
    passages = list(_passages(text.replace("\0", " ").encode(errors="replace").decode()))
    if not passages:
        raise ModelFailed("there is nothing to say: the text is empty")
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_channels(1)
    encoder.set_in_sample_rate(espeak.sample_rate)
    encoder.set_out_sample_rate(espeak.sample_rate)
    encoder.set_bit_rate(BIT_RATE)
    encoder.set_quality(5)
    for passage in passages:
        if piece := bytes(encoder.encode(espeak.synthesise(passage, voice_file))):
            yield piece
    yield bytes(encoder.flush())


def voices() -> dict[str, str]:
    """The language codes that can be spoken, each with espeak-ng's name for its voice."""
    with _starting:
        return {code: voice.name for code, voice in _espeak().voices.items()}


def _voice_file(espeak: _Espeak, voice: str) -> str:
    wanted = voice.strip().lower()
    language, _, variant = OPENAI_VOICES.get(wanted, wanted).partition("+")
    listed = espeak.voices.get(_aliases.get(language, language))
    variants = {known.lower(): known for known in espeak.variants}
    if listed is None or (variant and variant not in variants):
        raise ModelFailed(
            f'there is no voice "{voice}"; there are language codes such as en-us, en-gb, de, fr, es, pt-br, it, '
            f"cmn, ja ({len(espeak.voices)} in all), with a variant where wanted (en-us+f3), and OpenAI's names: "
            + ", ".join(OPENAI_VOICES)
        )
    return f"{listed.file}+{variants[variant]}" if variant else listed.file


_aliases = {"zh": "cmn", "zh-cn": "cmn", "zh-hans": "cmn", "zh-hk": "yue", "ja-jp": "ja", "ko-kr": "ko", "de-de": "de"}


def _passages(text: str) -> Iterator[str]:
    """The text in pieces of at most `PASSAGE` characters, cut where a sentence ends or else between words."""
    rest = text.strip()
    while len(rest) > PASSAGE:
        breaks = list(_BREAK.finditer(rest, 1, PASSAGE))
        after_sentences = [found for found in breaks if rest[found.start() - 1] in ".!?;:。！？；\n"]
        end = (after_sentences or breaks)[-1].end() if breaks else PASSAGE
        yield rest[:end]
        rest = rest[end:].lstrip()
    if rest:
        yield rest


def _languages(address: int | None) -> Iterator[tuple[str, int]]:
    """espeak's list of (priority byte, language code, NUL), which a priority of 0 ends."""
    while address and (priority := ctypes.string_at(address, 1)[0]):
        code = ctypes.string_at(address + 1)
        yield code.decode().lower(), priority
        address += len(code) + 2
