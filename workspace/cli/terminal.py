"""Where commands print: what was asked for on stdout, all else on stderr.

A line is written in one piece, since several threads print.
"""

import codecs
import contextlib
import io
import sys


class NotWritten(Exception):
    """Stdout takes no more, for the reason in the message: "No space left on device"."""


def take_any_text() -> None:
    """Make stdout take what a plugin may put out: UTF-8 where the locale knows ASCII alone, "?" for what is no text."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        ascii_alone = codecs.lookup(sys.stdout.encoding).name == "ascii"
        sys.stdout.reconfigure(encoding="utf-8" if ascii_alone else None, errors="replace")


def show(text: str, *, end: str = "\n") -> None:
    """Print on stdout, at once. Raises NotWritten, or BrokenPipeError where nobody reads any more."""
    if sys.stdout is None:
        raise NotWritten("stdout is closed")
    try:
        sys.stdout.write(text + end)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise NotWritten(error.strerror) from None


def note(text: str) -> None:
    """Print on stderr; where that cannot be, nobody is told."""
    if sys.stderr is None:
        return
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
