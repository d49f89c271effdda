import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workspace.plugin.json_lines import LineTooLong, decode, encode, read_lines, well_formed


class Pieces(io.BytesIO):
    """A pipe out of which the bytes come in pieces of the given size."""

    def __init__(self, content: bytes, size: int) -> None:
        super().__init__(content)
        self._size = size

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(self._size)


@given(content=st.text("ab \n", max_size=40).map(str.encode), size=st.integers(1, 50))
def test_lines_are_the_same_in_whatever_pieces_they_come(content: bytes, size: int) -> None:
    expected = [line.strip() for line in content.split(b"\n") if line.strip()]
    assert list(read_lines(Pieces(content, size), limit=100)) == expected


@given(length=st.integers(0, 30), size=st.integers(1, 40), before=st.booleans())
def test_the_limit_counts_a_line_with_its_end(length: int, size: int, *, before: bool) -> None:
    content = (b"short\n" if before else b"") + b"x" * length + b"\n"
    lines = read_lines(Pieces(content, size), limit=20)
    if length + 1 > 20:
        with pytest.raises(LineTooLong):
            list(lines)
    else:
        assert b"".join(lines) == content.replace(b"\n", b"")


def test_a_line_that_never_ends_is_given_up_at_the_limit() -> None:
    with pytest.raises(LineTooLong):
        list(read_lines(Pieces(bytes(1 << 20) + b"x", 4096), limit=1 << 20))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), JSON, max_size=3))
def test_a_message_comes_back_as_it_went_out(message: dict[str, Any]) -> None:
    line = encode(message)
    assert line.count(b"\n") == 1
    assert decode(line) == message


@pytest.mark.parametrize("line", [b"", b"plain text", b"[1]", b'"text"', b'{"a": NaN}', b'{"a": 1', b'{"a":' * 100000])
def test_what_is_no_json_object_is_no_message(line: bytes) -> None:
    assert decode(line) is None


def test_what_is_no_unicode_becomes_replacement_characters() -> None:
    assert decode(b'{"a": "\xff", "\\udfff": ["\\ud83d", "\\ud83d\\ude00"]}') == {
        "a": "\ufffd",
        "\ufffd": ["\ufffd", "\U0001f600"],
    }
    assert json.loads(encode({"a": ("\udcff",)})) == {"a": ["\ufffd"]}
    assert well_formed(1.5) == 1.5
