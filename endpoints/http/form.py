"""Reading the body of a request as a form with files (multipart/form-data, RFC 7578)."""

from io import BytesIO
from typing import NamedTuple

from pydantic import BaseModel, ValidationError
from werkzeug import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from endpoints.http.body import read_bytes
from endpoints.http.errors import TooLarge, WrongContentType
from endpoints.http.fields import field_error
from switchboard.errors import InvalidInput

MAX_PARTS = 1_000
"""Of a form."""


class FormFile(NamedTuple):
    filename: str
    mime_type: str
    """What the caller says it is, "" if nothing."""
    content: bytes


class Form(NamedTuple):
    """The parts of a form by their names; of several with the same name, the first."""

    fields: dict[str, str]
    files: dict[str, FormFile]

    def read_fields[T: BaseModel](self, form: type[T]) -> T:
        """The fields as an object of this form; raises InvalidInput with the name of the field that is wrong."""
        try:
            return form.model_validate(self.fields)
        except ValidationError as error:
            raise field_error(error, self.fields) from None

    def file(self, name: str) -> FormFile:
        """A file that must be there and hold something; raises InvalidInput otherwise."""
        file = self.files.get(name)
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
    return Form(
        fields=fields.to_dict(),
        files={name: FormFile(file.filename or "", file.mimetype, file.read()) for name, file in files.items()},
    )
