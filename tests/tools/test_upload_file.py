import json

import pytest

from switchboard.errors import InvalidInput, ProviderFailed
from tests.replies import file_at
from tools.upload_file import UploadFileTool
from workspace.plugin.file_server import FileServer
from workspace.stub import StubbedDify, replies
from workspace.wire import DifyError


def upload(dify, file):
    return dify.run(UploadFileTool, {"file": file})


def test_the_whole_request_and_every_output(serve, tmp_path):
    with FileServer(uploads=tmp_path) as files:

        def handler(invoke_type, payload):
            yield {"url": files.upload_url(payload["filename"], payload["mimetype"])}

        dify = StubbedDify(handler)
        outputs = upload(dify, file_at(serve(b"Dear council"), "letter.txt", type="document"))

    assert dify.requests == [("upload_file", {"filename": "letter.txt", "mimetype": "text/plain"})]
    assert outputs.text == "Uploaded letter.txt (12 bytes)."
    found = outputs.variables["file_input"]
    assert (found["transfer_method"], found["type"]) == ("tool_file", "document")
    [kept] = tmp_path.iterdir()
    assert kept.read_bytes() == b"Dear council"
    assert kept.stem == found["tool_file_id"]
    assert outputs.variables["url"].startswith("http://127.0.0.1:")
    assert outputs.json == [outputs.variables]


@pytest.mark.parametrize(
    ("mime_type", "filename", "sent"),
    [
        ("text/plain; charset=utf-8", "a.bin", "text/plain"),
        (None, "a.png", "image/png"),
        (None, "a.unheard", "application/octet-stream"),
    ],
)
def test_the_type_goes_without_parameters(serve, mime_type, filename, sent):
    kept = {"id": "1", "name": filename, "size": 1, "extension": "", "mime_type": sent}
    dify = StubbedDify(replies({"url": serve(json.dumps(kept).encode(), status=201)}))

    outputs = upload(dify, {**file_at(serve(b"x"), filename, type="custom"), "mime_type": mime_type})

    assert dify.requests[0][1]["mimetype"] == sent
    assert outputs.variables["url"] == ""


@pytest.mark.parametrize(("file", "sentence"), [(None, "`file` holds no file"), ("letter.txt", "has to be a file")])
def test_bad_input_is_refused_before_dify_is_asked(file, sentence):
    dify = StubbedDify(replies())

    with pytest.raises(InvalidInput, match=sentence):
        upload(dify, file)

    assert dify.requests == []


@pytest.mark.parametrize(
    ("events", "error"),
    [
        ([DifyError("upload file failed: request failed: no space")], ProviderFailed),
        ([{"url": ""}], ProviderFailed),
        ([], ProviderFailed),
    ],
)
def test_failures_are_told_apart(serve, events, error):
    with pytest.raises(error):
        upload(StubbedDify(replies(*events)), file_at(serve(b"x"), "a.txt", type="document"))
