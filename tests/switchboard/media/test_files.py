import socket

import pytest
from dify_plugin.file import file as sdk_file
from dify_plugin.file.file import File

from switchboard.errors import InvalidInput
from switchboard.media.files import download, download_audio, download_image
from switchboard.wire_limits import MAX_PAYLOAD
from tests import recordings
from tests.replies import PNG, file_at

MOST = MAX_PAYLOAD // 2


def file(url: str, name: str = "memo.mp3", **fields) -> File:
    return File(**{**file_at(url, name, type="audio"), **fields})


@pytest.fixture
def closed_port():
    with socket.socket() as bound:  # bound, never listening: connections are refused
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.fixture
def silent_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:  # accepts connections, never answers
        yield listening.getsockname()[1]


def test_a_file_is_downloaded_as_it_is(serve):
    assert download(file(serve(b"\0\xff as it is")), "audio") == b"\0\xff as it is"


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (302, "Check FILES_URL of your Dify server: it has to lead to Dify itself"),
        (403, "Its link has expired"),
        (404, "It is not there any more: upload it again"),
        (500, "$"),
    ],
)
def test_a_refused_download_says_what_to_do(serve, status, hint):
    with pytest.raises(InvalidInput, match=rf"`audio`: memo\.mp3 could not be downloaded \(HTTP {status}\)\. ?{hint}"):
        download(file(serve(b"no", status=status)), "audio")


@pytest.mark.parametrize(
    "url", ["/files/tools/1.mp3?sign=x", "", "ftp://127.0.0.1/a.mp3", "http://[::1/a.mp3", "http://"]
)
def test_an_address_that_cannot_be_asked_points_to_files_url(url):
    with pytest.raises(InvalidInput, match=r"memo\.mp3 has no usable address\. Set FILES_URL"):
        download(file(url), "audio")


def test_a_server_that_is_not_there_points_to_files_url(closed_port):
    with pytest.raises(
        InvalidInput, match=r"its server cannot be reached or breaks off\. Check that INTERNAL_FILES_URL"
    ):
        download(file(f"http://127.0.0.1:{closed_port}/a.mp3"), "audio")


def test_a_server_that_is_silent_times_out(silent_port, monkeypatch):
    impatient = sdk_file._plugin_config.model_copy(update={"HTTPX_TIMEOUT": 0.05})
    monkeypatch.setattr(sdk_file, "_plugin_config", impatient)

    with pytest.raises(InvalidInput, match=r"could not be downloaded in time\. .* or raise HTTPX_TIMEOUT"):
        download(file(f"http://127.0.0.1:{silent_port}/a.mp3"), "audio")


def test_an_answer_that_cannot_be_decoded_is_named(serve):
    url = serve(b"not gzip", headers={"Content-Encoding": "gzip"})

    with pytest.raises(InvalidInput, match="cannot be reached or breaks off"):
        download(file(url), "audio")


def test_an_empty_file_is_refused(serve):
    with pytest.raises(InvalidInput, match=r"`audio`: memo\.mp3 is empty"):
        download(file(serve(b"")), "audio")


def test_a_file_without_a_name_is_called_the_file(serve):
    with pytest.raises(InvalidInput, match="`audio`: the file is empty"):
        download(file(serve(b""), filename=None), "audio")


@pytest.mark.parametrize(
    ("content", "mime_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBP", "image/webp"),
    ],
)
def test_a_picture_gets_the_type_of_its_content_whatever_it_is_called(serve, content, mime_type):
    image = download_image(file(serve(content), "notes.txt"), "images")

    assert image == (content, mime_type, "notes.txt")


def test_a_picture_without_a_name_gets_one(serve):
    assert download_image(file(serve(PNG), filename=None), "images").filename == "image.png"


@pytest.mark.parametrize("content", [b"hello", recordings.wav(), b"<svg/>"])
def test_what_is_no_picture_is_refused(serve, content):
    with pytest.raises(InvalidInput, match=r"`images`: cat\.png is not a PNG, JPEG, GIF or WebP picture"):
        download_image(file(serve(content), "cat.png"), "images")


def test_a_recording_is_known_by_its_content_whatever_it_is_called(serve):
    assert download_audio(file(serve(recordings.wav()), "notes.txt"), "audio") == recordings.wav()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (PNG, "a picture"),
        (recordings.mp4(b"isom", tracks=(b"vide", b"soun")), "a video"),
        (b"Good morning", "text"),
        (b"<!DOCTYPE html>", "a web page"),
        (bytes(1000), "in no audio format that is known here"),
    ],
)
def test_what_is_no_recording_is_refused_by_what_it_is(serve, content, found):
    with pytest.raises(InvalidInput, match=rf"`audio`: memo\.mp3 is {found}\. Give a recording as MP3, M4A, WAV"):
        download_audio(file(serve(content)), "audio")


def test_a_recording_may_fill_a_request_to_the_last_byte(serve):
    content = recordings.FLAC.ljust(MOST, b"\0")

    assert download_audio(file(serve(content)), "audio") == content


def test_a_recording_that_is_too_large_is_refused(serve):
    with pytest.raises(InvalidInput, match=r"`audio`: memo\.mp3 has 2\.\d+ MB, and Dify carries at most 2\.\d+ MB"):
        download_audio(file(serve(recordings.FLAC.ljust(MOST + 1, b"\0"))), "audio")


def test_a_recording_known_to_be_too_large_is_not_downloaded(closed_port):
    too_large = file(f"http://127.0.0.1:{closed_port}/a.mp3", size=8_000_000)

    with pytest.raises(InvalidInput, match=r"has 8\.00 MB"):
        download_audio(too_large, "audio")


@pytest.mark.parametrize("size", [None, -1, 0, 10])
def test_a_size_that_says_nothing_is_not_believed(serve, size):
    assert download_audio(file(serve(recordings.wav()), size=size), "audio") == recordings.wav()
