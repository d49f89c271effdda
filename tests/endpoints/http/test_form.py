import io

import pytest
from pydantic import BaseModel
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from endpoints.http.body import MAX_BODY
from endpoints.http.errors import TooLarge, WrongContentType
from endpoints.http.form import MAX_PARTS, FormFile, read_form
from switchboard.errors import InvalidInput

MULTIPART = "multipart/form-data; boundary=line"
PART = b'--line\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'


def posted(body, content_type=MULTIPART):
    builder = EnvironBuilder(method="POST", input_stream=io.BytesIO(body), content_type=content_type)
    builder.content_length = len(body)
    return Request(builder.get_environ())


def test_fields_and_files_are_told_apart():
    content = bytes(range(256)) * 1000
    file = (io.BytesIO(content), "morgen früh.mp3", "audio/mpeg")
    request = Request(EnvironBuilder(method="POST", data={"file": file, "model": "über"}).get_environ())

    form = read_form(request)

    assert form.fields == {"model": ["über"]}
    assert form.files == {"file": [FormFile("morgen früh.mp3", "audio/mpeg", content)]}
    assert form.file("file").content == content


class Wanted(BaseModel):
    model: str | None = None
    stream: bool | None = None
    granularities: list[str] | None = None
    known: list[str] = []


def read(*fields):
    parts = b"".join(PART % (name.encode(), value.encode()) for name, value in fields)
    return read_form(posted(parts + b"--line--\r\n"))


@pytest.mark.parametrize(
    "fields",
    [
        [("granularities", "word"), ("granularities", "segment")],
        [("granularities[]", "word"), ("granularities[]", "segment")],
        [("granularities[0]", "word"), ("granularities[1]", "segment")],
        [("granularities", "word"), ("granularities[]", "segment")],
    ],
)
def test_a_list_is_one_in_each_spelling(fields):
    assert read(*fields).read_fields(Wanted).granularities == ["word", "segment"]


@pytest.mark.parametrize("spelling", ["known", "known[]", "known[0]"])
def test_a_list_may_have_one_entry(spelling):
    assert read((spelling, "ana")).read_fields(Wanted).known == ["ana"]


@pytest.mark.parametrize("fields", [[("model", "a"), ("model", "b")], [("stream", "true"), ("stream", "false")]])
def test_a_field_that_comes_twice_counts_twice(fields):
    with pytest.raises(InvalidInput, match=f"The field `{fields[0][0]}` comes 2 times. Send it once") as refused:
        read(*fields).read_fields(Wanted)
    assert refused.value.field == fields[0][0]


def test_saying_the_same_twice_is_no_harm():
    assert read(("model", "a"), ("model", "a"), ("other", "x"), ("other", "y")).read_fields(Wanted).model == "a"


def test_of_two_files_with_one_name_neither_is_left_out():
    part = PART.replace(b"%b", b'file"; filename="memo.mp3', 1) % b"ID3"

    with pytest.raises(InvalidInput, match="The field `file` holds 2 files. Send one at a time"):
        read_form(posted(part + part + b"--line--\r\n")).file("file")


@pytest.mark.parametrize(
    ("body", "content_type", "error", "sentence"),
    [
        (b"{}", "application/json", WrongContentType, "its Content-Type is application/json, not multipart/form-data"),
        (b"a=b", "application/x-www-form-urlencoded", WrongContentType, "is application/x-www-form-urlencoded"),
        (b"ID3", None, WrongContentType, "its Content-Type is missing"),
        (b"", MULTIPART, InvalidInput, "The body is empty"),
        (b"0\r\n\r\n", MULTIPART, InvalidInput, "The body is empty"),
        (PART % (b"model", b"x"), "multipart/form-data", InvalidInput, "names no boundary"),
        (PART % (b"model", b"x"), MULTIPART, InvalidInput, "is cut off"),
        (PART % (b"model", b"x") + b"--other--\r\n", MULTIPART, InvalidInput, "is cut off"),
        (b"Good morning", MULTIPART, InvalidInput, "is cut off, or is not divided by the boundary"),
        (b"--line\r\n\r\nx\r\n--line--", MULTIPART, InvalidInput, "is cut off"),
        (b"--line\r\nContent-Disposition: \xff\r\n\r\nx\r\n--line--", MULTIPART, InvalidInput, "is cut off"),
        (PART % (b"a", b"x") + b"--line--", "multipart/form-data; boundary=lin%C3%A9", InvalidInput, "is cut off"),
        (PART % (b"a", b"") * (MAX_PARTS + 1) + b"--line--", MULTIPART, TooLarge, "more than 1,000 parts"),
        (bytes(MAX_BODY), MULTIPART, TooLarge, "10 MiB or more"),
    ],
)
def test_a_form_that_is_none_is_refused(body, content_type, error, sentence):
    with pytest.raises(error, match=sentence):
        read_form(posted(body, content_type))


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        (PART % (b"model", b"x"), "The field `file` is missing"),
        (PART % (b"file", b"@memo.mp3"), "The field `file` holds text. Send it as a file"),
        (PART.replace(b"%b", b'file"; filename="memo.mp3', 1) % b"", "The file in the field `file` is empty"),
    ],
)
def test_a_file_that_is_not_there_is_named(part, sentence):
    with pytest.raises(InvalidInput, match=sentence) as failure:
        read_form(posted(part + b"--line--\r\n")).file("file")

    assert failure.value.field == "file"
