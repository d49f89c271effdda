"""Lists and objects as people, models, agents and other nodes write them."""

import datetime
import decimal
import http
import json
import uuid
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchboard import parameters
from switchboard.errors import InvalidInput
from switchboard.node_parameters import classes_of, extracted_parameters

RETRIEVED = [
    {
        "metadata": {"_source": "knowledge", "score": None, "position": 1, "doc_metadata": {"draft": True}},
        "title": "Baker's notes",
        "files": None,
        "content": 'Bread rises.\nIt "rests" first.',
    },
    {"metadata": {"score": float("nan")}, "title": "b", "files": [], "content": "Lisbon is in Portugal."},
]
METADATA = {
    "day": datetime.date(2026, 1, 31),
    "at": datetime.datetime(2026, 1, 31, 9, 5, 0, 20, tzinfo=datetime.UTC),
    "price": decimal.Decimal("1.50"),
    "id": uuid.UUID(int=7),
    "status": http.HTTPStatus.OK,
    "note": 'it\'s "so"',
}
TEXTS = ['Bread rises.\nIt "rests" first.', "Lisbon is in Portugal."]


def texts(value):
    return parameters.text_list({"documents": value}, "documents")


def an_object(value):
    return parameters.json_object({"inputs": value}, "inputs")


@pytest.mark.parametrize(
    "written",
    [
        RETRIEVED,
        str(RETRIEVED),
        json.dumps(RETRIEVED),
        json.dumps(RETRIEVED, indent=2),
        str([{"text": text, "index": at, "score": 0.5} for at, text in enumerate(TEXTS)]),
        str({"result": RETRIEVED}),
        f"```json\n{json.dumps(RETRIEVED)}\n```",
        "\n".join(json.dumps({"content": text}) for text in TEXTS),
        [{"content": "", "text": TEXTS[0]}, TEXTS[1]],
        ",\n".join(json.dumps({"content": text}) for text in TEXTS),
        ", ".join(json.dumps({"text": text, "index": 0}) for text in TEXTS),
        str([{"content": text, "metadata": METADATA} for text in TEXTS]),
    ],
)
def test_of_a_list_of_objects_their_texts_are_taken(written):
    assert texts(written) == TEXTS


