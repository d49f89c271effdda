import base64
from collections.abc import Callable
from typing import Any

import pytest

from workspace.plugin.errors import OutputError, PluginCallError, PluginError
from workspace.plugin.outputs import MAX_CHUNK, MAX_FILE, OutputFile, Outputs


def message(kind: str, *, meta: dict[str, Any] | None = None, **content: Any) -> dict[str, Any]:
    return {"type": kind, "message": content, "meta": meta}


def chunk(data: bytes, *, end: bool = False, name: str = "1", meta: dict[str, Any] | None = None) -> dict[str, Any]:
    blob = base64.b64encode(data).decode()
    return message("blob_chunk", meta=meta, id=name, sequence=0, total_length=0, blob=blob, end=end)


def test_text_and_links_are_one_text_told_piece_by_piece() -> None:
    outputs = Outputs()
    added = [
        outputs.add(message("text", text="Hello ")),
        outputs.add(message("log", label="step")),
        outputs.add(message("link", text="https://example.com")),
        outputs.add(message("retriever_resources", context="")),
    ]
    assert added == ["Hello ", "", "Link: https://example.com\n", ""]
    assert outputs.text == "Hello Link: https://example.com\n"
    assert outputs.links == ["https://example.com"]


def test_json_is_a_list_without_what_is_empty() -> None:
    outputs = Outputs()
    for value in ({"a": 1}, {}, [], [1]):
        outputs.add(message("json", json_object=value))
    assert outputs.json == [{"a": 1}, [1]]


def test_the_last_value_of_a_variable_stays_and_streamed_pieces_are_joined() -> None:
    outputs = Outputs()
    for name, value, stream in (
        ("a", 1, False),
        ("b", "x", True),
        ("a", None, False),
        ("b", "y", True),
        ("c", "whole", False),
        ("c", " more", True),
    ):
        outputs.add(message("variable", variable_name=name, variable_value=value, stream=stream))
    assert outputs.variables == {"a": None, "b": "xy", "c": "whole more"}


def test_the_chunks_of_files_are_joined_also_when_they_come_mixed() -> None:
    outputs = Outputs()
    one, two = {"mime_type": "audio/mpeg", "filename": "voice.mp3"}, {"mime_type": "image/png"}
    for each in (
        chunk(b"ab", name="1", meta=one),
        chunk(b"12", name="2", meta=two),
        chunk(b"c", name="1", meta=one),
        chunk(b"", name="2", meta=two, end=True),
        chunk(b"", name="1", meta=one, end=True),
    ):
        outputs.add(each)
    picture, voice = outputs.files
    assert voice == OutputFile("voice.mp3", "audio/mpeg", b"abc")
    assert (picture.mime_type, picture.data) == ("image/png", b"12")
    assert picture.filename.endswith(".png")


def test_a_file_in_one_piece_without_a_type_is_just_bytes() -> None:
    outputs = Outputs()
    outputs.add(message("blob", blob=base64.b64encode(b"abc").decode()))
    (file,) = outputs.files
    assert (file.mime_type, file.data) == ("application/octet-stream", b"abc")
    assert file.filename.endswith(".bin")


def test_a_file_may_be_as_large_as_dify_lets_it_and_no_larger() -> None:
    outputs = Outputs()
    full = chunk(bytes(MAX_CHUNK))
    for _ in range(MAX_FILE // MAX_CHUNK):
        outputs.add(full)
    with pytest.raises(OutputError, match="File is too large which reached the limit of 50.0MB"):
        outputs.add(chunk(b"x"))
    outputs.add(chunk(b"", end=True))
    assert len(outputs.files[0].data) == MAX_FILE
    with pytest.raises(OutputError, match="File chunk is too large which reached the limit of 8.0KB"):
        outputs.add(chunk(bytes(MAX_CHUNK + 1)))


def test_an_image_is_fetched_from_its_address(serve: Callable[..., str]) -> None:
    outputs = Outputs()
    url = serve(b"\x89PNG")
    assert outputs.add(message("image", text=url)) == ""
    (file,) = outputs.files
    assert (file.filename, file.data) == (url.rsplit("/", 1)[-1], b"\x89PNG")


def test_an_image_that_cannot_be_fetched_is_told_in_the_text(serve: Callable[..., str]) -> None:
    outputs = Outputs()
    missing = serve(b"", status=404)
    assert outputs.add(message("image", text=missing)).startswith(f"Failed to download image: {missing}: ")
    outputs.add(message("image", text="file:///etc/hostname"))
    assert outputs.text.endswith("Failed to download image: file:///etc/hostname: it is no http address\n")
    assert outputs.files == []


@pytest.mark.parametrize(
    ("wrong", "error", "problem"),
    [
        (message("text"), OutputError, "its 'text' is no text"),
        ({"type": "text", "message": None}, OutputError, "its 'text' is no text"),
        (
            message("variable", variable_name="a", variable_value=1, stream=True),
            OutputError,
            "only text can be streamed",
        ),
        (message("blob", blob="a"), OutputError, "is not in base64"),
        (message("file"), OutputError, "Dify fails on a message of type 'file': send the file as a blob message"),
        (message("binary_link", text="/a"), OutputError, "Dify fails on a link to the file /a, which it does not have"),
        (
            message("image_link", text="/files/tools/7a.png"),
            OutputError,
            "a link to the file 7a, which it does not have",
        ),
        (message("picture"), PluginCallError, "no message has the type 'picture'"),
        ({}, PluginCallError, "no message has the type None"),
    ],
)
def test_a_message_that_dify_would_fail_on_is_refused(
    wrong: dict[str, Any], error: type[PluginError], problem: str
) -> None:
    with pytest.raises(error, match=problem):
        Outputs().add(wrong)


@pytest.mark.parametrize(
    "link",
    [
        message("image_link", text="/files/tools/7a.png"),
        message("binary_link", text="https://dify.example/files/tools/7a.bin?sign=1"),
        message("image_link", meta={"tool_file_id": "7a"}, text="anything"),
        message("image_link", meta={"tool_file_id": "7a"}, text="/files/tools/other.png"),
    ],
)
def test_a_link_to_a_file_that_another_tool_has_put_out_is_that_file(link: dict[str, Any]) -> None:
    kept = {"7a": OutputFile("a.png", "image/png", b"x")}
    outputs = Outputs(tool_file=kept.get)

    assert outputs.add(link) == ""

    assert outputs.files == [kept["7a"]]


def test_a_variable_that_was_no_text_cannot_be_streamed_on() -> None:
    outputs = Outputs()
    outputs.add(message("variable", variable_name="a", variable_value=1, stream=False))
    with pytest.raises(OutputError, match="on the variable 'a': only text can be streamed"):
        outputs.add(message("variable", variable_name="a", variable_value="x", stream=True))
