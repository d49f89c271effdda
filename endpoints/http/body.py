"""Reading the body of a request: as it is, or as JSON (forms are read in `form.py`).

Dify's plugin daemon cuts a body to 10 MiB without a word, and hands an empty one on as `0\\r\\n\\r\\n`.
"""

import sys
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from werkzeug import Request

from endpoints.http.errors import TooLarge, WrongContentType
from endpoints.http.fields import field_error
from switchboard.errors import InvalidInput

MAX_BODY = 10 * 1024 * 1024
"""Bytes; a body of exactly this size was cut by the daemon."""

_EMPTY_CHUNKED = b"0\r\n\r\n"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_IN_PLAIN_WORDS = {
    "expected ident": "expected true, false or null",
    "lone leading surrogate in hex escape": "half of a surrogate pair",
    "unexpected end of hex escape": "half of a surrogate pair",
    "recursion limit exceeded": "nested deeper than 200",
}
"""In place of what pydantic's parser says."""


def read_bytes(request: Request) -> bytes:
    """The body as it was sent; raises TooLarge for one that was cut."""
    body = request.get_data(cache=True, parse_form_data=False)
    if len(body) >= MAX_BODY:
        raise TooLarge(
            f"The body has {MAX_BODY // 1024**2} MiB or more, and Dify's plugin daemon cuts what is longer. Send less."
        )
    coding = request.headers.get("Content-Encoding", "identity")
    if coding.strip().lower() != "identity":
        raise WrongContentType(f"The body is compressed (Content-Encoding: {coding[:50]}). Send it as it is.")
    return b"" if body == _EMPTY_CHUNKED else body


def read_json[T: BaseModel](
    request: Request, form: type[T], *, prepare: Callable[[dict[str, Any]], dict[str, Any]] | None = None
) -> T:
    """The body as an object of this form; raises InvalidInput with the name of the field that is wrong.

    `prepare` gets the object before it is checked, and gives the one to check.
    """
    found = read_value(request)
    if not isinstance(found, dict):
        raise InvalidInput("The body has to be a JSON object.")
    found = prepare(found) if prepare else found
    try:
        return form.model_validate(found)
    except ValidationError as error:
        raise field_error(error, found) from None


def read_value(request: Request) -> Any:
    """The body as whatever JSON value it is; raises InvalidInput for one that is none.

    Every string in it can be written as UTF-8, every number fits a float64, and nothing is nested deeper than 200.
    """
    body = read_bytes(request).removeprefix(_BYTE_ORDER_MARK)
    if not body.strip():
        raise InvalidInput("The body is empty. Send a JSON object.")
    content_type = (request.content_type or "").partition(";")[0].strip().lower()
    if content_type and content_type != "application/json" and not content_type.endswith("+json"):
        raise WrongContentType(
            f"The body was sent as {content_type[:100]}. Send JSON, with the header `Content-Type: application/json`."
        )
    return _parse(body)


def _parse(body: bytes) -> Any:
    try:
        found = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        problem, at, place = str(error).rpartition(" at ")
        raise InvalidInput(f"The body is not valid JSON: {_IN_PLAIN_WORDS.get(problem, problem)}{at}{place}.") from None
    if _has_too_large_number(found):
        raise InvalidInput("The body holds a number that is too large: beyond what 64 bits can carry as a float.")
    return found


def _has_too_large_number(value: Any) -> bool:
    match value:
        case dict():
            return any(map(_has_too_large_number, value.values()))
        case list():
            return any(map(_has_too_large_number, value))
        case int() | float():
            return abs(value) > sys.float_info.max
    return False
