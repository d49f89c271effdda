import pytest
from dify_plugin.entities.tool import ToolRuntime

from switchboard.apps import output_files
from switchboard.apps.events import AppFile
from switchboard.apps.output_files import file_messages
from tests.app_replies import TOOL_FILE
from tools.chat_app import ChatAppTool
from workspace.stub import StubbedDify, replies

QUERY = "?timestamp=1&nonce=n&sign=s"


def handed_on(url, *, type="document", size=None):  # noqa: A002 - the name on the wire
    file = AppFile(url=url, type=type, filename="a.bin", mime_type="application/pdf", size=size)
    runtime = ToolRuntime(credentials={}, user_id="test-user", session_id="test-session")
    tool = ChatAppTool(runtime=runtime, session=StubbedDify(replies()).session)
    [message] = file_messages(tool, [file])
    return message


@pytest.mark.parametrize(
    "path",
    [
        f"/files/tools/{TOOL_FILE}.pdf",
        f"/files/tools/{TOOL_FILE}",
        f"/files/{TOOL_FILE}/file-preview",
        f"/dify/files/tools/{TOOL_FILE}.pdf",
    ],
)
def test_a_file_that_dify_keeps_is_handed_on_whole(serve, path):
    message = handed_on(serve(b"%PDF", at=path) + QUERY)

    assert message.message.blob == b"%PDF"
    assert message.meta == {"mime_type": "application/pdf", "filename": "a.bin"}


@pytest.mark.parametrize("path", ["/admin", "/files/tools/secret", f"/files/tools/{TOOL_FILE}.pdf/../admin", "/files/"])
@pytest.mark.parametrize("query", ["", QUERY, f"?x=/files/tools/{TOOL_FILE}.pdf&sign=s", "?sign="])
def test_nothing_else_is_fetched(serve, path, query):
    url = serve(b"private", at=path) + query

    message = handed_on(url)

    assert (message.type.value, message.message.text) == ("link", url)


def test_an_unsigned_address_is_not_fetched(serve):
    url = serve(b"private", at=f"/files/tools/{TOOL_FILE}.pdf")

    assert handed_on(url).message.text == url


@pytest.mark.parametrize("status", [302, 403, 404, 500])
def test_a_file_that_cannot_be_fetched_is_handed_on_as_its_address(serve, status):
    url = serve(b"no", at=f"/files/tools/{TOOL_FILE}.pdf", status=status) + QUERY

    assert handed_on(url).type.value == "link"
    assert handed_on(url, type="image").type.value == "image"


def test_a_file_larger_than_dify_takes_is_handed_on_as_its_address(serve, monkeypatch):
    monkeypatch.setattr(output_files, "MAX_FILE", 3)
    url = serve(b"four", at=f"/files/tools/{TOOL_FILE}.pdf") + QUERY

    assert handed_on(url).type.value == "link"
    assert handed_on("http://127.0.0.1:9" + url.partition("/files")[2], size=4).type.value == "link"


def test_a_picture_from_elsewhere_is_left_for_dify_to_fetch():
    assert handed_on("https://example.com/cat.png", type="image").type.value == "image"


@pytest.mark.parametrize("url", [f"/files/tools/{TOOL_FILE}.png{QUERY}", "data:image/png;base64,AAAA"])
def test_an_address_without_a_host_is_a_link_even_for_a_picture(url):
    assert handed_on(url, type="image").type.value == "link"
