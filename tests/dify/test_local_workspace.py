"""The local workspace does with a tool what the recordings say that a real Dify does.

What differs on purpose:

- A text that is no number, boolean or object for a parameter of that type is a sentence here. Dify says only that the
  error is unknown, takes every text for true, and makes an empty object of what it cannot read.
- The reference by which Dify finds a file again is signed there, and the file's id here.
"""

from typing import Any

import pytest

from tests.dify import recording, recordings
from tests.dify.local import LocalPlace, local_place

TOLD = ("number: ", "boolean: ", "object: ")
"""What a text that does not fit is told of."""
VERSIONS = recordings.versions()


@pytest.fixture(scope="module")
def place(child_process, tmp_path_factory):
    with local_place(tmp_path_factory.mktemp("local")) as opened:
        yield opened


def without_references(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_references(each) for name, each in value.items() if name != "reference"}
    return [without_references(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("version", VERSIONS)
def test_a_node_makes_of_a_tools_messages_what_dify_makes_of_them(version: str, place: LocalPlace) -> None:
    recorded = recordings.read(version, "messages")
    here = {line["case"]: line for line in recording.messages(place)}

    assert here.keys() == recorded.keys()
    assert [name for name in recorded if without_references(here[name]) != without_references(recorded[name])] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_node_gives_reaches_a_tool_as_it_does_in_dify(version: str, place: LocalPlace) -> None:
    recorded = recordings.read(version, "parameters")
    here = {line["case"]: line for line in recording.parameters(place)}

    assert here.keys() == recorded.keys()
    told = {name for name, line in here.items() if line["error"].removeprefix("receive: ").startswith(TOLD)}
    assert {name for name, line in here.items() if line["error"]} == told
    assert {name for name, line in recorded.items() if line["error"]} <= told
    assert [
        name for name in recorded if here[name]["received"] != recorded[name]["received"] and name not in told
    ] == []
    assert len(told) < len(recorded) / 3


def test_there_is_a_recording_to_be_held_to():
    assert VERSIONS
