import pytest

from switchboard.apps.file_inputs import file_inputs
from switchboard.errors import InvalidInput
from tests.app_replies import chat, chat_end
from tests.replies import file_at
from tools.chat_app import ChatAppTool
from workspace.plugin.file_server import FileServer
from workspace.stub import StubbedDify

ONE, MANY = {"file": {"variable": "letter"}}, {"file-list": {"variable": "photos"}}
TEXT = {"text-input": {"variable": "name"}}
A, B = {"tool_file_id": "a"}, {"tool_file_id": "b"}


@pytest.mark.parametrize(
    ("form", "wanted", "uploaded", "inputs"),
    [
        ([TEXT, ONE], "", [A], {"letter": A}),
        ([MANY], "", [A], {"photos": [A]}),
        ([MANY], "", [A, B], {"photos": [A, B]}),
        ([ONE, MANY], "photos", [A], {"photos": [A]}),
        ([ONE, MANY], "letter", [A], {"letter": A}),
    ],
)
def test_files_go_into_the_input_that_takes_them(form, wanted, uploaded, inputs):
    assert file_inputs(form, wanted, uploaded) == inputs


@pytest.mark.parametrize(
    ("form", "wanted", "uploaded", "sentence"),
    [
        ([TEXT], "", [A], "no input of type file"),
        (None, "", [A], "no input of type file"),
        ([{"file": {"variable": 7}}, "?"], "", [A], "no input of type file"),
        ([ONE, MANY], "", [A], "several inputs for files.*letter, photos"),
        ([ONE], "photos", [A], "no input photos for files. It has letter"),
        ([ONE], "", [A, B], "takes one file, and 2 were given"),
    ],
)
def test_what_does_not_fit_is_a_sentence(form, wanted, uploaded, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        file_inputs(form, wanted, uploaded)


@pytest.fixture
def dify(tmp_path):
    """An app with an input for several files, and a Dify that keeps what is uploaded in `tmp_path`."""
    with FileServer(uploads=tmp_path) as files:

        def handler(invoke_type, payload):
            match invoke_type:
                case "fetch_app":
                    yield {"user_input_form": [MANY]}
                case "upload_file":
                    yield {"url": files.upload_url(payload["filename"], payload["mimetype"])}
                case "app":
                    yield chat("message", answer="A cat.")
                    yield chat_end()

        yield StubbedDify(handler)


def test_a_tool_uploads_files_and_hands_them_over_with_the_other_inputs(dify, serve, tmp_path):
    photos = [file_at(serve(content), name, type="image") for content, name in ((b"1", "a.png"), (b"2", "b.png"))]
    app = {"app_id": "some-app", "inputs": {"name": "Ana"}, "files": []}

    outputs = dify.run(ChatAppTool, {"app": app, "query": "What is this?", "files": photos})

    assert outputs.text == "A cat."
    assert [invoke_type for invoke_type, _ in dify.requests] == ["fetch_app", "upload_file", "upload_file", "app"]
    inputs = dify.requests[-1][1]["inputs"]
    kept = {path.stem: path.read_bytes() for path in tmp_path.iterdir()}
    assert inputs["name"] == "Ana"
    assert [(each["transfer_method"], each["type"]) for each in inputs["photos"]] == [("tool_file", "image")] * 2
    assert [kept[each["tool_file_id"]] for each in inputs["photos"]] == [b"1", b"2"]


def test_nothing_is_uploaded_where_the_files_do_not_fit(dify, serve):
    photo = file_at(serve(b"1"), "a.png", type="image")

    with pytest.raises(InvalidInput, match="no input letter"):
        dify.run(ChatAppTool, {"app": {"app_id": "a"}, "query": "?", "files": [photo], "files_input": "letter"})

    assert [invoke_type for invoke_type, _ in dify.requests] == ["fetch_app"]
