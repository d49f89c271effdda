"""The local workspace answers what the recordings say that a real Dify does, but for what `differences` lists."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tests.dify import cases, recording, recordings
from tests.dify.differences import MEANT, Found, differences
from tests.dify.local import LocalPlace, local_place


@pytest.fixture(scope="module")
def place(child_process: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlace]:
    with local_place(tmp_path_factory.mktemp("local")) as opened, pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.getLogger("graphon"), "propagate", False)  # what fails on purpose, it logs
        yield opened


@pytest.fixture(scope="module", params=recordings.NAMES)
def compared(request: pytest.FixtureRequest, place: LocalPlace) -> tuple[str, list[Found]]:
    """The name of a recording, and where the workspace differs from it."""
    recorded = recordings.read(recordings.FOLLOWED, request.param)
    here = {line["case"]: line for line in getattr(recording, request.param)(place)}
    return request.param, list(differences(recorded, here))


def test_the_workspace_does_what_the_recorded_dify_does(compared: tuple[str, list[Found]]) -> None:
    name, found = compared
    unmeant = [str(each) for each in found if not any(meant.covers(each) for meant in MEANT[name])]

    assert not unmeant, "\n".join(["not meant to differ:", *unmeant])


def test_each_difference_that_is_listed_is_there(compared: tuple[str, list[Found]]) -> None:
    name, found = compared
    gone = [meant.reason for meant in MEANT[name] if not any(map(meant.covers, found))]

    assert not gone, "\n".join(["no difference any more:", *gone])


def fields(value: Any) -> Any:
    """The names of the fields, with the type of each value; of a list the first item."""
    if isinstance(value, dict):
        return {name: fields(each) for name, each in value.items()}
    return [fields(each) for each in value[:1]] if isinstance(value, list) else type(value).__name__


@pytest.mark.parametrize(
    ("asked", "recorded_as"),
    [
        (cases.chat("moderated", "Is it confidential?"), "chatbot that is moderated"),
        (cases.workflow("approval", {"request": "A holiday"}), "workflow that waits"),
    ],
)
def test_an_app_that_stands_for_one_of_dify_tells_the_same_in_the_same_order(
    place: LocalPlace, asked: dict[str, Any], recorded_as: str
) -> None:
    line = recording.invocation(cases.Call("stands for one", "app", asked), place)
    recorded = recordings.read(recordings.FOLLOWED, "invocations")[recorded_as]
    replies = json.loads(json.dumps(line["replies"]).replace('"request"', '"text"'))  # the input of each app

    assert [event["event"] for event in replies] == [event["event"] for event in recorded["replies"]]
    for event, other in zip(recorded["replies"], replies, strict=True):
        assert [str(each) for each in differences({"": fields(event)}, {"": fields(other)})] == []
