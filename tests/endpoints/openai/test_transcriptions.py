"""`/v1/audio/transcriptions` with the `openai` client, and raw where the client would not send such a thing."""

import openai
import pytest

from switchboard.wire_limits import MAX_PAYLOAD
from tests import recordings
from tests.recordings import mp3, wav
from tests.replies import PNG
from workspace.wire import DifyError

ROUTE = "/v1/audio/transcriptions"
HEARD = {"result": "Please open the door, Zoë."}


@pytest.fixture(autouse=True)
def hearing(api):
    api.answer(HEARD)


def ask(api, content=None, **fields):
    return api.http.post(ROUTE, files={"file": ("memo.mp3", content or mp3())}, data=fields)


def error_of(response):
    return response.json()["error"]


def test_the_client_gets_the_text(api):
    content = mp3()

    reply = api.openai().audio.transcriptions.create(model="test-model", file=("memo.mp3", content))

    assert api.asked == [
        ("speech2text", {"provider": "langgenius/test/test", "model": "test-model", "file": content.hex()})
    ]
    assert reply.text == "Please open the door, Zoë."


def test_who_asks_for_text_gets_it_bare(api):
    reply = api.openai().audio.transcriptions.create(
        model="test-model", file=("memo.mp3", mp3()), response_format="text"
    )

    assert reply == "Please open the door, Zoë."
    assert ask(api, response_format="text").headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "content",
    [wav(), recordings.id3v2() + mp3(), recordings.ogg(), recordings.FLAC, recordings.mp4(), recordings.webm()],
)
def test_recordings_of_many_formats_are_sent_as_they_are(api, content):
    response = api.http.post(ROUTE, files={"file": ("no extension", content, "application/octet-stream")})

    assert response.json() == {"text": "Please open the door, Zoë."}
    assert api.asked[0][1]["file"] == content.hex()


def test_hints_that_dify_passes_to_no_model_do_no_harm(api):
    reply = api.openai().audio.transcriptions.create(
        model="test-model",
        file=("memo.mp3", mp3()),
        language="en",
        prompt="Doors and windows.",
        temperature=0.2,
        response_format="json",
    )

    assert reply.text == "Please open the door, Zoë."
    assert set(api.asked[0][1]) == {"provider", "model", "file"}


def test_a_model_that_clients_hard_code_is_found_by_its_alias(api):
    api.settings["models"] = "whisper-1 = speech2text:langgenius/openai/openai/gpt-4o-transcribe"

    api.openai().audio.transcriptions.create(model="whisper-1", file=("memo.mp3", mp3()))

    assert api.asked[0][1]["model"] == "gpt-4o-transcribe"


def test_silence_is_an_empty_text(api):
    api.answer({"result": ""})

    assert ask(api).json() == {"text": ""}


@pytest.mark.parametrize("stream", ["true", True])
def test_the_text_comes_at_once_or_not_at_all(api, stream):
    response = ask(api, stream=stream)

    assert response.status_code == 400
    assert "Dify gives the text of a recording at once" in error_of(response)["message"]
    assert error_of(response)["param"] == "stream"


@pytest.mark.parametrize("granularities", [{}, {"timestamp_granularities": ["segment"]}])
def test_the_verbose_form_says_what_is_not_known(api, granularities):
    reply = api.openai().audio.transcriptions.create(
        model="test-model", file=("memo.mp3", mp3()), response_format="verbose_json", **granularities
    )

    assert (reply.text, reply.task) == ("Please open the door, Zoë.", "transcribe")
    assert (reply.language, reply.duration, reply.segments, reply.words) == (None, None, None, None)
    assert reply.note == "Dify gives the text of a recording alone: language, duration and times are not known."


@pytest.mark.parametrize("response_format", ["diarized_json", "srt", "vtt"])
def test_forms_with_times_are_refused(api, response_format):
    with pytest.raises(openai.BadRequestError) as failure:
        api.openai().audio.transcriptions.create(
            model="test-model", file=("memo.mp3", mp3()), response_format=response_format
        )

    assert "without times or speakers. Send json or text." in failure.value.message
    assert failure.value.param == "response_format"
    assert api.asked == []


def test_times_of_words_are_refused(api):
    with pytest.raises(openai.BadRequestError, match="the text of a recording alone, without times") as failure:
        api.openai().audio.transcriptions.create(
            model="test-model", file=("memo.mp3", mp3()), timestamp_granularities=["word"]
        )

    assert failure.value.param == "timestamp_granularities[]"
    assert api.asked == []


@pytest.mark.parametrize(
    "fields",
    [
        {"timestamp_granularities[]": ["segment", "word"]},
        {"timestamp_granularities[]": ["word", "segment"]},
        {"timestamp_granularities": ["segment", "word"]},
        {"timestamp_granularities": "word"},
        {"timestamp_granularities[0]": "segment", "timestamp_granularities[1]": "word"},
        {"timestamp_granularities": '["segment", "word"]'},
        {"timestamp_granularities": "segment,word"},
        {"timestamp_granularities": "segment", "timestamp_granularities[]": "word"},
    ],
)
def test_times_of_words_are_refused_in_each_spelling(api, fields):
    response = ask(api, **fields)

    assert response.status_code == 400
    assert error_of(response)["param"] == "timestamp_granularities[]"
    assert "the text of a recording alone, without times" in error_of(response)["message"]
    assert api.asked == []


