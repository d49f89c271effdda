"""When the frames of a reply leave, by a clock that only the tests move."""

import queue
from collections import deque
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from endpoints.http.framing import GAP, MAX_FRAME, PATIENCE, RACE, Arrival, Backlog, frames, stream, whole
from switchboard.errors import ProviderFailed, SwitchboardError

MS = 0.001
DAEMON_QUEUE = 128
"""Frames; what comes while so many wait for the client is dropped."""

type Script = list[tuple[float, Arrival]]
"""What arrives when, in seconds from the start; the last is the end."""


class Timeline(queue.SimpleQueue[Arrival]):
    """A clock, and the queue of what arrives by it. Waiting for either moves the clock on."""

    def __init__(self, script: Script) -> None:
        self._script = deque(script)
        self.now = 0.0
        """Seconds from the start."""

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        assert seconds >= 0
        self.now += seconds

    def empty(self) -> bool:
        return not self._script or self._script[0][0] > self.now

    def get(self, block: bool = True, timeout: float | None = None) -> Arrival:
        assert self._script, "waits for ever"
        time, arrival = self._script[0]
        if timeout is not None and time > self.now + timeout:
            self.sleep(timeout)
            raise queue.Empty
        self.now = max(self.now, time)
        self._script.popleft()
        return arrival


class Reply:
    """What leaves when, as seconds from the start and frames, for a script of what arrives."""

    def __init__(self, script: Script, *, keep_alive: bytes = b"", daemon_takes: float = 0.0) -> None:
        timeline = Timeline(script)
        backlog = Backlog(timeline)
        backlog.wait(PATIENCE if keep_alive else None)
        self.sent: list[tuple[float, bytes]] = []
        for frame in frames(backlog, error_piece=_told, keep_alive=keep_alive, clock=timeline):
            self.sent.append((timeline.now, frame))
            timeline.sleep(daemon_takes)
        self.ended = timeline.now

    @property
    def frames(self) -> list[bytes]:
        return [frame for _, frame in self.sent]

    @property
    def times(self) -> list[float]:
        return [time for time, _ in self.sent]

    @property
    def content(self) -> bytes:
        return b"".join(self.frames)


def _told(error: SwitchboardError) -> bytes:
    return f"[{error}]".encode()


def most_unread(sent: Iterable[tuple[float, bytes]], *, rate: float) -> int:
    """The most frames that ever waited for a client that reads `rate` bytes a second, the one it reads included."""
    most = 0
    read_at: deque[float] = deque()
    for time, frame in sent:
        while read_at and read_at[0] <= time:
            read_at.popleft()
        read_at.append((read_at[-1] if read_at else time) + len(frame) / rate)
        most = max(most, len(read_at))
    return most


# -- one piece after the other ----------------------------------------------------------------------------------------


def test_the_first_piece_leaves_at_once():
    reply = Reply([(2.0, b"Hello"), (3.0, None)])

    assert reply.sent == [(2.0, b"Hello")]


def test_a_piece_that_comes_alone_leaves_at_once():
    reply = Reply([(0.0, b"one"), (0.02, b"two"), (5.0, b"three"), (5.5, None)])

    assert reply.sent == [(0.0, b"one"), (pytest.approx(0.02), b"two"), (pytest.approx(5.0), b"three")]


def test_a_piece_that_comes_right_after_another_waits_for_the_gap():
    reply = Reply([(0.0, b"one"), (1 * MS, b"two"), (1.0, None)])

    assert reply.sent == [(0.0, b"one"), (pytest.approx(GAP), b"two")]
    assert GAP <= 10 * MS


def test_what_comes_within_the_gap_leaves_together():
    reply = Reply([(0.0, b"1"), (1 * MS, b"2"), (2 * MS, b"3"), (3 * MS, b"4"), (20 * MS, b"5"), (1.0, None)])

    assert reply.frames == [b"1", b"234", b"5"]


def test_pieces_of_one_instant_leave_together():
    script: Script = [(0.0, b"x" * 300) for _ in range(20_000)]

    reply = Reply([*script, (0.0, None)])

    assert reply.content == b"x" * 6_000_000
    assert len(reply.frames) == 6


def test_pieces_for_which_there_is_no_clock_tick_do_not_hold_up_the_first():
    reply = Reply([(0.0, b"first"), (0.5 * MS, b"second"), (0.5 * MS, None)], daemon_takes=2 * MS)

    assert reply.sent[0] == (0.0, b"first")


# -- the daemon's queue -----------------------------------------------------------------------------------------------


def tokens(per_second: float, *, seconds: float, start: float = 0.0) -> Script:
    return [(start + number / per_second, b"%250d" % number) for number in range(int(per_second * seconds))]


def test_a_token_never_waits_longer_than_the_gap_at_the_speed_of_a_model():
    script = tokens(200, seconds=60)

    reply = Reply([*script, (60.0, None)])

    waits = [left - came for (came, _), left in zip(script, reply.times, strict=True)]
    assert max(waits) <= GAP


