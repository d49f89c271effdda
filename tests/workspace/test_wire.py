import pytest

from workspace import wire
from workspace.wire import with_silences


@pytest.mark.parametrize(("taken", "left"), [(0.0, 1.0), (0.25, 0.75), (1.0, 0.0), (3.0, 0.0)])
def test_a_second_of_silence_is_shorter_by_what_the_handler_took_of_it(monkeypatch, taken, left):
    seconds = [10.0]
    monkeypatch.setattr(wire.time, "monotonic", lambda: seconds[0])

    def handler():
        yield {"reply": 1}
        seconds[0] += taken
        yield None
        yield {"reply": 2}

    passed = []
    for reply in with_silences(handler()):
        passed.append(reply)
        seconds[0] += 100  # what is done with a reply is not the handler's

    assert passed == [{"reply": 1}, left, {"reply": 2}]
