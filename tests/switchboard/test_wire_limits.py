from functools import reduce

import pytest

from switchboard.errors import InvalidInput, NoAnswer
from switchboard.wire_limits import (
    BASE64,
    MAX_PAYLOAD,
    check_bytes_fit,
    check_request_fits,
    check_result_fits,
    wire_size,
)


@pytest.mark.parametrize(("value", "size"), [("ab", 4), ("é\n", 6), ([0.5, 1], 7), ({"a": "ü"}, 10), ("\x00", 8)])
def test_sizes_are_those_of_json_in_utf8(value, size):
    assert wire_size(value) == size


def test_several_texts_count_together():
    half = "x" * (MAX_PAYLOAD // 2)
    check_request_fits("The prompt", half[:-10], half[:-10])

    with pytest.raises(InvalidInput, match=r"The prompt takes 5\.2 MB"):
        check_request_fits("The prompt", half, half)


def test_what_stands_between_many_short_texts_counts():
    with pytest.raises(InvalidInput, match=r"takes 5\.2 MB"):
        check_request_fits("The list of texts", *["x"] * 1_300_000)


def test_escapes_count():
    with pytest.raises(InvalidInput, match=r"takes 6\.0 MB"):
        check_request_fits("The prompt", "\x00" * 1_000_000)


def test_over_http_a_request_that_does_not_fit_is_too_large():
    with pytest.raises(InvalidInput) as texts:
        check_request_fits("The text", "x" * MAX_PAYLOAD, field="input")
    with pytest.raises(InvalidInput) as picture:
        check_bytes_fit("The picture", MAX_PAYLOAD, encoding=BASE64, field="image")

    assert (texts.value.status, texts.value.field) == (413, "input")
    assert (picture.value.status, picture.value.field) == (413, "image")


@pytest.mark.parametrize("value", [{"text": "\ud800"}, reduce(lambda inner, _: [inner], range(400), [])])
def test_a_result_that_the_sdk_cannot_write_is_refused(value):
    with pytest.raises(NoAnswer, match="The output outputs is nested too deeply, or not text in UTF-8"):
        check_result_fits("outputs", value)


def test_a_result_too_large_names_the_output():
    check_result_fits("answer", "x" * (MAX_PAYLOAD - 2))

    with pytest.raises(NoAnswer, match="The output answer takes"):
        check_result_fits("answer", "x" * MAX_PAYLOAD)
