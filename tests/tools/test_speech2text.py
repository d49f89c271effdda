import itertools
import json
import socket

import pytest

from switchboard.errors import BrokenInDify, InvalidInput, NoAnswer, NotPermitted, ProviderFailed, TimedOut
from switchboard.wire_limits import MAX_LINE, MAX_PAYLOAD
from tests import recordings
from tests.recordings import mp3, wav
from tests.replies import PNG, file_at
from tools.speech2text import Speech2TextTool
from workspace.stub import StubbedDify, replies
from workspace.wire import DifyError

MODEL = {"provider": "langgenius/openai/openai", "model": "whisper-1", "model_type": "speech2text"}
HEARD = {"result": "Please open the door."}


def recording(url, filename="memo.mp3"):
    return file_at(url, filename, type="audio")


def transcribe(dify, audio, **parameters):
    return dify.run(Speech2TextTool, {"model": MODEL, "audio": audio, **parameters})


def test_the_whole_request_and_every_output(serve):
    content = mp3()
    dify = StubbedDify(replies(HEARD))

    outputs = dify.run(Speech2TextTool, {"model": MODEL, "audio": recording(serve(content))})

    assert dify.requests == [
        (
            "speech2text",
            {
                "provider": "langgenius/openai/openai",
                "model": "whisper-1",
                "model_type": "speech2text",
                "file": content.hex(),
            },
        )
    ]
    assert outputs.text == "Please open the door."
    assert outputs.variables == {"transcript": "Please open the door."}
    assert (outputs.files, outputs.json) == ([], [])


@pytest.mark.parametrize(
    "content",
    [
        wav(),
        recordings.id3v2() + mp3(),
        recordings.ogg(),
        recordings.FLAC,
        recordings.adts(),
        recordings.mp4(),
        recordings.mp4(b"mp42"),
        recordings.webm(),
        recordings.AMR,
    ],
)
def test_recordings_of_many_formats_are_sent_as_they_are(serve, content):
    dify = StubbedDify(replies(HEARD))

    transcribe(dify, [recording(serve(content), "no extension")])

    [(_, payload)] = dify.requests
    assert payload["file"] == content.hex()


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"model": None}, "No model is chosen. Choose a speech-to-text model"),
        ({"model": {**MODEL, "model_type": "tts"}}, "needs a speech-to-text model, but whisper-1 is a text-to-speech"),
        ({"model": "whisper-1"}, "chosen in its selector"),
        ({"audio": None}, "`audio` holds no file. Choose a file variable"),
        ({"audio": ""}, "`audio` holds no file"),
        ({"audio": []}, "`audio` holds no file"),
        ({"audio": "memo.mp3"}, "`audio` has to be a file, not text"),
        ({"audio": [recording("http://127.0.0.1/1"), recording("http://127.0.0.1/2")]}, "one file, and 2 were given"),
        ({"audio": recording("/files/tools/memo.mp3")}, "memo.mp3 has no usable address. Set FILES_URL"),
    ],
)
def test_bad_input_is_refused_before_dify_is_asked(parameters, sentence):
    dify = StubbedDify(replies(HEARD))

    with pytest.raises(InvalidInput, match=sentence):
        dify.run(Speech2TextTool, {"model": MODEL, **parameters})

    assert dify.requests == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "memo.mp3 is empty"),
        (PNG, "memo.mp3 is a picture. Give a recording as MP3"),
        (b"Good morning", "memo.mp3 is text"),
        (recordings.webm(b"V_VP8"), "memo.mp3 is a video"),
        (recordings.samples(1), "memo.mp3 is in no audio format that is known here"),
        (wav(90), r"memo.mp3 has 2\.88 MB, and Dify carries at most 2\.59 MB"),
    ],
)
def test_a_file_that_cannot_be_transcribed_is_refused_before_dify_is_asked(serve, content, sentence):
    dify = StubbedDify(replies(HEARD))

    with pytest.raises(InvalidInput, match=sentence):
        transcribe(dify, recording(serve(content)))

    assert dify.requests == []


@pytest.mark.parametrize(
    ("status", "sentence"),
    [(302, "has to lead to Dify itself"), (403, "Its link has expired"), (404, "upload it again"), (502, "HTTP 502")],
)
def test_a_recording_that_cannot_be_downloaded_is_refused(serve, status, sentence):
    dify = StubbedDify(replies(HEARD))

    with pytest.raises(InvalidInput, match=sentence):
        transcribe(dify, recording(serve(b"no", status=status)))

    assert dify.requests == []


def test_a_server_that_cannot_be_reached_is_named():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))

        with pytest.raises(InvalidInput, match="INTERNAL_FILES_URL or FILES_URL"):
            transcribe(StubbedDify(replies(HEARD)), recording(f"http://127.0.0.1:{closed.getsockname()[1]}/a.mp3"))


def test_the_largest_recording_still_fits_on_one_line(serve):
    dify = StubbedDify(replies(HEARD))

    transcribe(dify, recording(serve(recordings.FLAC.ljust(MAX_PAYLOAD // 2, b"\0"))))

    [request] = dify.requests
    assert MAX_LINE - 70_000 < len(json.dumps(request)) < MAX_LINE - 10_000


@pytest.mark.parametrize(
    "text",
    [
        "invoke speech2text model failed: request failed: Non-hexadecimal digit found",
        "invoke speech2text model failed: request failed: Odd-length string",
        "invoke speech2text model failed: request failed: UnsupportedOperation: read",
        "invoke speech2text model failed: data is nil",
    ],
)
def test_the_fault_of_dify_is_called_by_its_name(serve, text):
    with pytest.raises(BrokenInDify, match="Dify cannot transcribe for plugins today"):
        transcribe(StubbedDify(replies(DifyError(text))), recording(serve(mp3())))


@pytest.mark.parametrize(
    ("events", "error"),
    [
        ([DifyError("permission denied, you need to enable speech2text access in plugin manifest")], NotPermitted),
        ([DifyError("invoke speech2text model failed: request failed: overloaded")], ProviderFailed),
        ([DifyError("invoke speech2text model failed: EOF\nfailed to read data")], ProviderFailed),
        ([{"result": ""}], NoAnswer),
        ([{"result": " \n"}], NoAnswer),
        ([{"result": "word " * 1_200_000}], NoAnswer),
        ([{"text": "Please"}], NoAnswer),
        ([], NoAnswer),
    ],
)
def test_a_failing_model_is_an_error_and_nothing_goes_out(serve, events, error):
    dify = StubbedDify(replies(*events))
    messages = dify.messages(Speech2TextTool, {"model": MODEL, "audio": recording(serve(mp3()))})

    with pytest.raises(error):
        next(messages)


def test_silence_is_said_to_be_silence(serve):
    with pytest.raises(NoAnswer, match="whisper-1 understood nothing in the recording. Check that somebody speaks"):
        transcribe(StubbedDify(replies({"result": ""})), recording(serve(wav())))


def test_a_model_that_never_answers_times_out(serve):
    dify = StubbedDify(lambda invoke_type, payload: itertools.repeat(None), max_invocation_timeout=3)

    with pytest.raises(TimedOut, match="nothing for 3 seconds"):
        transcribe(dify, recording(serve(mp3())))
