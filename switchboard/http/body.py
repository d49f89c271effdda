"""Reading the body of a request: as JSON, or as the parts of a form.

Dify's plugin daemon cuts a body to 10 MiB without a word, and hands an empty one on as `0\\r\\n\\r\\n`.
"""

import json
from typing import Any, NoReturn

from pydantic import BaseModel, ValidationError
from werkzeug import Request

from switchboard.errors import InvalidInput
from switchboard.http.errors import TooLarge, WrongContentType

MAX_BODY = 10 * 1024 * 1024
"""Bytes; a body of exactly this size was cut by the daemon."""

_EMPTY_CHUNKED = b"0\r\n\r\n"


def read_bytes(request: Request) -> bytes:
    """The body as it was sent; raises TooLarge for one that was cut."""
    body = request.get_data(cache=True, parse_form_data=False)
    if len(body) >= MAX_BODY:
        raise TooLarge(
            f"The body has {MAX_BODY // 1024**2} MiB or more, and Dify's plugin daemon cuts what is longer. Send less."
        )
    return b"" if body == _EMPTY_CHUNKED else body


def read_json[T: BaseModel](request: Request, form: type[T]) -> T:
    """The body as an object of this form; raises InvalidInput with the name of the field that is wrong."""
    body = read_bytes(request)
    content_type = request.mimetype
    if content_type and content_type != "application/json" and not content_type.endswith("+json"):
        raise WrongContentType(f"The body has to be JSON (Content-Type: application/json), not {content_type[:100]}.")
    if not body.strip():
        raise InvalidInput("The body is empty. Send a JSON object.")
    found = _parse(body)
    if not isinstance(found, dict):
        raise InvalidInput("The body has to be a JSON object.")
    try:
        return form.model_validate(found)
    except ValidationError as error:
        raise field_error(error) from None


def field_error(error: ValidationError) -> InvalidInput:
    """The first thing that is wrong with an object, as a sentence that names the field."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = _path(first["loc"])
    if first["type"] == "missing":
        return InvalidInput(f"The field `{field}` is missing.", field=field)
    problem = first["msg"].removeprefix("Value error, ")
    return InvalidInput(f"The field `{field}` is wrong: {problem}.".replace("..", "."), field=field)


def _path(location: tuple[str | int, ...]) -> str:
    """`messages[0].content`; the names that pydantic gives the members of a union are left out."""
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step.isidentifier():
            path += f".{step}" if path else step
    return path


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InvalidInput(f"The body is not valid JSON: {error.msg} at {place}.") from None
    except UnicodeDecodeError as error:
        raise InvalidInput(f"The body is not UTF-8: byte {error.start} cannot be read.") from None
    except ValueError:
        raise InvalidInput("The body holds a number that JSON cannot carry.") from None
    except RecursionError:
        raise InvalidInput("The body is nested too deeply.") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
