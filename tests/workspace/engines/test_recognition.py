import io
import wave
from concurrent.futures import ThreadPoolExecutor

import miniaudio
import pytest

from workspace.engines.recognition import transcribe
from workspace.engines.speech import speak
from workspace.wire import DifyError


@pytest.fixture(scope="module")
def dog():
    return b"".join(speak("The lazy dog.", voice="alloy"))


def as_wav(pcm):
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(16000)
        wav.writeframes(pcm)
    return file.getvalue()


def test_spoken_words_are_recognised_without_a_word_on_stderr(capfd):
    audio = b"".join(speak("The quick brown fox jumps over the lazy dog.", voice="alloy"))
    heard = transcribe(audio).split()

    assert len({"quick", "brown", "fox", "over", "the", "lazy", "dog"}.intersection(heard)) >= 5
    assert capfd.readouterr() == ("", "")


def test_wav_is_heard_like_mp3_and_in_another_thread_like_here(dog):
    pcm = miniaudio.decode(dog, nchannels=1, sample_rate=16000).samples.tobytes()
    with ThreadPoolExecutor(2) as pool:
        heard = list(pool.map(transcribe, [as_wav(pcm), dog]))

    assert heard == [transcribe(dog)] * 2


def test_silence_has_no_words():
    assert transcribe(as_wav(bytes(16000))) == ""


def test_a_long_recording_is_heard_before_and_after_its_pause():
    fox = b"".join(speak("The quick brown fox jumps over the lazy dog.", voice="alloy"))
    pcm = miniaudio.decode(fox, nchannels=1, sample_rate=16000).samples.tobytes()
    pause = bytes(2 * 16000 * 28)

    assert len(transcribe(as_wav(pcm + pause + pcm)).split()) >= 12


@pytest.mark.parametrize("junk", [b"", b"hello, this is text", b"\x00" * 5000, b"RIFF" + bytes(100), b"x" * 50_000])
def test_what_is_not_audio_is_refused_in_a_sentence(junk):
    with pytest.raises(DifyError, match="not audio that can be read here: mp3, wav, flac and ogg vorbis can"):
        transcribe(junk)
