import pytest

from switchboard import parameters
from switchboard.errors import InvalidInput


@pytest.mark.parametrize(
    ("value", "expected"), [(None, {}), ("", {}), (" \n", {}), ('{"a": [1]}', {"a": [1]}), ({"a": 1}, {"a": 1})]
)
def test_a_json_object_is_given_as_text_or_as_it_is(value, expected):
    assert parameters.json_object({"inputs": value}, "inputs") == expected


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ('{"a": 1,\n "b" 2}', "`inputs` is not valid JSON: Expecting ':' delimiter at line 2, column 6"),
        ("city=Lisbon", "`inputs` is not valid JSON: .* at line 1, column 1"),
        ('["a"]', "`inputs` has to be a JSON object such as .*, not a list"),
        ("3", "not a number"),
        ('{"a": NaN}', "`inputs` is not valid JSON: NaN is no JSON value"),
        ('{"a": ' + "9" * 5000 + "}", "`inputs` is not valid JSON"),
        ("null", None),
        ([], "not a list"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": "\ud800"}', "half of a surrogate pair at character 8"),
    ],
)
def test_anything_else_is_not_a_json_object(value, sentence):
    if sentence is None:
        assert parameters.json_object({"inputs": value}, "inputs") == {}
        return
    with pytest.raises(InvalidInput, match=sentence):
        parameters.json_object({"inputs": value}, "inputs")


@pytest.mark.parametrize(("value", "expected"), [(None, None), ("", None), (0, 0), ("0.5", 0.5), (3, 3), ("3.0", 3)])
def test_numbers_come_as_numbers_or_as_text(value, expected):
    assert parameters.optional_number({"n": value}, "n") == expected


@pytest.mark.parametrize("value", ["inf", "1e999", True, [], {}, "three"])
def test_what_is_no_finite_number_is_refused(value):
    with pytest.raises(InvalidInput, match="`n` has to be a number"):
        parameters.optional_number({"n": value}, "n")


def test_one_file_is_a_list_of_one():
    assert parameters.files({}, "audio") == []


@pytest.mark.parametrize("value", [{"url": "http://127.0.0.1"}, ["a.mp3"], True, b"bytes"])
def test_what_is_no_file_is_refused(value):
    with pytest.raises(InvalidInput, match="`audio` has to be a file, not .*Choose a file variable"):
        parameters.files({"audio": value}, "audio")
