"""Booleans that Dify has turned into text."""

import pytest

from switchboard.chat.structured_output import restore_booleans


def schema(**properties):
    return {"type": "object", "properties": properties}


BOOLEAN = {"type": "boolean"}


@pytest.mark.parametrize(
    ("given", "found", "expected"),
    [
        (schema(a=BOOLEAN), {"a": "true"}, {"a": True}),
        (schema(a=BOOLEAN), {"a": "False"}, {"a": False}),
        (schema(a=BOOLEAN), {"a": True}, {"a": True}),
        (schema(a=BOOLEAN), {"a": "perhaps"}, {"a": "perhaps"}),
        (schema(a={"type": "string"}), {"a": "true"}, {"a": "true"}),
        (schema(a={}), {"a": "true"}, {"a": "true"}),
        (schema(a=BOOLEAN), {"b": "true"}, {"b": "true"}),
        (schema(a=schema(b=BOOLEAN)), {"a": {"b": "true"}}, {"a": {"b": True}}),
        (schema(a={"type": "array", "items": BOOLEAN}), {"a": ["true", "false"]}, {"a": [True, False]}),
        ({"type": "object", "additionalProperties": BOOLEAN}, {"x": "true"}, {"x": True}),
        (schema(a={"anyOf": [BOOLEAN, {"type": "null"}]}), {"a": "true"}, {"a": True}),
        (schema(a={"anyOf": [BOOLEAN, {"type": "string"}]}), {"a": "true"}, {"a": "true"}),
        ({**schema(a={"$ref": "#/$defs/Flag"}), "$defs": {"Flag": BOOLEAN}}, {"a": "true"}, {"a": True}),
        (schema(a={"$ref": "#"}, b=BOOLEAN), {"a": {"a": {"b": "true"}}}, {"a": {"a": {"b": True}}}),
        (schema(a={"$ref": "#/$defs/Missing"}), {"a": "true"}, {"a": "true"}),
        ({"properties": 5, "items": 5, "anyOf": 5, "type": []}, {"a": ["true"]}, {"a": ["true"]}),
    ],
)
def test_text_is_a_boolean_where_the_schema_has_one(given, found, expected):
    assert restore_booleans(found, given) == expected


def test_schemas_that_refer_to_each_other_end():
    looped = {"$ref": "#/$defs/A", "$defs": {"A": {"anyOf": [{"$ref": "#/$defs/B"}] * 50}, "B": {"$ref": "#/$defs/A"}}}

    assert restore_booleans({"a": "true"}, looped) == {"a": "true"}
