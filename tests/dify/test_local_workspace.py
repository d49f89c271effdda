"""The local workspace answers what the recordings say that a real Dify does, but for what `differences` lists."""

from collections.abc import Iterator

import pytest

from tests.dify import recording, recordings
from tests.dify.differences import MEANT, Found, differences
from tests.dify.local import LocalPlace, local_place


@pytest.fixture(scope="module")
def place(child_process: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlace]:
    with local_place(tmp_path_factory.mktemp("local")) as opened:
        yield opened


@pytest.fixture(scope="module", params=("messages", "parameters"))
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