@pytest.mark.parametrize(
    "written",
    [
        '["a", "b"]',
        "['a', 'b']",
        "['a', \"b\"]",
        ["a", "b"],
        '```json\n["a", "b"]\n```',
        '```\n["a", "b"]\n```',
        '```JSON\r\n[\r\n  "a",\r\n  "b"\r\n]\r\n```\r\n',
        '```["a", "b"]```',
        '````json\n["a", "b"]\n````',
        '~~~\n["a", "b"]\n~~~',
        "```python\n['a', 'b']\n```",
        '```json\n["a", "b"]',
        'Sure! Here it is:\n```json\n["a", "b"]\n```\nAnything else?',
        'See [1] below.\n\n```\n["a", "b"]\n```',
        'Here are the documents:\n\n["a", "b"]',
        'Documents: ["a", "b"]',
        '["a", "b"]\n\nI left out the third.',
        '{"documents": ["a", "b"]}',
        '\ufeff["a", "b"]',
        "```\na\nb\n```",
        "a\r\n\nb",
        '["a", "b",]',
        "['a', 'b',\n]",
        '"[\\"a\\", \\"b\\"]"',
        '"```json\\n[\\"a\\", \\"b\\"]\\n```"',
        '<think>Two [or three]?</think>\n\n["a", "b"]',
        '<think>\n```json\n[]\n```\n</think>```json\n["a", "b"]\n```',
        "[“a”, “b”]",
        "[”a”，”b”]",
        "[‘a’、＂b＂]",
    ],
)
def test_a_list_is_found_however_it_is_wrapped(written):
    assert texts(written) == ["a", "b"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Use ```[x]``` here\nand there", ["Use ```[x]``` here", "and there"]),
        ("Config:\n```\nkey: 1\n```", ["Config:", "key: 1"]),
        ("~~~text\na\nb\n~~~\nThat is all.", ["a", "b", "That is all."]),
        ("<think>\nTwo lines?\n</think>\n\na\nb", ["a", "b"]),
        ("```markdown\r\n- a\r\n- b\r\n```\r\n", ["- a", "- b"]),
        ('["a fence ```\\nwithin```", "b"]', ["a fence ```\nwithin```", "b"]),
        ('```json\n["a fence ``` within", "b"]\n```', ["a fence ``` within", "b"]),
        ('{"id": 1, "tags": ["x"]}\n{"id": 2}', ['{"id": 1, "tags": ["x"]}', '{"id": 2}']),
        ("{name} is not JSON", ["{name} is not JSON"]),
        ("a [link](https://example.com): [x]", ["a [link](https://example.com): [x]"]),
    ],
)
def test_plain_lines_stay_lines_and_fences_in_strings_stay_text(written, expected):
    assert texts(written) == expected


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ('```json\n["a" "b"]\n```', "`documents` is not valid JSON: Expecting ',' delimiter at line 1, column 6"),
        ('```json\n["a"]\n```\nor\n```json\n["b"]\n```', "holds several lists or objects. Give one"),
        ('["a"]["b"]', "is not valid JSON: Extra data"),
        ('```json\n{\n  "id": 1\n}\n```', "is an object that holds no list of texts"),
        ('Here:\n```json\n{"title": "a"}\n```', "is an object that holds no list of texts"),
        ('```json\n{"title": "a"}\n```', "is an object that holds no list of texts"),
        ('```json\n{"documents": ["a"], "query": "b"}\n```', "is an object that holds no list of texts"),
        ("[{'content': 'a', 'files': [<File object at 0x7f>]}]", "is not valid JSON"),
        ("[{'content': open('a')}]", "is not valid JSON"),
        ("[,]", "is not valid JSON"),
        ('a line\n["a", "b"]', "holds a JSON array between lines of text. Give the array alone, or one text a line"),
        ('{\n  "id": 1\n}', "is an object that holds no list of texts"),
        ('{\n  "id": "x" "y"\n}', "is not valid JSON"),
        ("[{'title': 'a'}]", "item 1 is an object without `content` or `text`. .* a Knowledge Retrieval node"),
        ("[['a']]", "item 1 is a list"),
        ("['a', None]", "item 2 is null"),
        ("[1, 2]", "item 1 is a number"),
        ("[b'a']", "is not valid JSON"),
        ("[open('a')]", "is not valid JSON"),
        ("['\\p']", "is not valid JSON"),
        ('["a", "unterminated', "Unterminated string starting at line 1, column 7"),
        ("[" * 100_000, "nested too deeply"),
        ("[['a', " * 50_000, "is not valid JSON"),
        ("```json\n" + "[" * 100_000 + "\n```", "nested too deeply"),
        ([{"content": " "}], "item 1 is empty"),
        ({"id": 1}, "not an object"),
    ],
)
def test_what_holds_no_list_of_texts_is_told_in_a_sentence(written, sentence):
    with pytest.raises(InvalidInput, match=sentence) as caught:
        texts(written)

    assert len(str(caught.value)) < 350
    assert "at at" not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('{"text": "two\nlines\tand a tab"}', {"text": "two\nlines\tand a tab"}),
        ('{"text": "two\r\nlines"}', {"text": "two\r\nlines"}),
        ("{'text': 'two\nlines'}", {"text": "two\nlines"}),
        (
            "{'a': None, 'b': True, 'c': [1, 2.5, -3e2], 'd': {}}",
            {"a": None, "b": True, "c": [1, 2.5, -300.0], "d": {}},
        ),
        ("{'a': ('x', 'y'), 'b': ('z',)}", {"a": ["x", "y"], "b": ["z"]}),
        ("{\"a\": true, 'b': True}", {"a": True, "b": True}),
        ("{'say': \"it's \\\\ \\x07 \\u2028 \U0001f986\"}", {"say": "it's \\ \x07 \u2028 🦆"}),
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ("```\n{'a': 1}\n```", {"a": 1}),
        ('The inputs are:\n{"a": 1}\nThat is all.', {"a": 1}),
        ('Inputs: {"a": {"b": "}"}}.', {"a": {"b": "}"}}),
        ({"a": 1}, {"a": 1}),
        (" \n", {}),
        ('{"a": [1, 2,],}', {"a": [1, 2]}),
        ('"{\\"a\\": \\"b\\"}"', {"a": "b"}),
        ("<think>Is it {x}?</think>{'a': 1}", {"a": 1}),
        ("{“a”：“it's”，\u3000“b”:\u00a0[1，2]}", {"a": "it's", "b": [1, 2]}),
        ('{"a": “he said "hi"”}', {"a": 'he said "hi"'}),
        ('{"a": "“quoted”，too",}', {"a": "“quoted”，too"}),
        ('{"face": "\\ud83d\\ude00\\/",}', {"face": "😀/"}),
        ("{'day': datetime.date(2026, 1, 31)}", {"day": "2026-01-31"}),
        ("{'at': datetime.datetime(2026, 1, 31, 9, 5)}", {"at": "2026-01-31T09:05:00"}),
        ("{'n': Decimal('1.50'), 'm': np.float64(0.5)}", {"n": 1.5, "m": 0.5}),
        ("{'of': <FileType.IMAGE: 'image'>}", {"of": "image"}),
    ],
)
def test_an_object_is_read_in_each_of_these_spellings(written, expected):
    assert an_object(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        '{"text": "he said "hi" to me"}',
        '{"path": "C:\\data"}',
        '{"a": "he said "hi"", "b": {"c": 1}}',
        'Inputs: {"a": "he said "hi"", "b": {"c": 1}}',
        '```json\n{"a": "he said "hi""}\n```',
        '{"text": "unterminated}',
    ],
)
def test_what_a_variable_has_broken_says_how_to_build_the_object(written):
    with pytest.raises(InvalidInput, match=r"`inputs` is not valid JSON: .* Template node, with {{ text \| tojson }}"):
        an_object(written)


