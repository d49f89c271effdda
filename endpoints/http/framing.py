"""Replies that reach the caller whole through Dify's plugin daemon.

The daemon hands a streamed reply on through a queue of 128 frames and loses data in three ways, all without an error:

- what comes while the queue is full is dropped, for a client that reads slowly and for bursts;
- if the reply ends before the daemon is done with its first frame, everything after that frame is dropped;
- one line of more than 5 MiB, so a frame of more than 2.6 MB, kills the plugin.

So a reader takes pieces from Dify without delay, and what leaves are frames: a piece that comes alone leaves at once,
what has piled up leaves together, and `Pace` says when. Nothing tells a plugin how fast its client reads or that it has
left; the pace supposes a slow one, and keeps the queue of such a client from filling up.

    return stream(pieces, "text/event-stream", keep_alive=b": waiting\\n\\n", error_piece=...)
"""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from typing import Protocol

from werkzeug import Response

from endpoints.http.route import presentable
from switchboard.errors import SwitchboardError

MAX_FRAME = 1024 * 1024
"""Bytes in one frame; in hexadecimal, two fifths of the longest line."""

CLIENT_RATE = 100_000
"""Bytes a second that the slowest client is supposed to read; a model that writes 200 tokens a second sends half."""

GAP = 0.004
"""Seconds between two frames, in which pieces pile up to be joined."""

FREE, DOUBLING, MAX_AHEAD = 32, 8, 120
"""Frames that the supposed client has not read: above FREE, each DOUBLING more double the gap, so that it is at most a
tenth of the time for which the client has been behind; at MAX_AHEAD none leaves."""

RACE = 0.1
"""Seconds from the first frame to the end of the reply. The daemon is usually done with the first frame in 2 ms, and
with hundreds of requests and no processor to itself in less than 100 ms."""

PATIENCE = 10.0
"""Seconds to wait for the first piece, which decides the status, and of silence before a sign of life is sent."""


class Pace:
    """When frames may leave. Knows nothing of clocks: `now` is in seconds."""

    def __init__(self) -> None:
        self._first: float | None = None
        self._last = 0.0
        self._ahead: deque[int] = deque()  # sizes of the frames that the supposed client has not read
        self._reading_since = 0.0

    def delay(self, now: float, *, is_full: bool) -> float:
        """Seconds until a frame may leave, 0 if it may go now; `is_full` if waiting longer cannot make it larger."""
        if self._first is None:
            return 0.0
        self._read(now)
        if len(self._ahead) >= MAX_AHEAD:
            return self._reading_since + self._ahead[0] / CLIENT_RATE - now
        gap = GAP if is_full else GAP * 2 ** (max(0, len(self._ahead) - FREE) / DOUBLING)
        return max(0.0, self._last + gap - now)

    def sent(self, now: float, size: int) -> None:
        """A frame has left."""
        if self._first is None:
            self._first = now
        self._read(now)
        if not self._ahead:
            self._reading_since = now
        self._ahead.append(size)
        self._last = now

    def delay_of_end(self, now: float) -> float:
        """Seconds until the reply may end."""
        return 0.0 if self._first is None else max(0.0, self._first + RACE - now)

    def _read(self, now: float) -> None:
        """Let the supposed client read what it can have read by now."""
        while self._ahead and self._reading_since + self._ahead[0] / CLIENT_RATE <= now:
            self._reading_since += self._ahead.popleft() / CLIENT_RATE


