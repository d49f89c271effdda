import itertools
import json

import httpx
import pytest

from switchboard.errors import (
    InvalidInput,
    NoAnswer,
    NotConfigured,
    NotPermitted,
    ProviderFailed,
    RefusedByDify,
    TimedOut,
)
from tests import recordings
from tests.recordings import id3v2, mp3, seconds, speech, wav
from tests.replies import PNG
from tools.tts import TTSTool
from workspace.plugin.file_server import FileServer
from workspace.stub import StubbedDify, replies
from workspace.wire import DifyError

MODEL = {"provider": "langgenius/openai/openai", "model": "tts-1", "model_type": "tts"}


def speak(dify, **parameters):
    return dify.run(TTSTool, {"model": {**MODEL, "voice": "alloy"}, "text": "Good morning.", **parameters})


def test_the_whole_request_and_every_output():
    content = mp3(0.5)
    dify = StubbedDify(replies(*speech(content[:100], content[100:1000], content[1000:])))

    outputs = dify.run(TTSTool, {"model": MODEL, "text": "Good morning.", "voice": "nova"})

    assert dify.requests == [
        (
            "tts",
            {
                "provider": "langgenius/openai/openai",
                "model": "tts-1",
                "model_type": "tts",
                "voice": "nova",
                "content_text": "Good morning.",
            },
        )
    ]
    assert [(file.blob, file.mime_type, file.filename) for file in outputs.files] == [
        (content, "audio/mpeg", "speech.mp3")
    ]
    assert outputs.text == "Spoke 13 characters to speech.mp3."
    assert outputs.variables == {"mime_type": "audio/mpeg"}
    assert outputs.json == []


def test_a_link_is_handed_over_in_place_of_the_file(tmp_path):
    content = mp3(0.5)
    with FileServer(uploads=tmp_path) as files:

        def handler(invoke_type, payload):
            if invoke_type == "upload_file":
                return iter([{"url": files.upload_url(payload["filename"], payload["mimetype"])}])
            return iter(speech(content))

        dify = StubbedDify(handler)
        outputs = speak(dify, hand_over="link")
        said, _, address = outputs.text.partition("\nLink: ")
        linked = httpx.get(address.strip()).content

    assert dify.requests[1:] == [("upload_file", {"filename": "speech.mp3", "mimetype": "audio/mpeg"})]
    assert (said, linked) == ("Spoke 13 characters to speech.mp3.", content)
    assert (outputs.files, outputs.variables) == ([], {"mime_type": "audio/mpeg"})


def test_no_link_is_handed_over_where_dify_gives_none(serve):
    kept = {"id": "1", "name": "speech.mp3", "size": 1, "extension": ".mp3", "mime_type": "audio/mpeg"}
    address = serve(json.dumps(kept).encode(), status=201)

    def handler(invoke_type, payload):
        return iter([{"url": address}] if invoke_type == "upload_file" else speech(mp3()))

    with pytest.raises(NoAnswer, match="gives no address for it"):
        speak(StubbedDify(handler), hand_over="link")


@pytest.mark.parametrize(
    ("selector", "voice", "spoken"),
    [
        ({**MODEL, "voice": "alloy", "language": "en-US"}, "nova", "nova"),
        ({**MODEL, "voice": "alloy", "language": "en-US"}, " nova\n", "nova"),
        ({**MODEL, "voice": "alloy", "language": "en-US"}, "", "alloy"),
        ({**MODEL, "voice": "alloy", "language": "en-US"}, None, "alloy"),
        ({"type": "constant", "value": {**MODEL, "voice": "alloy"}}, " ", "alloy"),
        ({**MODEL, "voice": "", "language": "en-US"}, "nova", "nova"),
    ],
)
def test_the_tools_voice_comes_before_the_selectors(selector, voice, spoken):
    dify = StubbedDify(replies(*speech(mp3())))

    speak(dify, model=selector, voice=voice)

    [(_, payload)] = dify.requests
    assert payload["voice"] == spoken
    assert "language" not in payload


@pytest.mark.parametrize(
    ("content", "mime_type", "filename"),
    [
        (id3v2() + mp3(), "audio/mpeg", "speech.mp3"),
        (wav(), "audio/x-wav", "speech.wav"),
        (recordings.ogg(), "audio/ogg", "speech.ogg"),
        (recordings.FLAC, "audio/flac", "speech.flac"),
        (recordings.adts(), "audio/aac", "speech.aac"),
        (recordings.mp4(), "audio/mp4", "speech.m4a"),
    ],
)
def test_the_file_gets_the_type_of_its_content(content, mime_type, filename):
    outputs = speak(StubbedDify(replies(*speech(content[:50], b"", content[50:]))))

    [file] = outputs.files
    assert (file.blob, file.mime_type, file.filename) == (content, mime_type, filename)
    assert outputs.variables == {"mime_type": mime_type}