@pytest.mark.parametrize("written", ['{"a": 1}{"b": 2}', 'Here {"a": 1} it is', '{"a": 1}\n{"b": 2}'])
def test_an_object_stands_alone_in_its_lines(written):
    with pytest.raises(InvalidInput, match="Extra data at .* Give one list or object, and nothing behind it"):
        an_object(written)


@pytest.mark.parametrize("written", [RETRIEVED, str(RETRIEVED), f"```json\n{json.dumps(RETRIEVED)}\n```"])
def test_where_a_list_of_objects_makes_no_sense_the_variables_that_fit_are_named(written):
    written = json.loads(json.dumps(written).replace("NaN", "null").replace("nan", "None"))
    with pytest.raises(InvalidInput, match=r"not a list\. A variable of the type Object fits"):
        an_object(written)
    with pytest.raises(InvalidInput, match=r"A variable of the type Array\[String\] fits"):
        parameters.stop_sequences({"stop": written}, "stop")


def test_an_empty_list_in_a_fence_is_no_text():
    assert texts("```json\n[]\n```") == texts("Here:\n```\n[]\n```") == texts("[]") == []


@pytest.mark.parametrize("written", ["{'a': nan}", '{"a": NaN}', "{'a': [-inf]}", '{"a": 1e999}', {"a": float("inf")}])
def test_numbers_that_json_does_not_have_are_refused_in_an_object(written):
    with pytest.raises(InvalidInput, match="`inputs` holds a number that JSON cannot carry"):
        an_object(written)


def test_half_a_letter_that_json_escapes_is_refused_as_well():
    with pytest.raises(InvalidInput, match="half of a surrogate pair"):
        an_object('{"a": "\\ud83d"}')


@pytest.mark.parametrize("written", ["['END', '\\n\\n']", '```json\n["END", "\\n\\n"]\n```', ["END", "\n\n"]])
def test_stop_sequences_are_read_like_any_list(written):
    assert parameters.stop_sequences({"stop": written}, "stop") == ["END", "\n\n"]


@pytest.mark.parametrize("written", ["```", "~~~", "[INST]", "{'", "[/INST]"])
def test_a_stop_sequence_may_look_like_the_beginning_of_something(written):
    assert parameters.stop_sequences({"stop": written}, "stop") == [written]


@pytest.mark.parametrize(
    "written",
    [
        "['Praise', 'Complaint']",
        "[{'id': '1', 'name': 'Praise'}, {'id': '2', 'name': 'Complaint'}]",
        '```\n["Praise", "Complaint"]\n```',
        'The classes:\n[{"name": "Praise"}, {"name": "Complaint"}]',
        [{"name": "Praise"}, {"name": "Complaint"}],
    ],
)
def test_classes_are_read_like_any_list(written):
    found = classes_of({"classes": written}, "classes")

    assert [(each.id, each.name) for each in found] == [("1", "Praise"), ("2", "Complaint")]


@pytest.mark.parametrize(
    "written",
    [
        "[{'name': 'city', 'type': 'string', 'required': True}]",
        "{'name': 'city', 'required': True}",
        '```json\n[{"name": "city", "required": true}]\n```',
        [{"name": "city", "required": True}],
        '{"parameters": [{"name": "city", "required": true}]}',
        "```json\n{'parameters': [{'name': 'city', 'required': True}]}\n```",
    ],
)
def test_parameters_to_extract_are_read_like_any_list(written):
    [found] = extracted_parameters({"parameters": written}, "parameters")

    assert (found.name, found.required) == ("city", True)


@pytest.mark.parametrize("wrapped", ["{}", "```json\n{}\n```", "The schema:\n{}"])
def test_a_schema_is_read_like_any_object(wrapped):
    schema = {"type": "object", "properties": {"ok": {"type": "boolean", "default": True}}}

    for written in (json.dumps(schema), str(schema)):
        assert parameters.json_schema({"schema": wrapped.format(written)}, "schema") == schema


NOTHING_BLANK = st.lists(st.text(st.characters(codec="utf-8")).filter(str.strip), min_size=1, max_size=5)


@given(NOTHING_BLANK)
def test_any_texts_come_back_as_they_were(given_texts):
    for written in (json.dumps(given_texts), json.dumps(given_texts, ensure_ascii=False), str(given_texts)):
        assert texts(written) == given_texts
        assert texts(f"Here they are:\n{written}") == given_texts
        if "```" not in written:
            assert texts(f"Some words\n```json\n{written}\n```\nmore words") == given_texts


@given(st.text(alphabet="[]{}()'\"`~:,\\ \nabnxu1-.TrueNone", max_size=40))
def test_whatever_is_written_is_read_or_refused_in_a_sentence(written):
    for read in (texts, an_object):
        with suppress(InvalidInput):
            read(written)
