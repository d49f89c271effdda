"""JSON messages, one a line, as plugin and daemon write them on the plugin's stdout and stdin."""

import json
import re
from collections.abc import Iterator
from typing import IO, Any, NoReturn

LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class LineTooLong(Exception):
    """A line went over the limit before it ended."""


def read_lines(stream: IO[bytes], *, limit: int) -> Iterator[bytes]:
    """The lines of a stream without their ends, the last one even if it has none; blank lines are left out.

    Raises LineTooLong as soon as a line with its end is longer than `limit` bytes.
    """
    pending = bytearray()
    while chunk := stream.read1(1 << 16):  # type: ignore[attr-defined] # a pipe's, buffered
        seen = len(pending)
        pending += chunk
        start = 0
        while (end := pending.find(b"\n", max(start, seen))) >= 0:
            if end + 1 - start > limit:
                raise LineTooLong
            if line := bytes(pending[start:end]).strip():
                yield line
            start = end + 1
        del pending[:start]
        if len(pending) >= limit:
            raise LineTooLong
    if line := bytes(pending).strip():
        yield line


def encode(message: dict[str, Any]) -> bytes:
    """A message as one line with its end; text that is no Unicode becomes U+FFFD."""
    return json.dumps(well_formed(message), separators=(",", ":"), allow_nan=False).encode() + b"\n"


def go_json(value: dict[str, Any]) -> str:
    """As the daemon, written in Go, writes JSON: without spaces, and safe in HTML."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def decode(line: bytes) -> dict[str, Any] | None:
    """The message in a line, or None if it is not a JSON object. What is no Unicode becomes U+FFFD, as in Go."""
    try:
        message = json.loads(line.decode(errors="replace"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict):
        return None
    return well_formed(message) if b"\\u" in line else message


def well_formed(value: Any) -> Any:
    """The same JSON value with U+FFFD for each lone surrogate."""
    if isinstance(value, str):
        return LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {well_formed(key): well_formed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [well_formed(item) for item in value]
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
