import pytest
from dify_plugin.file.entities import FileType
from dify_plugin.file.file import File

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
        ('{"a": NaN}', "`inputs` holds a number that JSON cannot carry"),
        ('{"a": ' + "9" * 5000 + "}", "`inputs` holds a number that JSON cannot carry"),
        ('{"a": 1e999}', "`inputs` holds a number that JSON cannot carry"),
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


@pytest.mark.parametrize("value", ["inf", "1e999", True, [], {}, "three", 10**400])
def test_what_is_no_finite_number_is_refused(value):
    with pytest.raises(InvalidInput, match="`n` has to be a number"):
        parameters.optional_number({"n": value}, "n")


def test_one_file_is_a_list_of_one():
    file = File(url="http://127.0.0.1/a.mp3", type=FileType.AUDIO)

    assert parameters.files({"audio": file}, "audio") == parameters.files({"audio": [file]}, "audio") == [file]
    assert parameters.files({}, "audio") == parameters.files({"audio": None}, "audio") == []


def test_only_line_ends_end_a_line():
    value = {"texts": "page one\x0cstill one line\u2028and still\x85\r\ntwo\rthree"}

    assert parameters.text_list(value, "texts") == ["page one\x0cstill one line\u2028and still", "two", "three"]


def test_text_that_looks_like_an_array_is_told_why_it_is_refused():
    with pytest.raises(InvalidInput, match=r"Text that starts with \[ is read as a JSON array"):
        parameters.text_list({"texts": "[1] Smith, 2019"}, "texts")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, []),
        ("", []),
        ("END\r\n\nUser: \n", ["END", "User: "]),
        ('["\\n\\n", "END"]', ["\n\n", "END"]),
        ("[INST]", ["[INST]"]),
        ("[" * 100_000, ["[" * 100_000]),
    ],
)
def test_stop_sequences_keep_their_white_space(value, expected):
    assert parameters.stop_sequences({"stop": value}, "stop") == expected


@pytest.mark.parametrize("value", ['["END", ""]', "[1]", "[null]"])
def test_stop_sequences_are_strings(value):
    with pytest.raises(InvalidInput, match="`stop` has to be an array of strings, none of them empty"):
        parameters.stop_sequences({"stop": value}, "stop")


@pytest.mark.parametrize("value", [{"url": "http://127.0.0.1"}, ["a.mp3"], [None], True, b"bytes"])
def test_what_is_no_file_is_refused(value):
    with pytest.raises(InvalidInput, match="`audio` has to be a file, not .*Choose a file variable"):
        parameters.files({"audio": value}, "audio")
