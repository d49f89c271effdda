"""`/v1/audio/speech` with the `openai` client, and raw where the client would not send such a thing."""

import io
import threading
import wave

import openai
import pytest

from tests import recordings
from tests.recordings import id3v2, mp3, seconds, speech, wav
from tests.replies import PNG
from workspace.wire import DifyError


def ask(api, **body):
    return api.http.post("/v1/audio/speech", json={"input": "Good morning.", **body})


def error_of(response):
    return response.json()["error"]


def test_the_client_gets_the_audio_byte_for_byte(api):
    content = mp3(2)
    api.answer(*speech(content[:100], b"", content[100:1000], content[1000:]))

    reply = api.openai().audio.speech.create(model="test-model", input="Good morning.", voice="nova")

    assert api.asked == [
        (
            "tts",
            {
                "provider": "langgenius/test/test",
                "model": "test-model",
                "voice": "nova",
                "content_text": "Good morning.",
            },
        )
    ]
    assert reply.content == content
    assert reply.response.headers["Content-Type"] == "audio/mpeg"


def test_audio_leaves_as_it_comes(api):
    content = mp3(2)
    arrived = threading.Event()

    def speak(invoke_type, payload):
        yield from speech(content[:1000])
        assert arrived.wait(30)
        yield from speech(content[1000:])

    api.handler = speak

    with api.openai().audio.speech.with_streaming_response.create(
        model="test-model", input="Good morning.", voice="nova"
    ) as reply:
        pieces = reply.iter_bytes()
        received = next(pieces)
        arrived.set()  # the rest comes only once the start has been read
        received += b"".join(pieces)

    assert received == content


def test_megabytes_of_audio_arrive_whole(api):
    content = mp3(1) + bytes(3_000_000)
    api.answer(*speech(*(content[at : at + 4096] for at in range(0, len(content), 4096))))

    assert ask(api).content == content


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (id3v2() + mp3(), "audio/mpeg"),
        (wav(), "audio/wav"),
        (recordings.ogg(), "audio/ogg"),
        (recordings.FLAC, "audio/flac"),
        (recordings.adts(), "audio/aac"),
        (recordings.mp4(), "audio/mp4"),
    ],
)
def test_who_asks_for_no_format_gets_what_comes_under_its_name(api, content, content_type):
    api.answer(*speech(content[:50], content[50:]))

    response = ask(api)

    assert response.content == content
    assert response.headers["Content-Type"] == content_type


@pytest.mark.parametrize(
    ("response_format", "content"),
    [
        ("mp3", mp3()),
        ("opus", recordings.ogg()),
        ("aac", recordings.adts()),
        ("flac", recordings.FLAC),
        ("wav", wav()),
    ],
)
def test_a_format_is_honoured_where_it_is_what_comes(api, response_format, content):
    api.answer(*speech(content))

    assert ask(api, response_format=response_format).content == content


@pytest.mark.parametrize(
    ("response_format", "content", "found"),
    [
        ("mp3", wav(), "WAV"),
        ("wav", mp3(), "MP3"),
        ("opus", recordings.ogg(b"\x01vorbis"), "Ogg"),
        ("aac", recordings.mp4(), "M4A"),
        ("flac", recordings.AMR, "AMR"),
    ],
)
def test_another_format_than_comes_is_refused_with_the_one_that_would(api, response_format, content, found):
    api.answer(*speech(content))

    with pytest.raises(openai.BadRequestError) as failure:
        api.openai().audio.speech.create(
            model="test-model", input="Good morning.", voice="nova", response_format=response_format
        )

    assert f"The speech comes as {found}, not as {response_format}" in failure.value.message
    assert failure.value.param == "response_format"


def test_wav_files_in_a_row_become_one_of_known_length(api):
    sentences = [wav(0.5), wav(0.25), recordings.streamed_wav(0.75)]
    api.answer(*speech(*(sentence[at : at + 4096] for sentence in sentences for at in range(0, len(sentence), 4096))))

    response = ask(api, response_format="wav")

    assert response.headers["Content-Length"] == str(len(response.content))
    with wave.open(io.BytesIO(response.content)) as file:
        assert file.getnframes() == 16000 * 1.5


def test_mp3_files_in_a_row_play_as_one_even_if_each_says_how_long_it_is(api):
    sentences = [recordings.counted(mp3(0.5)), recordings.counted(mp3(0.3))]
    api.answer(*speech(*sentences))

    assert seconds(ask(api).content) == pytest.approx(sum(seconds(mp3(length)) for length in (0.5, 0.3)), abs=0.001)


@pytest.mark.parametrize(
    ("body", "spoken"),
    [({}, "alloy"), ({"voice": None}, "alloy"), ({"voice": ""}, "alloy"), ({"voice": {"id": "voice_1"}}, "voice_1")],
)
def test_the_voice_is_the_requests_or_else_the_one_set_with_the_model(api, body, spoken):
    api.answer(*speech(mp3()))

    assert ask(api, **body).status_code == 200
    assert api.asked[0][1]["voice"] == spoken


