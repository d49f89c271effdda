"""`/files/upload` with dify-client; what the plugin posts lands on a server that checks it as Dify does."""

import httpx
import pytest
from dify_client import ChatClient, DifyClient

from tests.app_replies import chat, chat_end
from tests.endpoints.dify.clients import client_of
from tests.replies import PNG
from workspace.plugin.file_server import FileServer
from workspace.wire import DifyError

DOCUMENTED = {
    "id", "reference", "name", "size", "extension", "mime_type", "created_by", "created_at", "preview_url",
    "source_url", "original_url", "user_id", "tenant_id", "conversation_id", "file_key",
}  # fmt: skip
"""The fields of `FileUploadResponse` in Dify's API reference."""


@pytest.fixture
def dify(api, tmp_path):
    """Dify as far as files go: gives signed addresses, and takes files there."""
    with FileServer(uploads=tmp_path) as server:

        def answer(invoke_type, payload):
            yield {"url": server.upload_url(payload["filename"], payload["mimetype"])}

        api.handler = answer
        yield server


def raw_part(disposition, content=b"text"):
    body = b'--b\r\nContent-Disposition: form-data; name="file"%s\r\n\r\n%s\r\n--b--\r\n' % (disposition, content)
    return {"content": body, "headers": {"Content-Type": "multipart/form-data; boundary=b"}}


def uploaded(folder):
    [file] = folder.iterdir()
    return file


def test_a_file_arrives_in_dify_and_can_be_looked_at(api, dify, tmp_path):
    reply = client_of(api, DifyClient).file_upload("user-1", {"file": ("Größe.png", PNG, "image/png")})

    assert reply.status_code == 201
    body = reply.json()
    assert body.keys() == DOCUMENTED
    assert (body["name"], body["size"], body["extension"], body["mime_type"]) == (
        "Größe.png",
        len(PNG),
        "png",
        "image/png",
    )
    assert api.asked == [("upload_file", {"filename": "Größe.png", "mimetype": "image/png"})]
    assert uploaded(tmp_path).stem == body["id"]
    assert httpx.get(body["source_url"]).content == PNG
    assert body["created_at"] > 1_700_000_000
    assert body["created_by"] is None


def test_what_the_upload_returns_is_an_input_of_an_app(api, dify):
    file_id = (
        client_of(api, DifyClient).file_upload("u", {"file": ("a.pdf", b"%PDF-1.7", "application/pdf")}).json()["id"]
    )
    api.answer(chat("message", answer="Two pages."), chat_end())

    reply = client_of(api, ChatClient).create_chat_message(
        {"report": {"type": "document", "transfer_method": "local_file", "upload_file_id": file_id}}, "How long?", "u"
    )

    assert reply.json()["answer"] == "Two pages."
    assert api.asked[1][1]["inputs"] == {
        "report": {"type": "document", "transfer_method": "tool_file", "tool_file_id": file_id}
    }


@pytest.mark.parametrize(
    ("filename", "given", "sent"),
    [
        ("a.txt", "text/plain; charset=utf-8", "text/plain"),
        ("a.txt", "Text/Plain", "text/plain"),
        ("a.txt", None, "text/plain"),
        ("a.qqq", None, "application/octet-stream"),
    ],
)
def test_the_type_goes_on_as_dify_signs_it(api, dify, filename, given, sent):
    reply = api.http.post("/files/upload", files={"file": (filename, b"text", given)} if given else part(filename))

    assert reply.status_code == 201, reply.text
    assert (api.asked[0][1]["mimetype"], reply.json()["mime_type"]) == (sent, sent)


def part(filename):
    """A file without a type: httpx would guess one."""
    return {"file": (filename, b"text", "")}


def test_a_name_that_would_be_read_otherwise_on_its_way_is_made_plain(api, dify):
    reply = api.http.post("/files/upload", **raw_part(b'; filename="the \\"final\\" one\t.txt"'))

    assert (reply.status_code, reply.json()["name"]) == (201, "the _final_ one_.txt")


