"""Signs of life: a client that is told nothing for a minute gives up."""

import itertools
import threading

from endpoints.mcp.wire.outcomes import Outcome, Progress, paced

DONE = Outcome("done")


def test_steps_are_passed_on_as_they_are():
    steps = [Progress("a"), Progress("b"), DONE]

    assert list(paced(iter(steps))) == steps


def test_silence_is_broken_by_signs_of_life():
    said = threading.Event()

    def steps():
        yield Progress("a")
        said.wait()
        yield DONE

    told = paced(steps(), patience=0.01)

    assert list(itertools.islice(told, 4)) == [Progress("a"), *[Progress("")] * 3]
    said.set()
    assert DONE in list(told)
