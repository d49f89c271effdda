import io
import wave
from concurrent.futures import ThreadPoolExecutor

import miniaudio
import pytest

from workspace.engines.recognition import transcribe
from workspace.engines.speech import speak
from workspace.wire import DifyError


@pytest.fixture(scope="module")
def fox():
    return b"".join(speak("The quick brown fox jumps over the lazy dog.", voice="alloy"))


def as_wav(pcm):
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(16000)
        wav.writeframes(pcm)
    return file.getvalue()


def test_spoken_words_are_recognised(fox):
    heard = transcribe(fox).split()

    assert len({"quick", "brown", "fox", "over", "the", "lazy", "dog"}.intersection(heard)) >= 5


def test_the_same_recording_is_heard_the_same_again_and_from_threads(fox):
    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(transcribe, [fox, fox]))) == 1


def test_wav_is_heard_like_mp3(fox):
    pcm = miniaudio.decode(fox, nchannels=1, sample_rate=16000).samples.tobytes()

    assert transcribe(as_wav(pcm)) == transcribe(fox)


def test_silence_has_no_words():
    assert transcribe(as_wav(bytes(16000))) == ""


def test_a_long_recording_is_cut_at_its_pauses(fox):
    pcm = miniaudio.decode(fox, nchannels=1, sample_rate=16000).samples.tobytes()
    pause = bytes(2 * 16000 * 28)

    assert transcribe(as_wav(pcm + pause + pcm)).split().count("fox") == 2


@pytest.mark.parametrize("junk", [b"", b"hello, this is text", b"\x00" * 5000, b"RIFF" + bytes(100), b"x" * 50_000])
def test_what_is_not_audio_is_refused_in_a_sentence(junk):
    with pytest.raises(DifyError, match="not audio that can be read here: mp3, wav, flac and ogg vorbis can"):
        transcribe(junk)


def test_nothing_is_written_to_stderr(fox, capfd):
    transcribe(fox)

    assert capfd.readouterr() == ("", "")