def test_a_file_of_many_megabytes_passes(api, dify, tmp_path):
    content = bytes(range(256)) * 36_000

    reply = api.http.post("/files/upload", files={"file": ("large.bin", content, "application/octet-stream")})

    assert (reply.status_code, reply.json()["size"]) == (201, 9_216_000)
    assert uploaded(tmp_path).read_bytes() == content


def test_a_file_that_the_daemon_has_cut_is_too_large(api, dify):
    reply = api.http.post("/files/upload", files={"file": ("large.bin", b"x" * 10 * 1024**2, "text/plain")})

    assert (reply.status_code, reply.json()["code"]) == (413, "file_too_large")
    assert api.asked == []


@pytest.mark.parametrize(
    ("request_of", "status", "code", "sentence"),
    [
        ({"files": {"user": (None, "u")}}, 400, "no_file_uploaded", "as the part `file`"),
        ({"files": {"other": b"x"}, "data": {"user": "u"}}, 400, "no_file_uploaded", "as the part `file`"),
        ({"files": {"file": ("a", b"x"), "more": ("b", b"x")}}, 400, "too_many_files", "Send one file"),
        ({"files": {"file": ("../a.txt", b"x")}}, 400, "invalid_param", "slash"),
        ({"files": {"file": ("a.txt", b"")}}, 400, "invalid_param", "is empty"),
        (raw_part(b""), 400, "invalid_param", "The field `file` holds text."),
        (raw_part(b'; filename=""'), 400, "filename_not_exists_error", "has no name"),
        ({"json": {"file": "x"}}, 415, "unsupported_media_type", "multipart/form-data"),
        ({"data": {"user": "u"}}, 415, "unsupported_media_type", "multipart/form-data"),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 400, "invalid_param", "boundary"),
        (
            {"content": b"", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
            400,
            "invalid_param",
            "empty",
        ),
    ],
)
def test_a_form_without_one_file_is_refused(api, request_of, status, code, sentence):
    reply = api.http.post("/files/upload", **request_of)

    assert (reply.status_code, reply.json()["code"]) == (status, code), reply.text
    assert sentence in reply.json()["message"]
    assert api.asked == []


def test_an_app_in_the_path_has_to_be_one_that_the_key_reaches(api, dify):
    file = {"file": ("a.txt", b"x", "text/plain")}

    assert api.http.post("/elsewhere/files/upload", files=file).status_code == 404
    assert api.asked == []
    assert api.http.post("/chat-app/files/upload", files=file).status_code == 201


@pytest.mark.parametrize(
    ("answer", "status", "code", "sentence"),
    [
        ([DifyError("upload file failed: data is nil")], 502, "completion_request_error", "gave no address"),
        ([{"url": "/files/upload/for-plugin?sign=x"}], 502, "completion_request_error", "FILES_URL"),
        ([{"url": "http://127.0.0.1:9/upload"}], 502, "completion_request_error", "INTERNAL_FILES_URL or FILES_URL"),
        ([{}], 502, "completion_request_error", "could not get signed url"),
    ],
)
def test_what_keeps_a_file_from_dify_is_told(api, answer, status, code, sentence):
    api.answer(*answer)

    reply = client_of(api, DifyClient).file_upload("u", {"file": ("a.txt", b"x", "text/plain")})

    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert sentence in reply.json()["message"]
    assert "sign=" not in reply.text


def test_a_file_that_dify_refuses_is_refused_as_dify_did(api, dify):
    url = dify.upload_url("another.txt", "text/plain")
    api.answer({"url": url})

    reply = client_of(api, DifyClient).file_upload("u", {"file": ("a.txt", b"x", "text/plain")})

    assert (reply.status_code, reply.json()["code"]) == (403, "forbidden")
    assert url not in reply.text