@pytest.mark.parametrize("make", [mp3, wav])
def test_a_file_for_each_sentence_becomes_one_file_that_plays_them_all(make):
    sentences = [make(0.5), make(0.3), make(0.7)]

    [file] = speak(StubbedDify(replies(*speech(*sentences)))).files

    assert seconds(file.blob) == pytest.approx(sum(map(seconds, sentences)), abs=0.001)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"model": None}, "No model is chosen. Choose a text-to-speech model"),
        ({"model": {**MODEL, "model_type": "llm"}}, "needs a text-to-speech model, but tts-1 is a language model"),
        ({"model": "tts-1"}, "chosen in its selector"),
        ({"model": MODEL}, "No voice is set. Fill in `voice`, or open the settings of the model"),
        ({"model": {**MODEL, "voice": None}, "voice": " "}, "No voice is set"),
        ({"hand_over": "paper"}, "`hand_over` has to be one of file, link"),
        ({"voice": 7}, "`voice` has to be text, not a number"),
        ({"text": ""}, "`text` is empty"),
        ({"text": " \n\t"}, "`text` is empty"),
        ({"text": None}, "`text` is empty"),
        ({"text": ["Good", "morning"]}, "`text` has to be text, not a list"),
        ({"text": "half \ud83d"}, "`text` holds half of a surrogate pair at character 6"),
        ({"voice": "\udc00"}, "`voice` holds half of a surrogate pair"),
        ({"text": "é" * 3_000_000}, "The text takes 6.0 MB"),
        ({"voice": "v" * 6_000_000}, "The text takes 6.0 MB"),
    ],
)
def test_bad_input_is_refused_before_dify_is_asked(parameters, sentence):
    dify = StubbedDify(replies(*speech(mp3())))

    with pytest.raises(InvalidInput, match=sentence):
        speak(dify, **parameters)

    assert dify.requests == []


def test_a_megabyte_of_text_goes_through():
    assert speak(StubbedDify(replies(*speech(mp3()))), text="word " * 200_000).files


NO_VOICE = (
    "unmarshal backwards invoke request failed: error validating struct: Key: 'InvokeTTSSchema.Voice' "
    "Error:Field validation for 'Voice' failed on the 'required' tag"
)
UNKNOWN_MODEL = (
    'invoke tts model failed: request failed with status code: 400 and respond with: {"code":"invalid_param",'
    '"message":"Model tts-1 not exist.","status":400}'
)


@pytest.mark.parametrize(
    ("events", "error"),
    [
        ([DifyError("permission denied, you need to enable tts access in plugin manifest")], NotPermitted),
        ([DifyError(NO_VOICE)], RefusedByDify),
        ([DifyError(UNKNOWN_MODEL)], NotConfigured),
        ([DifyError("read tts model failed: request failed: overloaded")], ProviderFailed),
        ([*speech(mp3()), DifyError("read tts model failed: EOF\nfailed to read data")], ProviderFailed),
        ([*speech(mp3()), {"result": "4"}], NoAnswer),
        ([{"result": "sound"}], NoAnswer),
        ([{"audio": "ff"}], NoAnswer),
        ([], NoAnswer),
        (speech(b"", b""), NoAnswer),
        (speech(wav(0)), NoAnswer),
    ],
)
def test_a_failing_model_is_an_error_and_nothing_goes_out(events, error):
    messages = StubbedDify(replies(*events)).messages(TTSTool, {"model": MODEL, "text": "Hi", "voice": "alloy"})

    with pytest.raises(error):
        next(messages)


@pytest.mark.parametrize(
    ("pieces", "sentence"),
    [
        ([recordings.samples(1)], "raw PCM samples, or a format unknown here"),
        ([b'{"error": "test-key is not valid"}'], "returned text instead of audio"),
        ([PNG], "returned a picture instead of audio"),
        ([wav(rate=16000), wav(rate=24000)], "several WAV files with different sample rates"),
        ([recordings.FLAC, recordings.FLAC], "several FLAC files in a row"),
    ],
)
def test_what_cannot_be_played_is_refused(pieces, sentence):
    with pytest.raises(NoAnswer, match=sentence):
        speak(StubbedDify(replies(*speech(*pieces))))


def test_speech_that_dify_would_not_store_is_refused_while_it_comes():
    pieces = itertools.chain(speech(mp3()), itertools.repeat({"result": bytes(1024 * 1024).hex()}))

    with pytest.raises(NoAnswer, match="The speech has more than 50 MiB"):
        speak(StubbedDify(lambda invoke_type, payload: pieces))


@pytest.mark.parametrize("pieces", [[], speech(mp3())])
def test_a_model_that_falls_silent_times_out(pieces):
    silence = itertools.chain(pieces, itertools.repeat(None))
    dify = StubbedDify(lambda invoke_type, payload: silence, max_invocation_timeout=3)

    with pytest.raises(TimedOut, match="nothing for 3 seconds"):
        next(dify.messages(TTSTool, {"model": MODEL, "text": "Hi", "voice": "alloy"}))
