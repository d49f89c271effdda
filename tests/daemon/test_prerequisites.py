"""Says what the real daemon lacks here, where nothing else can run."""

import pytest

from tests.daemon.prerequisites import needed


@pytest.mark.parametrize(("what", "is_there"), needed().items())
def test_what_the_daemon_needs_is_there(what, is_there):
    if not is_there:
        pytest.skip(f"the real plugin daemon cannot run here: {what}")
