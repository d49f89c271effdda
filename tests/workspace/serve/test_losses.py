"""What the daemon loses of a reply, lost here as well."""

import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from tests.workspace.serve.scripted import HEADERS, AnsweredQueue, Caller, chunk
from workspace.plugin.errors import PluginGone
from workspace.serve import reply_queue
from workspace.serve.endpoint_host import EndpointHost
from workspace.serve.reply_queue import NO_LOSSES, Losses, ReplyQueue
from workspace.wire import Payload

type Call = Callable[..., Caller]
type Serve = Callable[..., EndpointHost]

END = {"type": "end", "data": {}}


def stream(**data: object) -> dict[str, object]:
    return {"type": "stream", "data": data}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(reply_queue, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


# -- the race


def test_what_follows_the_first_chunk_is_lost_if_the_reply_ends_right_after_it(
    serve_scripted: Serve, call: Call, answered: AnsweredQueue
) -> None:
    caller = call(serve_scripted(losses=Losses(race=30)))
    caller.script(HEADERS, chunk("a"), chunk("b"), chunk("c"))

    assert caller.reply()[::2] == (200, b"1\r\na\r\n0\r\n\r\n")
    assert answered.get(timeout=30).note == "2 messages lost: the reply ended right after its first chunk"


def test_an_error_right_after_the_first_chunk_is_lost_too(
    serve_scripted: Serve, call: Call, answered: AnsweredQueue
) -> None:
    caller = call(serve_scripted(losses=Losses(race=30)))
    caller.script(HEADERS, chunk("a"), ["ValueError", "no", {}])

    assert caller.reply()[2] == b"1\r\na\r\n0\r\n\r\n"
    assert answered.get(timeout=30).note == "1 message lost: the reply ended right after its first chunk"


@pytest.mark.parametrize("steps", [[{**HEADERS, **chunk("a")}], [HEADERS, chunk("a")]])
def test_a_reply_of_one_chunk_loses_nothing(
    serve_scripted: Serve, call: Call, answered: AnsweredQueue, steps: list[object]
) -> None:
    caller = call(serve_scripted(losses=Losses(race=30)))
    caller.script(*steps)

    assert caller.reply()[2] == b"1\r\na\r\n0\r\n\r\n"
    assert answered.get(timeout=30).note == ""


def test_the_first_chunk_does_not_wait_for_the_end(serve_scripted: Serve, call: Call) -> None:
    released = threading.Event()

    def dify(_invoke_type: str, _payload: Payload) -> Iterator[Payload | None]:
        released.wait(30)
        yield {}

    caller = call(serve_scripted(dify, losses=Losses(race=30)))
    caller.script(HEADERS, chunk("a"), "wait", chunk("b"))
    caller.until_head()
    assert caller.until(b"\r\na\r\n") == b"1\r\na\r\n"

    released.set()
    assert caller.until(b"0\r\n\r\n") == b"0\r\n\r\n"


@pytest.mark.parametrize(("seconds", "lost"), [(0.0, 1), (0.004, 1), (0.006, 0), (10.0, 0)])
def test_the_race_is_over_five_milliseconds_after_the_first_chunk(
    clock: SimpleNamespace, seconds: float, lost: int
) -> None:
    queue = ReplyQueue(Losses())
    queue.put(stream(status=200, headers={}))
    clock.now += 1.0  # headers alone begin nothing
    queue.put(stream(result="61"))
    queue.get(timeout=1)
    queue.get(timeout=1)
    queue.put(stream(result="62"))
    clock.now += seconds
    queue.put(END)

    assert queue.lost_in_race() == bool(lost)
    assert queue.lost == lost


def test_the_end_of_a_plugin_is_no_end_of_a_reply(clock: SimpleNamespace) -> None:
    queue = ReplyQueue(Losses())
    queue.put(stream(result="61"))
    queue.put(PluginGone("The plugin ended."))
    clock.now += 1

    assert not queue.lost_in_race()


def test_without_losses_the_end_may_come_at_once(clock: SimpleNamespace) -> None:
    queue = ReplyQueue(NO_LOSSES)
    queue.put(stream(result="61"))
    queue.put(stream(result="62"))
    queue.put(END)

    assert not queue.lost_in_race()
    assert queue.lost == 0


# -- the queue


def test_chunks_are_dropped_while_too_many_wait() -> None:
    queue = ReplyQueue(Losses(waiting=2))
    for text in ("61", "62", "63", "64"):
        queue.put(stream(result=text))
    assert queue.get(timeout=1) == stream(result="61")
    queue.put(stream(result="65"))
    queue.put(END)

    assert [queue.get(timeout=1) for _ in range(3)] == [stream(result="62"), stream(result="65"), END]
    assert queue.lost == 2


def test_the_daemon_lets_128_wait() -> None:
    queue = ReplyQueue(Losses())
    for _ in range(130):
        queue.put(stream(result="61"))

    assert queue.lost == 2


def test_a_caller_that_reads_slowly_loses_chunks_and_holds_up_nobody_else(
    serve_scripted: Serve, call: Call, answered: AnsweredQueue
) -> None:
    all_sent = threading.Event()

    def dify(_invoke_type: str, _payload: Payload) -> Iterator[Payload | None]:
        all_sent.set()
        yield {}

    host = serve_scripted(dify, losses=Losses(race=0, waiting=4))
    slow, other = call(host), call(host)
    slow.script(HEADERS, {"size": 1_000_000, "times": 40}, "wait")
    assert all_sent.wait(30)
    other.script(HEADERS, chunk("a"))
    assert other.reply()[2] == b"1\r\na\r\n0\r\n\r\n"

    slow.until_head()
    received = slow.until(b"0\r\n\r\n").count(b"a")
    told = [answered.get(timeout=30) for _ in (slow, other)]
    lost = int(told[-1].note.split(" ")[0])
    assert told[-1].note == f"{lost} messages lost: they came faster than the caller could take them"
    assert received == (40 - lost) * 1_000_000
    assert lost > 20
