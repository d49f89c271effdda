"""Recognition of English speech with pocketsphinx and the model in its package.

It is a recogniser of its time: of clear speech it understands about half to two thirds of the words.
"""

import io
import threading
from functools import cache
from typing import TYPE_CHECKING

from workspace.engines import ModelFailed

if TYPE_CHECKING:
    from pocketsphinx import Decoder

SAMPLE_RATE = 16000
"""Hertz; what the acoustic model was trained on."""
SILENT_BELOW = 300
"""Of 32768: a recording that is nowhere louder holds no words; the decoder would hear some in noise."""
LONGEST_UTTERANCE = 30
"""Seconds; longer recordings are cut where the speaker pauses."""

_one_at_a_time = threading.Lock()


def transcribe(audio: bytes) -> str:
    """The words, in lower case without punctuation, of an mp3, wav, flac or ogg vorbis file; "" where none is heard.

    Anything else is a `ModelFailed`.
    """
    pcm = _decoded(audio)
    if not pcm:
        return ""
    utterances = [pcm] if len(pcm) <= LONGEST_UTTERANCE * SAMPLE_RATE * 2 else _utterances(pcm)
    with _one_at_a_time:
        return " ".join(filter(None, map(_words, utterances)))


def _decoded(audio: bytes) -> bytes:
    """16 bit mono PCM at `SAMPLE_RATE`; nothing for silence."""
    import workspace.engines.numeric  # noqa: F401, I001 - before miniaudio loads numpy in its own way
    import miniaudio

    try:
        decoded = miniaudio.decode(audio, miniaudio.SampleFormat.SIGNED16, nchannels=1, sample_rate=SAMPLE_RATE)
    except miniaudio.DecodeError as error:
        raise ModelFailed(_NOT_AUDIO) from error
    if not decoded.num_frames:
        raise ModelFailed(_NOT_AUDIO)
    return decoded.samples.tobytes() if max(map(abs, decoded.samples)) >= SILENT_BELOW else b""


_NOT_AUDIO = "the file is not audio that can be read here: mp3, wav, flac and ogg vorbis can"


def _utterances(pcm: bytes) -> list[bytes]:
    from pocketsphinx import Segmenter

    return [speech.pcm for speech in Segmenter(sample_rate=SAMPLE_RATE).segment(io.BytesIO(pcm))]


def _words(pcm: bytes) -> str:
    decoder, first_mean = _decoder()
    decoder.set_cmn(first_mean)  # else what was heard before changes what is heard now
    decoder.start_utt()
    decoder.process_raw(pcm, full_utt=True)
    decoder.end_utt()
    heard = decoder.hyp()
    return str(heard.hypstr) if heard else ""


@cache
def _decoder() -> tuple["Decoder", str]:
    """The decoder, and the cepstral mean it starts with."""
    from pocketsphinx import Decoder

    decoder = Decoder(loglevel="FATAL")
    return decoder, decoder.get_cmn()