def test_no_voice_at_all_is_refused_with_where_to_set_one(api):
    api.settings["models"] = "tts-1 = tts:langgenius/openai/openai/gpt-4o-mini-tts"

    response = ask(api, model="tts-1")

    assert response.status_code == 400
    assert "No voice is named. Name one in `voice`, or choose one with the text" in error_of(response)["message"]
    assert error_of(response)["param"] == "voice"
    assert api.asked == []


def test_a_model_that_clients_hard_code_is_found_by_its_alias(api):
    api.settings["models"] = "tts-1 = tts:langgenius/openai/openai/gpt-4o-mini-tts"
    api.answer(*speech(mp3()))

    api.openai().audio.speech.create(model="tts-1", input="Good morning.", voice="nova", speed=1.0)

    assert (api.asked[0][1]["model"], api.asked[0][1]["voice"]) == ("gpt-4o-mini-tts", "nova")


@pytest.mark.parametrize(
    ("body", "param", "sentence"),
    [
        ({"input": ""}, "input", "The field `input` is wrong: it is empty."),
        ({"input": " \n"}, "input", "The field `input` is wrong: it holds nothing to say."),
        ({"input": ["Good", "morning"]}, "input", "The field `input` has to be text."),
        ({"voice": 7}, "voice", "The field `voice` has to be text"),
        ({"voice": {"id": 7}}, "voice", "The field `voice` has to be text"),
        ({"response_format": "ogg"}, "response_format", "has to be 'mp3', 'opus', 'aac', 'flac' or 'wav'"),
        ({"response_format": "pcm"}, "response_format", "nothing says how raw samples are to be played"),
        ({"speed": 1.5}, "speed", "Dify passes no speed on to a model. Leave it out, or send 1."),
        ({"speed": "fast"}, "speed", "The field `speed` has to be a number"),
        ({"instructions": "Whisper."}, "instructions", "Dify passes no instructions on to a model."),
        ({"stream_format": "sse"}, "stream_format", "The field `stream_format` has to be 'audio'"),
    ],
)
def test_a_wrong_field_is_named_before_dify_is_asked(api, body, param, sentence):
    response = ask(api, **body)

    assert response.status_code == 400
    assert sentence in error_of(response)["message"]
    assert error_of(response)["param"] == param
    assert api.asked == []


@pytest.mark.parametrize(
    "body", [{"speed": 1}, {"speed": None}, {"instructions": ""}, {"stream_format": "audio"}, {"user": "somebody"}]
)
def test_wishes_that_change_nothing_are_granted(api, body):
    api.answer(*speech(mp3()))

    assert ask(api, **body).status_code == 200


def test_more_text_than_dify_carries_is_too_large(api):
    response = ask(api, input="é" * 3_000_000)

    assert response.status_code == 413
    assert "The text takes 6.0 MB" in error_of(response)["message"]
    assert api.asked == []


def test_an_unknown_model_is_not_found(api):
    with pytest.raises(openai.NotFoundError) as failure:
        api.openai().audio.speech.create(model="tts-9", input="Good morning.", voice="nova")

    assert failure.value.code == "model_not_found"
    assert api.asked == []


@pytest.mark.parametrize(
    ("events", "status", "sentence"),
    [
        (
            [DifyError("permission denied, you need to enable tts access in plugin manifest")],
            403,
            "does not ask for tts",
        ),
        ([DifyError("read tts model failed: request failed: overloaded")], 503, "overloaded"),
        ([DifyError("invocation exited without response after 250 seconds")], 504, "sent nothing for 250 seconds"),
        ([], 502, "returned no audio at all"),
        (speech(b"", b""), 502, "returned no audio at all"),
        (speech(PNG), 502, "returned a picture instead of audio"),
        (speech(b'{"error": "test-key is not valid"}'), 502, "returned text instead of audio"),
        (speech(recordings.samples(1)), 502, "raw PCM samples, or a format unknown here"),
        ([{"result": "sound"}], 502, "something that is not hexadecimal"),
        (speech(wav(rate=16000), wav(rate=24000)), 502, "several WAV files with different sample rates"),
        (speech(recordings.FLAC, recordings.FLAC), 502, "several FLAC files in a row"),
        ([*speech(wav()), DifyError("read tts model failed: EOF\nfailed to read data")], 502, "was cut off"),
    ],
)
def test_a_failure_before_audio_has_left_is_told_in_openais_form(api, events, status, sentence):
    api.answer(*events)

    response = ask(api)

    assert response.status_code == status
    assert sentence in error_of(response)["message"]
    assert "test-key" not in response.text


def test_a_failure_after_audio_has_left_ends_it_and_adds_nothing(api):
    content = mp3()
    api.answer(*speech(content), DifyError("read tts model failed: EOF\nfailed to read data"))

    response = ask(api)

    assert response.status_code == 200
    assert response.content == content


def test_speech_that_has_to_be_gathered_may_not_be_of_any_size(api):
    api.answer(*speech(wav()), *[{"result": bytes(1024 * 1024).hex()}] * 30)

    response = ask(api)

    assert response.status_code == 400
    assert "more than 30 MiB as WAV. Send less text at a time." in error_of(response)["message"]
