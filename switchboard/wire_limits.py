"""The longest line a plugin may print, and checks that keep requests and results below it.

Every message of a plugin is one line of JSON. Dify's plugin daemon kills a plugin that prints a line of more than
5 MiB, and hangs everyone who waits for it, so what is too large is refused here first.
"""

from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from switchboard.errors import InvalidInput, NoAnswer

MAX_LINE = 5 * 1024 * 1024
"""PLUGIN_STDIO_MAX_BUFFER_SIZE of the plugin daemon, bytes."""

MAX_PAYLOAD = MAX_LINE - 64 * 1024
"""What is left for content once the envelope, the model's parameters and the like are in, bytes."""

MAX_FILE = 50 * 1024 * 1024
"""The largest file that Dify takes from a tool, bytes: PLUGIN_MAX_FILE_SIZE, unless its server has another."""

MAX_BYTES_A_CHARACTER = 6
"""As JSON escapes it: `\\u0000`. What is short enough even so need not be counted."""


def wire_size(value: Any) -> int:
    """How many bytes a JSON value takes, written as the SDK does. Raises PydanticSerializationError."""
    return len(to_json(value))


def check_request_fits(what: str, *texts: str, field: str = "") -> None:
    """Refuse a reverse invocation whose texts together would not fit on one line.

    `what` names them for the caller, `field` is the one of an HTTP request that holds them.
    """
    quotes_and_commas = 3 * len(texts)
    if quotes_and_commas + MAX_BYTES_A_CHARACTER * sum(map(len, texts)) <= MAX_PAYLOAD:
        return
    check_request_size(what, len(texts) + sum(map(wire_size, texts)), field=field)


def check_request_size(what: str, size: int, *, field: str = "") -> None:
    """Refuse a reverse invocation whose content takes `size` bytes on the line, if that is too much."""
    if size > MAX_PAYLOAD:
        raise InvalidInput(
            f"{what} takes {_megabytes(size)} on its way to Dify, which carries at most {_megabytes(MAX_PAYLOAD)} in "
            "one request. Send less at a time.",
            status=413,
            field=field,
        )


HEX = 2.0
BASE64 = 4 / 3
"""Characters that carry one byte."""


def check_bytes_fit(what: str, size: int, *, encoding: float = HEX, field: str = "") -> None:
    """Refuse a reverse invocation that carries `size` bytes in hexadecimal or base64 and would not fit."""
    if encoding * size > MAX_PAYLOAD:
        raise InvalidInput(
            f"{what} has {size / 1_000_000:.2f} MB, and Dify carries at most {MAX_PAYLOAD / encoding / 1e6:.2f} MB of "
            "it in one request. Send less at a time.",
            status=413,
            field=field,
        )


def check_file_fits(what: str, size: int) -> None:
    """Refuse a file that Dify would not take from a tool."""
    if size > MAX_FILE:
        raise NoAnswer(
            f"{what} has more than {MAX_FILE // 1024**2} MiB, which is the most that Dify takes from a tool. "
            "Ask for less."
        )


def check_result_fits(name: str, value: Any) -> None:
    """Refuse an output, or a piece of streamed text, that would not fit on one line."""
    if isinstance(value, str) and MAX_BYTES_A_CHARACTER * len(value) <= MAX_PAYLOAD:
        return
    try:
        check_result_size(name, wire_size(value))
    except PydanticSerializationError:
        raise NoAnswer(f"The output {name} is nested too deeply, or not text in UTF-8, to be handed over.") from None


def check_results_fit(**outputs: Any) -> None:
    """Refuse a set of outputs if one of them would not fit, before any of them goes out."""
    for name, value in outputs.items():
        check_result_fits(name, value)


def check_result_size(name: str, size: int) -> None:
    """Refuse an output of at least `size` bytes that would not fit on one line."""
    if size > MAX_PAYLOAD:
        raise NoAnswer(
            f"The output {name} takes {_megabytes(size)}, and a plugin can hand over at most {_megabytes(MAX_PAYLOAD)} "
            "at once. Ask for less."
        )


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"
