from concurrent.futures import ThreadPoolExecutor

import miniaudio
import pytest

from workspace.engines.speech import OPENAI_VOICES, speak, voices
from workspace.wire import DifyError


def spoken(text, voice="en-us"):
    return b"".join(speak(text, voice=voice))


def seconds(audio):
    return miniaudio.decode(audio).duration


def test_a_sentence_becomes_an_mp3_file_of_its_length():
    audio = spoken("Please open the front door.")

    info = miniaudio.mp3_get_info(audio)
    assert audio[0] == 0xFF
    assert audio[1] & 0xE0 == 0xE0
    assert (info.nchannels, info.sample_rate) == (1, 22050)
    assert 1 < seconds(audio) < 3


def test_a_long_text_arrives_in_pieces_that_are_one_file():
    pieces = list(speak("This is a sentence of a long text. " * 60, voice="en-us"))

    assert len(pieces) >= 5
    assert seconds(b"".join(pieces)) > 60


def test_a_long_text_without_spaces_is_spoken():
    assert seconds(spoken("好" * 500, "cmn")) > 20


@pytest.mark.parametrize(
    "voice", ["en", "en-gb", "de", "zh", "cmn", "pt-br", "ja", "en-us+f3", "EN-GB", *OPENAI_VOICES]
)
def test_languages_variants_and_openai_names_are_voices(voice):
    assert seconds(spoken("one two", voice)) > 0.3


def test_different_voices_sound_different():
    assert len({spoken("one two", voice) for voice in OPENAI_VOICES}) > 8


@pytest.mark.parametrize("voice", ["klingon-x", "", "en-us+nobody", "../../en"])
def test_an_unknown_voice_is_refused_with_some_that_there_are(voice):
    with pytest.raises(DifyError, match=r"there is no voice .*en-us.*alloy"):
        spoken("hello", voice)


@pytest.mark.parametrize("text", ["", "  \n", "\0"])
def test_an_empty_text_is_refused(text):
    with pytest.raises(DifyError, match="the text is empty"):
        spoken(text)


def test_the_text_after_a_nul_is_spoken_too():
    assert seconds(spoken("one\0two three four five")) > 1


def test_half_a_surrogate_pair_does_not_stop_the_speech():
    assert spoken("hello \ud800")


def test_threads_do_not_get_each_others_speech():
    texts = ["one", "one two three four five", "one two three four five six seven eight nine ten"] * 4
    with ThreadPoolExecutor(4) as pool:
        together = [seconds(audio) for audio in pool.map(spoken, texts)]

    alone = [seconds(spoken(text)) for text in texts[:3]]
    assert together == pytest.approx(alone * 4, abs=0.1)


def test_the_languages_can_be_listed():
    assert {"en-us", "de", "cmn", "pt-br"} <= set(voices())
    assert voices()["pt-br"] == "Portuguese (Brazil)"
