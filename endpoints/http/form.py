"""Reading the body of a request as a form with files (multipart/form-data, RFC 7578)."""

import re
from io import BytesIO
from typing import NamedTuple, get_args, get_origin

from pydantic import BaseModel, ValidationError
from werkzeug import Request
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from endpoints.http.body import read_bytes
from endpoints.http.errors import TooLarge, WrongContentType
from endpoints.http.fields import field_error
from switchboard.errors import InvalidInput

_INDEX = re.compile(r"\[\d*\]\Z")

MAX_PARTS = 1_000
"""Of a form."""


class FormFile(NamedTuple):
    filename: str
    mime_type: str
    """What the caller says it is, "" if nothing."""
    content: bytes


class Form(NamedTuple):
    """The parts of a form by their names, each as often as it comes.

    A list is sent as `name[]`, `name[0]` or `name` for each of its entries, and is known as `name` here.
    """

    fields: dict[str, list[str]]
    files: dict[str, list[FormFile]]

    def read_fields[T: BaseModel](self, form: type[T]) -> T:
        """The fields as an object of this form; raises InvalidInput with the name of the field that is wrong.

        A field that holds no list may come twice where it says the same.
        """
        values: dict[str, str | list[str]] = {}
        for name, given in self.fields.items():
            if name in form.model_fields and not _takes_a_list(form, name):
                if len(set(given)) > 1:
                    raise InvalidInput(f"The field `{name}` comes {len(given)} times. Send it once.", field=name)
                values[name] = given[0]
            else:
                values[name] = given
        try:
            return form.model_validate(values)
        except ValidationError as error:
            refused = field_error(error, values)
            if refused.field in form.model_fields and _takes_a_list(form, refused.field):
                refused.field += "[]"  # as OpenAI's clients send it
            raise refused from None

    def file(self, name: str) -> FormFile:
        """A file that must be there, be one and hold something; raises InvalidInput otherwise."""
        given = self.files.get(name, [])
        if len(given) > 1:
            raise InvalidInput(f"The field `{name}` holds {len(given)} files. Send one at a time.", field=name)
        file = given[0] if given else None
        if file is None and name in self.fields:
            raise InvalidInput(f"The field `{name}` holds text. Send it as a file, with a file name.", field=name)
        if file is None:
            raise InvalidInput(f"The field `{name}` is missing. Send a file in it.", field=name)
        if not file.content:
            raise InvalidInput(f"The file in the field `{name}` is empty.", field=name)
        return file


def read_form(request: Request) -> Form:
    """The body as a form; raises InvalidInput for one that is broken."""
    body = read_bytes(request)
    if request.mimetype != "multipart/form-data":
        found = request.mimetype[:100] or "missing"
        raise WrongContentType(f"The body has to be a form: its Content-Type is {found}, not multipart/form-data.")
    if not body:
        raise InvalidInput("The body is empty. Send a form with a file.")
    if not request.mimetype_params.get("boundary"):
        raise InvalidInput("The Content-Type names no boundary for the form. Let the HTTP client set this header.")
    parser = FormDataParser(stream_factory=lambda *_, **__: BytesIO(), max_form_parts=MAX_PARTS, silent=False)
    try:
        _, fields, files = parser.parse(BytesIO(body), request.mimetype, len(body), request.mimetype_params)
    except RequestEntityTooLarge:
        raise TooLarge(f"The form has more than {MAX_PARTS:,} parts.") from None
    except ValueError:
        raise InvalidInput(
            "The form is cut off, or is not divided by the boundary that its Content-Type names."
        ) from None
    return Form(_lists(fields), {name: [_file(each) for each in given] for name, given in _lists(files).items()})


def _file(part: FileStorage) -> FormFile:
    return FormFile(part.filename or "", part.mimetype, part.read())


def _lists[T](parts: MultiDict[str, T]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for name, value in parts.items(multi=True):
        found.setdefault(_INDEX.sub("", name), []).append(value)
    return found


def _takes_a_list(form: type[BaseModel], name: str) -> bool:
    """Whether a field is declared as a list, of nothing or of something else."""
    annotation = form.model_fields[name].annotation
    return any(get_origin(kind) is list for kind in (annotation, *get_args(annotation)))