@pytest.mark.parametrize("per_second", [1_000, 4_000, 10_000])
@pytest.mark.parametrize("rate", [100_000, 1_000_000])
def test_a_flood_that_lasts_does_not_fill_the_queue_of_a_slow_client(per_second, rate):
    reply = Reply([(0.0, b"one"), *tokens(per_second, seconds=10, start=60.0), (70.0, None)])

    assert most_unread(reply.sent, rate=rate) < DAEMON_QUEUE


def test_more_than_the_daemon_can_queue_leaves_as_a_slow_client_reads_it():
    mebibytes: Script = [(0.0, bytes(MAX_FRAME))] * 200

    reply = Reply([*mebibytes, (0.0, None)])

    assert len(reply.frames) == 200
    assert most_unread(reply.sent, rate=100_000) < DAEMON_QUEUE


def test_full_frames_do_not_wait_for_more():
    mebibytes: Script = [(0.0, bytes(MAX_FRAME))] * 100

    reply = Reply([*mebibytes, (60.0, None)])

    assert reply.times[-1] == pytest.approx(99 * GAP)


def test_in_a_flood_the_gaps_stay_small_beside_the_time_it_lasts():
    reply = Reply([*tokens(10_000, seconds=20), (20.0, None)])

    gaps = [(later - earlier, later) for earlier, later in zip(reply.times, reply.times[1:], strict=False)]
    assert all(gap <= max(0.1 * time, GAP + MS) for gap, time in gaps)


def test_the_last_piece_does_not_wait_behind_a_flood():
    flood = tokens(10_000, seconds=5)

    reply = Reply([*flood, (5.0, b"[DONE]"), (5.0, None)])

    assert reply.content.endswith(b"[DONE]")
    assert reply.times[-1] <= 5.0 + 2 * GAP
    assert reply.ended <= 5.0 + 2 * GAP


def test_a_client_that_catches_up_gets_pieces_one_by_one_again():
    flood = tokens(4_000, seconds=1)
    caught_up = tokens(50, seconds=1, start=12.0)

    reply = Reply([*flood, *caught_up, (13.0, None)])

    assert reply.frames[-50:] == [piece for _, piece in caught_up]


@pytest.mark.parametrize("size", [MAX_FRAME, MAX_FRAME + 1, 12_000_000])
def test_a_large_piece_leaves_in_frames_of_a_mebibyte(size):
    content = bytes(range(256)) * (size // 256 + 1)

    reply = Reply([(0.0, content[:size]), (0.0, None)])

    assert reply.content == content[:size]
    assert [len(frame) for frame in reply.frames[:-1]] == [MAX_FRAME] * (len(reply.frames) - 1)
    assert reply.times[-1] == pytest.approx(GAP * (len(reply.frames) - 1))


PIECES = st.one_of(st.binary(max_size=40), st.integers(1, 3 * MAX_FRAME).map(bytes))
PAUSES = st.one_of(st.just(0.0), st.floats(0.0, 0.02), st.floats(0.0, 30.0))


@settings(deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(PAUSES, PIECES, st.integers(1, 400)), max_size=12),
    PAUSES,
    st.sampled_from([0.0, 1 * MS, 0.2]),
)
def test_whatever_comes_when_the_same_bytes_leave_and_the_daemon_can_queue_them(bursts, end, daemon_takes):
    script: Script = []
    now = 0.0
    for pause, piece, times in bursts:
        now += pause
        script += [(now + number * 0.1 * MS, piece) for number in range(times if len(piece) <= 40 else 1)]
        now = script[-1][0]
    came = b"".join(piece for _, piece in script if isinstance(piece, bytes))

    reply = Reply([*script, (now + end, None)], daemon_takes=daemon_takes)

    assert reply.content == came
    assert all(0 < len(frame) <= MAX_FRAME for frame in reply.frames)
    assert most_unread(reply.sent, rate=1_000_000) < DAEMON_QUEUE
    assert reply.ended >= now + end


# -- the end ----------------------------------------------------------------------------------------------------------


def test_a_reply_does_not_end_while_the_daemon_may_be_at_its_first_frame():
    reply = Reply([(0.0, b"one"), (5 * MS, b"two"), (6 * MS, None)])

    assert reply.times[-1] == pytest.approx(5 * MS)
    assert reply.ended == pytest.approx(RACE)


def test_the_first_frame_counts_from_when_it_has_been_written():
    reply = Reply([(0.0, b"one"), (0.0, None)], daemon_takes=3.0)

    assert reply.ended == pytest.approx(3.0 + RACE)


def test_a_reply_that_has_lasted_ends_at_once():
    reply = Reply([(0.0, b"one"), (1.0, b"two"), (1.0, None)])

    assert reply.ended == pytest.approx(1.0)


def test_a_reply_without_pieces_ends_at_once():
    reply = Reply([(0.0, None)])

    assert (reply.frames, reply.ended) == ([], 0.0)


