"""JSON as the replies write it."""

import json
import math

import pytest

from endpoints.http.json_bytes import json_bytes


def nested(depth):
    value = {}
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "value",
    [
        {"text": "Grüße, 世界 🦆 </script>", "line": "a\nb\u2028c"},
        {"large": 10**30, "small": 1e-7, "none": None, "list": [True, 1, 1.5]},
        nested(300),
    ],
    ids=["letters", "numbers", "depth"],
)
def test_every_json_value_is_one_line_that_reads_back(value):
    written = json_bytes(value)

    assert json.loads(written) == value
    assert b"\n" not in written
    written.decode()


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_what_json_has_no_number_for_is_null(number):
    assert json_bytes([number]) == b"[null]"


def test_half_a_surrogate_pair_is_a_question_mark():
    assert json.loads(json_bytes({"half": "\ud83e", "whole": "🦆"})) == {"half": "?", "whole": "🦆"}


def test_what_is_wrong_twice_is_mended_twice():
    assert json.loads(json_bytes({"nan": math.nan, "half": "\udc00"})) == {"nan": None, "half": "?"}
