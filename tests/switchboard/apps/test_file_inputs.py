import pytest

from switchboard.apps.file_inputs import file_inputs
from switchboard.errors import InvalidInput
from switchboard.media.files import is_kept_by_dify
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


KEPT = "/files/tools/c0ffee00-0000-4000-8000-00000000000{}.png"
SIGNED = (
    "?timestamp=1795983419&nonce=3e7f34bed010fe4fe597856955004ddd&sign=bNxYlAw1O-5uTzGCuZAdiSqBBXXzOCy3Cv_QmPDA4Jc="
)


@pytest.fixture
def form():
    return [MANY]


@pytest.fixture
def dify(tmp_path, form):
    """An app with an input for several files, and a Dify that keeps what is uploaded in `tmp_path`."""
    with FileServer(uploads=tmp_path) as files:

        def handler(invoke_type, payload):
            match invoke_type:
                case "fetch_app":
                    yield {"user_input_form": form}
                case "upload_file":
                    yield {"url": files.upload_url(payload["filename"], payload["mimetype"])}
                case "app":
                    yield chat("message", answer="A cat.")
                    yield chat_end()

        yield StubbedDify(handler)


def kept(serve, content, name, number=1):
    """A file parameter for what Dify itself gives out at a signed address."""
    return file_at(serve(content, at=KEPT.format(number)) + SIGNED, name, type="image")


def test_a_tool_uploads_files_and_hands_them_over_with_the_other_inputs(dify, serve, tmp_path):
    photos = [kept(serve, b"1", "a.png", 1), kept(serve, b"2", "b.png", 2)]
    app = {"app_id": "some-app", "inputs": {"name": "Ana"}, "files": []}

    outputs = dify.run(ChatAppTool, {"app": app, "query": "What is this?", "files": photos})

    assert outputs.text == "A cat."
    assert [invoke_type for invoke_type, _ in dify.requests] == ["fetch_app", "upload_file", "upload_file", "app"]
    inputs = dify.requests[-1][1]["inputs"]
    contents = {path.stem: path.read_bytes() for path in tmp_path.iterdir()}
    assert inputs["name"] == "Ana"
    assert [(each["transfer_method"], each["type"]) for each in inputs["photos"]] == [("tool_file", "image")] * 2
    assert [contents[each["tool_file_id"]] for each in inputs["photos"]] == [b"1", b"2"]


def test_a_file_that_came_as_a_link_goes_on_as_that_link(dify, serve, tmp_path):
    link = "https://example.org/files/photo.png?sign=1"  # of another server, though it looks like one of Dify's
    photos = [file_at(link, "photo.png", type="image"), kept(serve, b"1", "a.png")]

    dify.run(ChatAppTool, {"app": {"app_id": "some-app"}, "query": "What is this?", "files": photos})

    assert [invoke_type for invoke_type, _ in dify.requests] == ["fetch_app", "upload_file", "app"]
    linked, uploaded = dify.requests[-1][1]["inputs"]["photos"]
    assert linked == {"type": "image", "transfer_method": "remote_url", "url": link}
    assert uploaded["transfer_method"] == "tool_file"


@pytest.mark.parametrize(
    "form", [[{"file-list": {"variable": "photos", "allowed_file_upload_methods": ["local_file"]}}]]
)
def test_where_the_app_takes_no_links_a_link_is_uploaded(dify, serve):
    photo = file_at(serve(b"1"), "a.png", type="image")

    dify.run(ChatAppTool, {"app": {"app_id": "some-app"}, "query": "What is this?", "files": [photo]})

    assert [each["transfer_method"] for each in dify.requests[-1][1]["inputs"]["photos"]] == ["tool_file"]


@pytest.mark.parametrize(
    ("file_type", "filename", "kind"),
    [
        ("document", "notes.xyz", "document"),
        ("custom", "report.PDF", "document"),
        ("custom", "voice.mp3", "audio"),
        ("custom", "film.mp4", "video"),
        ("custom", "photo.webp", "image"),
        ("custom", "data.zip", "custom"),
    ],
)
def test_a_link_is_told_with_the_kind_of_file_that_dify_finds_there(dify, file_type, filename, kind):
    file = file_at(f"https://example.org/{filename}", filename, type=file_type)

    dify.run(ChatAppTool, {"app": {"app_id": "some-app"}, "query": "What is this?", "files": [file]})

    assert [each["type"] for each in dify.requests[-1][1]["inputs"]["photos"]] == [kind]


@pytest.mark.parametrize(
    ("url", "is_kept"),
    [
        ("http://127.0.0.1:5001" + KEPT.format(1) + SIGNED, True),
        ("https://dify.example.org/api/files/c0ffee00-0000-4000-8000-000000000001/file-preview" + SIGNED, True),
        ("https://dify.example.org/files/c0ffee00-0000-4000-8000-000000000001/image-preview" + SIGNED, True),
        ("https://example.org/files/datasources/c0ffee00-0000-4000-8000-000000000001.pdf" + SIGNED, True),
        ("https://example.org/files/tools/c0ffee00-0000-4000-8000-000000000001.pdf", False),
        ("https://example.org/files/report.pdf?sign=1", False),
        ("https://example.org/report.pdf", False),
        ("/files/tools/c0ffee00-0000-4000-8000-000000000001.pdf" + SIGNED, False),
    ],
)
def test_a_file_that_dify_keeps_is_known_by_its_signed_address(url, is_kept):
    assert is_kept_by_dify(url) is is_kept


def test_nothing_is_uploaded_where_the_files_do_not_fit(dify, serve):
    photo = file_at(serve(b"1"), "a.png", type="image")

    with pytest.raises(InvalidInput, match="no input letter"):
        dify.run(ChatAppTool, {"app": {"app_id": "a"}, "query": "?", "files": [photo], "files_input": "letter"})

    assert [invoke_type for invoke_type, _ in dify.requests] == ["fetch_app"]