def test_empty_pieces_are_not_sent():
    reply = Reply([(0.0, b""), (1.0, b"one"), (2.0, b""), (3.0, b""), (4.0, None)])

    assert reply.frames == [b"one"]


# -- errors -----------------------------------------------------------------------------------------------------------


def test_an_error_is_told_after_what_came_before_it():
    reply = Reply([(0.0, b"one"), (1.0, b"two"), (1.0, b"three"), (1.0, ProviderFailed("no more"))])

    assert reply.frames == [b"one", b"twothree[no more]"]


def test_an_error_that_comes_while_pieces_wait_is_told_after_them():
    reply = Reply([(0.0, b"one"), (1 * MS, b"two"), (3 * MS, ProviderFailed("no more"))])

    assert reply.content == b"onetwo[no more]"


def test_an_error_that_is_not_told_ends_the_reply():
    timeline = Timeline([(0.0, b"audio"), (1.0, ProviderFailed("no more"))])
    backlog = Backlog(timeline)
    backlog.wait(None)

    assert list(frames(backlog, error_piece=lambda _: b"", keep_alive=b".", clock=timeline)) == [b"audio"]


@pytest.mark.parametrize("error", [ProviderFailed("no"), ZeroDivisionError("secret"), GeneratorExit(), SystemExit(1)])
def test_whatever_ends_the_reading_arrives(error):
    def pieces() -> Iterator[bytes]:
        yield b"one"
        raise error

    arrivals: queue.SimpleQueue[Arrival] = queue.SimpleQueue()
    Backlog(arrivals).read(pieces())

    assert arrivals.get() == b"one"
    end = arrivals.get()
    assert isinstance(end, SwitchboardError)
    assert "secret" not in str(end)
    assert arrivals.empty()


def test_an_error_before_the_first_piece_is_raised():
    def pieces() -> Iterator[bytes]:
        raise ProviderFailed("no")
        yield b""

    with pytest.raises(ProviderFailed, match="^no$"):
        stream(pieces(), "text/plain", error_piece=_told)


# -- silence ----------------------------------------------------------------------------------------------------------


def test_silence_is_filled_every_ten_seconds():
    reply = Reply([(0.0, b"one"), (25.0, b"two"), (26.0, None)], keep_alive=b":\n")

    assert [frame for frame in reply.sent if frame[1] == b":\n"] == [(10.0, b":\n"), (20.0, b":\n")]
    assert reply.content == b"one:\n:\ntwo"


def test_a_reply_that_takes_long_to_start_shows_its_status_after_ten_seconds():
    reply = Reply([(34.0, b"one"), (35.0, None)], keep_alive=b":\n")

    assert reply.sent == [(10.0, b":\n"), (20.0, b":\n"), (30.0, b":\n"), (34.0, b"one")]


def test_an_error_after_a_sign_of_life_is_told():
    reply = Reply([(12.0, ProviderFailed("no"))], keep_alive=b":\n")

    assert reply.frames == [b":\n", b"[no]"]


def test_without_a_sign_of_life_the_first_piece_is_waited_for():
    reply = Reply([(200.0, b"one"), (400.0, b"two"), (401.0, None)])

    assert reply.sent == [(200.0, b"one"), (400.0, b"two")]


# -- who reads and who sends ------------------------------------------------------------------------------------------


def test_pieces_are_read_while_none_is_sent():
    arrivals: queue.SimpleQueue[Arrival] = queue.SimpleQueue()
    backlog = Backlog(arrivals)

    backlog.read(b"%d" % number for number in range(1_000))
    backlog.gather()

    assert backlog.ended
    assert backlog.size == 2_890


def test_when_the_reply_is_closed_no_more_is_read():
    read = []

    def pieces() -> Iterator[bytes]:
        for number in range(10):
            read.append(number)
            yield b"piece"

    backlog = Backlog(queue.SimpleQueue())
    backlog.add(b"piece")
    reply = frames(backlog)
    next(reply)
    reply.close()
    backlog.read(pieces())

    assert read == [0]


def test_a_stream_is_not_to_be_gathered_on_its_way():
    response = stream(iter([b"piece"]), "text/event-stream", error_piece=_told)

    assert response.is_streamed
    assert response.content_type == "text/event-stream"
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers["X-Accel-Buffering"] == "no"


# -- replies that are there already -----------------------------------------------------------------------------------


def test_a_reply_of_one_frame_is_no_stream():
    response = whole(b"x" * MAX_FRAME, "text/plain")

    assert not response.is_streamed
    assert response.get_data() == b"x" * MAX_FRAME


def test_a_large_reply_leaves_in_frames_and_tells_its_length():
    content = bytes(range(256)) * 20_000

    response = whole(content, "application/json")
    left = list(response.iter_encoded())

    assert response.is_streamed
    assert b"".join(left) == content
    assert max(map(len, left)) == MAX_FRAME
    assert response.headers["Content-Length"] == str(len(content))