@pytest.mark.parametrize("fields", [{"include[]": "logprobs"}, {"include": ["other", "logprobs"]}])
def test_log_probabilities_are_refused(api, fields):
    response = ask(api, **fields)

    assert response.status_code == 400
    assert error_of(response)["param"] == "include[]"
    assert api.asked == []


def test_a_field_that_comes_twice_and_differs_is_refused(api):
    response = ask(api, response_format=["json", "text"])

    assert response.status_code == 400
    assert error_of(response)["message"] == "The field `response_format` comes 2 times. Send it once."


def test_another_response_format_is_named(api):
    response = ask(api, response_format="xml")

    assert error_of(response)["message"] == ("The field `response_format` has to be 'json', 'text' or 'verbose_json'.")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (PNG, "The file is a picture. Give a recording as MP3"),
        (b"Good morning", "The file is text"),
        (recordings.webm(b"V_VP8"), "The file is a video"),
        (recordings.samples(1), "The file is in no audio format that is known here"),
    ],
)
def test_what_is_no_recording_is_refused_before_dify_is_asked(api, content, sentence):
    with pytest.raises(openai.BadRequestError) as failure:
        api.openai().audio.transcriptions.create(model="test-model", file=("memo.mp3", content))

    assert sentence in failure.value.message
    assert failure.value.param == "file"
    assert api.asked == []


def test_the_largest_recording_goes_through_and_a_larger_one_does_not(api):
    largest = recordings.FLAC.ljust(MAX_PAYLOAD // 2, b"\0")

    assert ask(api, largest).status_code == 200
    response = ask(api, largest + b"\0")

    assert len(api.asked) == 1
    assert response.status_code == 413
    assert error_of(response)["message"] == (
        "The file has 2.59 MB, and Dify carries at most 2.59 MB of it in one request. Send less at a time."
    )
    assert (error_of(response)["param"], error_of(response)["code"]) == ("file", "request_too_large")


def test_a_body_that_the_daemon_has_cut_is_told_from_a_broken_one(api):
    response = ask(api, bytes(11 * 1024 * 1024))

    assert response.status_code == 413
    assert "The body has 10 MiB or more" in error_of(response)["message"]


@pytest.mark.parametrize(
    ("request_", "status", "sentence"),
    [
        ({"json": {"model": "test-model"}}, 415, "its Content-Type is application/json, not multipart/form-data"),
        ({"content": mp3(), "headers": {"Content-Type": "audio/mpeg"}}, 415, "its Content-Type is audio/mpeg"),
        ({"content": b""}, 415, "its Content-Type is missing"),
        ({"files": {"audio": ("memo.mp3", mp3())}}, 400, "The field `file` is missing. Send a file in it."),
        ({"files": {"file": ("memo.mp3", b"")}}, 400, "The file in the field `file` is empty."),
        ({"files": {"file": (None, b"@memo.mp3")}}, 400, "The field `file` holds text. Send it as a file"),
        ({"content": b"", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, 400, "The body is empty"),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 400, "names no boundary"),
        ({"content": b"--x\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, 400, "is cut off"),
    ],
)
def test_a_request_that_holds_no_recording_is_refused(api, request_, status, sentence):
    response = api.http.post(ROUTE, **request_)

    assert response.status_code == status
    assert sentence in error_of(response)["message"]
    assert api.asked == []


def test_an_unknown_model_is_not_found(api):
    with pytest.raises(openai.NotFoundError) as failure:
        api.openai().audio.transcriptions.create(model="whisper-9", file=("memo.mp3", mp3()))

    assert (failure.value.code, failure.value.param) == ("model_not_found", "model")
    assert api.asked == []


@pytest.mark.parametrize(
    "text",
    [
        "invoke speech2text model failed: request failed: Non-hexadecimal digit found",
        "invoke speech2text model failed: request failed: Odd-length string",
        "invoke speech2text model failed: request failed: UnsupportedOperation: read",
        "invoke speech2text model failed: data is nil",
    ],
)
def test_the_fault_of_dify_is_called_by_its_name_and_not_asked_for_again(api, text):
    api.answer(DifyError(text))
    client = api.openai().with_options(max_retries=2)

    with pytest.raises(openai.InternalServerError) as failure:
        client.audio.transcriptions.create(model="test-model", file=("memo.mp3", mp3()))

    assert failure.value.status_code == 502
    assert "Dify cannot transcribe for plugins today" in failure.value.message
    assert failure.value.response.headers["x-should-retry"] == "false"
    assert len(api.asked) == 1


@pytest.mark.parametrize(
    ("answer", "status", "sentence"),
    [
        (DifyError("permission denied, you need to enable speech2text access in plugin manifest"), 403, "speech2text"),
        (DifyError("invoke speech2text model failed: request failed: overloaded"), 503, "overloaded"),
    ],
)
def test_a_failure_is_told_in_openais_form(api, answer, status, sentence):
    api.answer(answer)

    response = ask(api)

    assert response.status_code == status
    assert sentence in error_of(response)["message"]
