"""Bodies as the SDK hands them to an endpoint: parsed from the bytes of a whole HTTP request."""

import json
from typing import Any

import pytest
from pydantic import BaseModel
from werkzeug import Request

from endpoints.http.body import MAX_BODY, read_bytes, read_json
from endpoints.http.errors import TooLarge, WrongContentType
from switchboard.errors import InvalidInput


class Form(BaseModel):
    anything: Any = None


def request(body: bytes, **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request.from_values(method="POST", data=body, headers=named)


def read(body: bytes, **headers: str) -> Any:
    return read_json(request(body, **headers), Form).anything


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json", ""],
)
def test_json_is_read_whatever_name_it_goes_by(content_type):
    assert read(b'{"anything": [1, "\\u00fc", null]}', content_type=content_type) == [1, "ü", None]


def test_no_content_type_is_taken_for_json():
    assert read(b'{"anything": 1}') == 1


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'\xef\xbb\xbf{"anything": 1}', 1),
        (b' \r\n\t{"anything": 1}\n', 1),
        (b'{"anything": 1, "anything": 2}', 2),
        (b'{"anything": "\\ud83d\\ude00 \xf0\x9f\x98\x80"}', "😀 😀"),
        (b'{"anything": 123456789012345678901234567890}', 123456789012345678901234567890),
        (b'{"anything": 1.7976931348623157e308}', 1.7976931348623157e308),
        (b'{"anything": ' + b"[" * 190 + b"]" * 190 + b"}", json.loads("[" * 190 + "]" * 190)),
        (b'{"anything": true}', True),
    ],
    ids=["byte order mark", "spaces", "repeated key", "emoji", "long integer", "largest float", "nested", "boolean"],
)
def test_unusual_json_is_read(body, value):
    assert read(body) == value


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b'{"anything" 1}', "The body is not valid JSON: expected `:` at line 1 column 13."),
        (b'{\n  "anything": no\n}', "The body is not valid JSON: expected true, false or null at line 2 column 16."),
        (b'{"anything": 1}, 2', "trailing characters at line 1 column 16."),
        (b'{"anything": "cut', "EOF while parsing a string at line 1 column 17."),
        (b"{'anything': 1}", "key must be a string at line 1 column 2."),
        (b"model=tts-1", "expected value at line 1 column 1."),
        (b'{"anything": "\xff"}', "invalid unicode code point at line 1 column 15."),
        ('{"anything": 1}'.encode("utf-16"), "expected value at line 1 column 1."),
        (b'{"anything": NaN}', "expected value at line 1 column 14."),
        (b'{"anything": Infinity}', "expected value at line 1 column 14."),
        (b'{"anything": -Infinity}', "invalid number at line 1 column 15."),
        (b'{"anything": "\\ud800"}', "half of a surrogate pair at line 1 column 21."),
        (b'{"anything": "\\udc00"}', "half of a surrogate pair at line 1 column 20."),
        (b'{"anything": "\xed\xa0\x80"}', "invalid unicode code point at line 1 column 15."),
        (b'{"\\ud800": 1}', "half of a surrogate pair at line 1 column 9."),
        (b'{"anything": ' + b"9" * 5000 + b"}", "number out of range at line 1 column 4315."),
        (b'{"anything": ' + b"[" * 100_000, "nested deeper than 200 at line 1 column 214."),
    ],
)
def test_what_is_not_json_is_refused_with_the_place(body, sentence):
    with pytest.raises(InvalidInput, match=r"^The body is not valid JSON: ") as refused:
        read(body)

    assert str(refused.value).endswith(sentence)
    assert refused.value.status == 400


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"9" * 400, b"-" + b"9" * 400, b'{"x": [1e999]}'])
def test_a_number_that_json_libraries_would_turn_into_infinity_is_refused(number):
    with pytest.raises(InvalidInput, match="a number that is too large"):
        read(b'{"anything": [0.5, "text", ' + number + b"]}")


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"null", b"0", b"true", b'[{"anything": 1}]'])
def test_what_is_not_an_object_is_refused(body):
    with pytest.raises(InvalidInput, match=r"^The body has to be a JSON object\.$"):
        read(body)


@pytest.mark.parametrize("body", [b"", b"0\r\n\r\n", b" \n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
def test_an_empty_body_is_told_as_one(body, content_type):
    with pytest.raises(InvalidInput, match=r"^The body is empty\. Send a JSON object\.$") as refused:
        read(body, content_type=content_type)

    assert refused.value.status == 400


def test_only_what_the_daemon_makes_of_an_empty_body_is_taken_for_one():
    assert read_bytes(request(b"0\r\n\r\n")) == b""
    assert read_bytes(request(b"0\r\n\r\n0")) == b"0\r\n\r\n0"


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "application/jsonl", "json"],
)
def test_another_content_type_is_refused_with_the_one_to_send(content_type):
    with pytest.raises(WrongContentType) as refused:
        read(b'{"anything": 1}', content_type=content_type)

    assert str(refused.value) == (
        f"The body was sent as {content_type.partition(';')[0]}. Send JSON, with the header "
        "`Content-Type: application/json`."
    )
    assert refused.value.status == 415


def test_a_compressed_body_is_refused():
    with pytest.raises(WrongContentType, match=r"compressed \(Content-Encoding: gzip\)\. Send it as it is\."):
        read(b"\x1f\x8b", content_encoding="gzip")
    assert read(b'{"anything": 1}', content_encoding="Identity") == 1


def test_a_body_that_may_have_been_cut_is_too_large_and_never_bad_json():
    whole = b'{"anything": "' + b"x" * (MAX_BODY - 17) + b'"}'
    assert len(whole) == MAX_BODY - 1
    assert len(read(whole)) == MAX_BODY - 17

    with pytest.raises(TooLarge, match=r"^The body has 10 MiB or more") as refused:
        read((b'{"anything": "' + b"x" * MAX_BODY)[:MAX_BODY])

    assert refused.value.status == 413
