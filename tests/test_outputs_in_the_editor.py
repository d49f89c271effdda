"""What type Dify's editor gives the outputs of the tools: an object that could be a file is shown as one.

The editor compares an output's schema with those it knows, the one of files first, and takes the first that nothing in
the output's schema contradicts. Source: Dify, `match-schema-type.ts` and the schema `file.json` of its API.
"""

from pathlib import Path

import pytest

from tests.dify import recordings
from tests.test_tools_contract import every_tool
from workspace.plugin.folder import read_plugin_folder

FOLDER = read_plugin_folder(Path(__file__).parent.parent)
RECORDED = recordings.read(recordings.FOLLOWED, "console")
"""What the editor of a Dify has shown for outputs of many schemas."""

TEXTS = ("name", "extension", "type", "mime_type", "transfer_method", "url", "related_id")
FILE = {
    "type": "object",
    "properties": {"size": {"type": "number"}, **{name: {"type": "string"} for name in TEXTS}},
    "required": ["name"],
}


def could_be(schema, known):
    """Whether nothing in `schema` contradicts `known`. What says nothing, or is said of nothing known, does not."""
    if not isinstance(schema, dict | list):
        return True
    if not isinstance(known, dict | list):
        return not says_a_type(schema)
    ours, theirs = (each if isinstance(each, dict) else dict(enumerate(each)) for each in (schema, known))
    kind = ours.get("type")
    if not isinstance(kind, dict | list) and kind != theirs.get("type"):
        return False
    return all(could_be(ours.get(key), theirs.get(key)) for key in ours.keys() | theirs.keys())


def says_a_type(schema):
    if isinstance(schema, list):
        return any(map(says_a_type, schema))
    return isinstance(schema, dict) and ("type" in schema or any(map(says_a_type, schema.values())))


def objects_in(schema, where):
    """Every object of a schema, in whatever depth of properties and lists the editor shows it."""
    if schema.get("type") == "object":
        yield where, schema
    for name, each in schema.get("properties", {}).items():
        yield from objects_in(each, f"{where}.{name}")
    if isinstance(schema.get("items"), dict):
        yield from objects_in(schema["items"], f"{where}[]")


@pytest.mark.parametrize("output", RECORDED)
def test_the_rule_is_the_editors(output):
    schema, shown = RECORDED[output]["schema"], RECORDED[output]["shown"]

    assert any(could_be(said, FILE) for _, said in objects_in(schema, output)) is ("File" in shown)


@every_tool
def test_no_object_of_an_output_is_shown_as_a_file(name):
    schema = FOLDER.tool(name).output_schema
    found = [each for output, said in schema["properties"].items() for each in objects_in(said, output)]

    assert [where for where, said in found if could_be(said, FILE)] == []
