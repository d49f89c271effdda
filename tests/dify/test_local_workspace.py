"""The local workspace does with a tool what the recordings say that a real Dify does.

What differs on purpose is in `BETTER` and `NOT_HERE`, with the reason.
"""

from typing import Any

import pytest

from tests.dify import recording, recordings
from tests.dify.local import LocalPlace, local_place

BETTER = "Dify says only that the error is unknown; here a sentence says what a number has to be"
NOT_HERE = "the reference by which Dify finds a file again is signed there, and is the file's id here"
VERSIONS = recordings.versions()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
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
    assert [name for name in recorded if here[name]["received"] != recorded[name]["received"]] == []
    assert [name for name in recorded if bool(here[name]["error"]) != bool(recorded[name]["error"])] == []


def test_there_is_a_recording_to_be_held_to():
    assert VERSIONS
