"""Replies that reach the caller whole through Dify's plugin daemon.

The daemon hands a streamed reply on through a queue of 128 frames and loses data in three ways, all without an error:

- what comes while the queue is full is dropped, for a client that reads slowly and for bursts;
- if the reply ends while the daemon is still at its first frame, everything after that frame is dropped;
- one line of more than 5 MiB, so a frame of more than 2.6 MB, kills the plugin.

So a reader takes pieces from Dify without delay, and what leaves are frames: a piece that comes alone leaves at once,
what has piled up leaves together, and `Pace` says when. Nothing tells a plugin how fast its client reads; the pace
assumes one that reads 1 MB/s, and keeps the queue of such a client from filling up.

    return stream(pieces, "text/event-stream", keep_alive=b": waiting\\n\\n", error_piece=...)
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from werkzeug import Response

from switchboard.errors import SwitchboardError
from switchboard.http.route import presentable

MAX_FRAME = 1024 * 1024
"""Bytes in one frame; in hexadecimal, two fifths of the longest line."""

CLIENT_RATE = 1_000_000
"""Bytes a second that the slowest client is supposed to read."""

GAP = 0.004
"""Seconds between two frames, in which pieces pile up to be joined."""

FREE, MAX_AHEAD = 32, 96
"""Frames waiting for the supposed client: from how many on small frames have to grow, and how many there may be."""

RACE = 0.03
"""Seconds from the first frame to the end of the reply, in which the daemon becomes ready for the end."""

PATIENCE = 10.0
"""Seconds to wait for the first piece, which decides the status, and of silence before a sign of life is sent."""


class Pace:
    """When frames may leave. Knows nothing of clocks: `now` is in seconds."""

    def __init__(self) -> None:
        self._first: float | None = None
        self._last = 0.0
        self._ahead: deque[int] = deque()  # sizes of the frames that the supposed client has not read
        self._reading_since = 0.0

    def delay(self, now: float, waiting: int) -> float:
        """Seconds until a frame may leave while `waiting` bytes are there to go, 0 if it may go now."""
        if self._first is None:
            return 0.0
        after_gap = self._last + GAP - now
        self._read(now)
        needed = MAX_FRAME * (len(self._ahead) - FREE) / (MAX_AHEAD - FREE)
        if min(waiting, MAX_FRAME) >= needed and len(self._ahead) < MAX_AHEAD:
            return max(0.0, after_gap)
        return max(0.0, after_gap, self._reading_since + self._ahead[0] / CLIENT_RATE - now)

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
    """The pieces that have been read and not sent; filled by one thread, emptied by another."""

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._changed = threading.Condition()
        self.size = 0
        """Bytes."""
        self.ended = False
        self.error: Exception | None = None
        self.abandoned = False

    def fill(self, pieces: Iterable[bytes]) -> None:
        """Read until the end or an error."""
        try:
            for piece in pieces:
                if self.abandoned:
                    break
                with self._changed:
                    self._pieces.append(piece)
                    self.size += len(piece)
                    self._changed.notify()
        except Exception as error:  # noqa: BLE001 - raised by whoever empties
            self.error = error
        with self._changed:
            self.ended = True
            self._changed.notify()

    def wait(self, timeout: float | None) -> bool:
        """Wait for a piece or the end; False if neither has come within `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self.size > 0 or self.ended, timeout)

    def take(self) -> bytes:
        """As many bytes as fit into one frame, from the oldest on."""
        with self._changed:
            taken: list[bytes] = []
            room = MAX_FRAME
            while self._pieces and room:
                piece = self._pieces.popleft()
                if len(piece) > room:
                    self._pieces.appendleft(piece[room:])
                    piece = piece[:room]
                taken.append(piece)
                room -= len(piece)
            self.size -= MAX_FRAME - room
        return b"".join(taken)


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
    """A reply that leaves as its pieces come, none of them empty.

    Waits up to 10 s for the first piece, and raises what `pieces` raises until then. An error after that ends the
    reply with `error_piece` of it. `keep_alive` is what to send in 10 s of silence; without it nothing is sent then,
    not even the status.
    """
    backlog = Backlog()
    threading.Thread(target=backlog.fill, args=[pieces], daemon=True).start()
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
    backlog = Backlog()
    backlog.fill([content])
    response = Response(frames(backlog), content_type=content_type)
    response.headers["Content-Length"] = str(len(content))  # lets a client notice that something is missing
    return response


def frames(
    backlog: Backlog,
    *,
    error_piece: Callable[[SwitchboardError], bytes] = lambda _error: b"",
    keep_alive: bytes = b"",
    clock: Clock = time,
) -> Iterator[bytes]:
    """The frames of a reply, each when it may leave."""
    pace = Pace()
    try:
        while True:
            came = backlog.wait(PATIENCE if keep_alive else None)
            if came and not backlog.size:
                break
            while delay := pace.delay(clock.monotonic(), backlog.size):
                clock.sleep(delay)
            frame = backlog.take() or keep_alive
            pace.sent(clock.monotonic(), len(frame))
            yield frame
        if backlog.error and (last := error_piece(presentable(backlog.error))):
            clock.sleep(pace.delay(clock.monotonic(), MAX_FRAME))
            pace.sent(clock.monotonic(), len(last))
            yield last
        clock.sleep(pace.delay_of_end(clock.monotonic()))
    finally:
        backlog.abandoned = True