class Backlog:
    """The pieces that have come and not left. `read` runs in a thread of its own, all else in the one that sends."""

    def __init__(self, arrivals: "queue.SimpleQueue[Arrival]") -> None:
        self._arrivals = arrivals
        self._pieces: deque[bytes] = deque()
        self.size = 0
        """Bytes."""
        self.ended = False
        """No more will come."""
        self.error: SwitchboardError | None = None
        """What they ended with."""
        self.abandoned = False
        """Nobody wants what is still to come."""

    def read(self, pieces: Iterable[bytes]) -> None:
        """Let them arrive, until the end or an error."""
        end: SwitchboardError | None = None
        try:
            for piece in pieces:
                if self.abandoned:
                    break
                self._arrivals.put(piece)
                time.sleep(0)  # greenlets are not interrupted: let the sender, and other requests, have their turn
        except BaseException as error:  # noqa: BLE001 - for the sender to raise or tell
            end = presentable(error)
        self._arrivals.put(end)

    def wait(self, timeout: float | None) -> None:
        """Until there is a piece or the end, at most `timeout` seconds."""
        try:
            while not self.size and not self.ended:
                self._take_in(self._arrivals.get(timeout=timeout))
        except queue.Empty:
            return
        self.gather()

    def gather(self) -> None:
        """Take in what has arrived."""
        while not self._arrivals.empty():
            self._take_in(self._arrivals.get())

    def add(self, piece: bytes) -> None:
        for start in range(0, len(piece), MAX_FRAME):
            self._pieces.append(piece[start : start + MAX_FRAME])
        self.size += len(piece)

    def take(self) -> bytes:
        """As many pieces as fit into one frame, from the oldest on."""
        taken: list[bytes] = []
        room = MAX_FRAME
        while self._pieces and len(self._pieces[0]) <= room:
            taken.append(self._pieces.popleft())
            room -= len(taken[-1])
        self.size -= MAX_FRAME - room
        return b"".join(taken)

    def _take_in(self, arrival: "Arrival") -> None:
        if isinstance(arrival, bytes):
            self.add(arrival)
        else:
            self.ended, self.error = True, arrival


type Arrival = bytes | SwitchboardError | None
"""A piece, or the end: with an error or without."""


class Clock(Protocol):
    """Python's `time`, as far as it is needed here."""

    def monotonic(self) -> float: ...
    def sleep(self, seconds: float, /) -> None: ...


def stream(
    pieces: Iterable[bytes],
    content_type: str,
    *,
    error_piece: Callable[[SwitchboardError], bytes],
    keep_alive: bytes = b"",
) -> Response:
    """A reply that leaves as its pieces come.

    Waits up to 10 s for the first piece, and raises what `pieces` raises until then. An error after that ends the
    reply with `error_piece` of it. `keep_alive` is what to send in 10 s of silence; without it nothing is sent then,
    not even the status.
    """
    backlog = Backlog(queue.SimpleQueue())
    threading.Thread(target=backlog.read, args=[pieces], daemon=True).start()
    backlog.wait(PATIENCE if keep_alive else None)
    if backlog.error and not backlog.size:
        raise backlog.error
    response = Response(frames(backlog, error_piece=error_piece, keep_alive=keep_alive), content_type=content_type)
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Accel-Buffering"] = "no"  # a proxy that gathers pieces would undo the streaming
    return response


def whole(content: bytes, content_type: str) -> Response:
    """A reply that is there already; one of more than a frame leaves in several."""
    if len(content) <= MAX_FRAME:
        return Response(content, content_type=content_type)
    backlog = Backlog(queue.SimpleQueue())
    backlog.add(content)
    backlog.ended = True
    response = Response(frames(backlog), content_type=content_type)
    response.headers["Content-Length"] = str(len(content))  # lets a client notice that something is missing
    return response


def frames(
    backlog: Backlog,
    *,
    error_piece: Callable[[SwitchboardError], bytes] = lambda _error: b"",
    keep_alive: bytes = b"",
    clock: Clock = time,
) -> Generator[bytes, None, None]:
    """The frames of a reply, each when it may leave. The backlog has been waited for."""
    pace = Pace()
    try:
        while True:
            if backlog.error:
                backlog.add(error_piece(backlog.error))
                backlog.error = None
            if backlog.ended and not backlog.size:
                break
            while delay := pace.delay(clock.monotonic(), is_full=backlog.ended or backlog.size >= MAX_FRAME):
                clock.sleep(min(delay, GAP))
                backlog.gather()
            frame = backlog.take() or keep_alive
            yield frame
            pace.sent(clock.monotonic(), len(frame))  # only now has it left: the SDK writes it before it comes back
            backlog.wait(PATIENCE if keep_alive else None)
        clock.sleep(pace.delay_of_end(clock.monotonic()))
    finally:
        backlog.abandoned = True
