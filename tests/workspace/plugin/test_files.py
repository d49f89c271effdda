import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from workspace.plugin.file_server import FileServer
from workspace.plugin.files import extension_of, file_type_of, mime_type_of


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FileServer]:
    with FileServer(uploads=tmp_path / "uploads") as server:
        yield server


@pytest.mark.parametrize(
    ("filename", "start", "mime_type"),
    [
        ("voice.mp3", b"", "audio/mpeg"),
        ("voice.m4a", b"", "audio/mp4"),
        ("README.md", b"", "text/markdown"),
        ("page.html", b"\x89PNG\r\n\x1a\n", "text/html"),
        ("picture", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("picture", b"RIFF____WEBP", "image/webp"),
        ("voice", b"RIFF____WAVE", "audio/wav"),
        ("paper", b"%PDF-1.7", "application/pdf"),
        ("notes", "zwölf"[:3].encode(), "text/plain"),
        ("cut", "zwö".encode()[:-1], "text/plain"),
        ("data", b"\xff\x00\x01", "application/octet-stream"),
        ("data", b"a\x00b", "application/octet-stream"),
        ("empty", b"", "application/octet-stream"),
        ("logs.tar.gz", b"\x1f\x8b", "application/octet-stream"),
    ],
)
def test_the_mime_type_is_known_by_the_name_and_else_by_the_content(
    filename: str, start: bytes, mime_type: str
) -> None:
    assert mime_type_of(filename, start) == mime_type


@pytest.mark.parametrize(
    ("filename", "mime_type", "kind"),
    [
        ("a.png", "image/png", "image"),
        ("a.mp3", "audio/mpeg", "audio"),
        ("a.mp4", "video/mp4", "video"),
        ("a.txt", "text/plain", "document"),
        ("A.PDF", "application/pdf", "document"),
        ("a.zip", "application/zip", "custom"),
    ],
)
def test_the_kind_of_a_file_is_one_of_difys_five(filename: str, mime_type: str, kind: str) -> None:
    assert file_type_of(filename, mime_type) == kind


def test_an_extension_has_its_dot() -> None:
    assert extension_of("audio/mpeg") == ".mp3"
    assert extension_of("nothing/known") == ".bin"


def test_a_shared_file_has_the_form_that_the_sdk_downloads(server: FileServer, tmp_path: Path) -> None:
    path = tmp_path / "two words.TXT"
    path.write_bytes(b"hello")
    parameter = server.share(path)
    assert parameter == {
        "dify_model_identity": "__dify__file__",
        "url": parameter["url"],
        "mime_type": "text/plain",
        "filename": "two words.TXT",
        "extension": ".txt",
        "size": 5,
        "type": "document",
    }
    with urllib.request.urlopen(parameter["url"]) as response:
        assert (response.read(), response.headers["Content-Type"]) == (b"hello", "text/plain")
    assert httpx.head(parameter["url"]).headers["Content-Length"] == "5"


def test_only_what_is_shared_is_served_and_only_on_loopback(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    url = server.share(tmp_path / "a")["url"]
    assert url.startswith("http://127.0.0.1:")
    assert url != server.share(tmp_path / "a")["url"]
    for other in (url.replace("/tools/", "/"), url.removesuffix("="), url.partition("?")[0], f"{url}/../../../b"):
        with pytest.raises(urllib.error.HTTPError, match="404") as caught:
            urllib.request.urlopen(other)
        caught.value.close()
    (tmp_path / "a").unlink()
    assert httpx.get(url).status_code == 404


def test_a_file_that_is_not_there_cannot_be_shared(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        server.share(tmp_path / "nothing")


def test_a_plugin_uploads_a_file_once_to_the_address_it_was_given(server: FileServer, tmp_path: Path) -> None:
    url = server.upload_url("voice.mp3", "audio/mpeg")
    form: Any = {"file": ("voice.mp3", b"ID3 sound", "audio/mpeg")}
    response = httpx.post(url, files=form)
    uploaded = response.json()
    assert response.status_code == 201
    assert uploaded == {
        "id": uploaded["id"],
        "name": "voice.mp3",
        "size": 9,
        "extension": ".mp3",
        "mime_type": "audio/mpeg",
        "preview_url": uploaded["preview_url"],
    }
    assert (tmp_path / "uploads" / f"{uploaded['id']}.mp3").read_bytes() == b"ID3 sound"
    assert httpx.get(uploaded["preview_url"]).content == b"ID3 sound"
    assert httpx.post(url, files=form).status_code == 404
    assert httpx.post(server.upload_url("a", "b/c"), content=b"no form").status_code == 400


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        (("a.txt", "text/plain"), ("b.txt", b"x", "text/plain")),
        (("a.txt", "text/plain"), ("a.txt", b"x", "text/html")),
        (("a.txt", "text/plain; charset=utf-8"), ("a.txt", b"x", "text/plain; charset=utf-8")),
    ],
)
def test_an_upload_that_is_not_what_the_address_was_made_for_is_forbidden(
    server: FileServer, asked: tuple[str, str], sent: tuple[str, bytes, str]
) -> None:
    assert httpx.post(server.upload_url(*asked), files={"file": sent}).status_code == 403


def test_closing_twice_is_fine(tmp_path: Path) -> None:
    server = FileServer(uploads=tmp_path)
    url = server.upload_url("a", "b/c")
    server.close()
    server.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_what_is_kept_is_found_by_its_id_in_this_workspace_and_in_the_next(server: FileServer, tmp_path: Path) -> None:
    kept = server.keep(b"sound", filename="voice.mp3", mime_type="audio/mpeg")
    odd = server.keep(b"?", filename="odd", mime_type="application/x-nobody-knows")
    assert server.find(kept.id) == kept
    assert httpx.get(kept.url).content == b"sound"
    with FileServer(uploads=tmp_path / "uploads") as later:
        found = later.find(kept.id)
        assert found is not None
        assert (found.mime_type, found.size, httpx.get(found.url).content) == ("audio/mpeg", 5, b"sound")
        assert later.find(odd.id) is not None


@pytest.mark.parametrize("file_id", ["", "../uploads", "*", "00000000-0000-0000-0000-000000000000"])
def test_an_id_that_no_file_has_finds_none(server: FileServer, file_id: str) -> None:
    server.keep(b"sound", filename="voice.mp3", mime_type="audio/mpeg")
    assert server.find(file_id) is None


def test_a_file_that_is_lent_stays_where_it_is(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("first")
    lent = server.lend(tmp_path / "a.txt")
    assert (lent.path, lent.filename, lent.mime_type, lent.size) == (tmp_path / "a.txt", "a.txt", "text/plain", 5)
    assert server.find(lent.id) == lent
    assert not (tmp_path / "uploads").exists()
