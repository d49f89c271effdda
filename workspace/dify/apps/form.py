"""An app's input form: what it asks for, and Dify's check of what it gets.

Source: Dify Service API, `/parameters`; the refusals are those of Dify's app generators.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from workspace.dify.refusals import Refused

type InputType = Literal["text-input", "paragraph", "select", "number", "checkbox", "json_object", "file", "file-list"]
TEXTS = ("text-input", "paragraph", "select")
FILES = ("file", "file-list")


@dataclass(frozen=True)
class Input:
    """One field of the form. `max_length` counts characters, or files; the `allowed_` lists are about files."""

    variable: str
    label: str
    type: InputType = "text-input"
    required: bool = False
    default: Any = None
    options: tuple[str, ...] = ()
    max_length: int | None = None
    allowed_file_types: tuple[str, ...] = ()
    allowed_file_extensions: tuple[str, ...] = ()
    allowed_file_upload_methods: tuple[str, ...] = ()

    def described(self) -> dict[str, Any]:
        """The field in `user_input_form`: `{"paragraph": {"label", "variable", "required", ...}}`."""
        field: dict[str, Any] = {"label": self.label, "variable": self.variable, "required": self.required}
        field["default"] = "" if self.default is None else self.default
        if self.max_length is not None:
            field["max_length"] = self.max_length
        if self.type == "select":
            field["options"] = list(self.options)
        if self.type in FILES:
            field["allowed_file_types"] = list(self.allowed_file_types)
            field["allowed_file_extensions"] = list(self.allowed_file_extensions)
            field["allowed_file_upload_methods"] = list(self.allowed_file_upload_methods)
        return {self.type: field}


def checked(form: Sequence[Input], inputs: dict[str, Any]) -> dict[str, Any]:
    """The inputs that the form knows, with defaults; raises `Refused` for the first that is missing or wrong.

    Files stay as the mappings they are given as, `{"type", "transfer_method", "url" | "upload_file_id" | ...}`.
    """
    return {field.variable: _checked(field, inputs.get(field.variable)) for field in form}


def _checked(field: Input, value: Any) -> Any:
    if value is None:
        if field.required:
            raise Refused(f"{field.variable} is required in input form")
        if field.default is None:
            return None
        value = field.default
    if field.type in FILES and not field.required and value == "":
        return None
    if field.type == "number":
        return _number(field, value)
    if field.type in TEXTS:
        return _text(field, value)
    if field.type == "checkbox":
        return _boolean(value)
    if field.type == "file" and not isinstance(value, dict):
        raise Refused(f"{field.variable} in input form must be a file")
    if field.type == "file-list":
        _check_files(field, value)
    if field.type == "json_object" and value and not isinstance(value, dict):
        raise Refused(f"{field.variable} in input form must be a dict")
    return value


def _text(field: Input, value: Any) -> str:
    if not isinstance(value, str):
        raise Refused(f"(type '{field.type}') {field.variable} in input form must be a string")
    if field.type == "select" and value not in field.options:
        raise Refused(f"{field.variable} in input form must be one of the following: {list(field.options)}")
    if field.type != "select" and field.max_length and len(value) > field.max_length:
        raise Refused(f"{field.variable} in input form must be less than {field.max_length} characters")
    return value.replace("\x00", "")


def _boolean(value: Any) -> Any:
    """What Dify takes for true or false; anything else stays what it is."""
    match value.strip().lower() if isinstance(value, str) else value:
        case "true" | "1" | "yes" | "on" | 1:
            return True
        case "false" | "0" | "no" | "off" | 0:
            return False
    return value


def _check_files(field: Input, value: Any) -> None:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Refused(f"{field.variable} in input form must be a list of files")
    if field.max_length and len(value) > field.max_length:
        raise Refused(f"{field.variable} in input form must be less than {field.max_length} files")


def _number(field: Input, value: Any) -> int | float | None:
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str):
        kind = type(value)
        raise Refused("Internal Server Error", status=500, code="unknown") from TypeError(
            f"expected value type int, float or str, got {kind}, value: {value}"
        )
    if not value.strip():
        return None
    try:
        return float(value) if "." in value else int(value)
    except ValueError as error:
        raise Refused(f"{field.variable} in input form must be a valid number") from error


def parameters(
    form: tuple[Input, ...], *, opening_statement: str = "", suggested: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The body of `/parameters` of an app that takes these inputs and no files."""
    off = {"enabled": False}
    return {
        "opening_statement": opening_statement,
        "suggested_questions": list(suggested),
        "suggested_questions_after_answer": off,
        "speech_to_text": off,
        "text_to_speech": {**off, "voice": "", "language": ""},
        "retriever_resource": off,
        "annotation_reply": off,
        "more_like_this": off,
        "user_input_form": [field.described() for field in form],
        "sensitive_word_avoidance": off,
        "file_upload": {
            "enabled": False,
            "allowed_file_types": [],
            "allowed_file_extensions": [],
            "allowed_file_upload_methods": [],
            "number_limits": 3,
        },
        "system_parameters": {
            "image_file_size_limit": 10,
            "video_file_size_limit": 100,
            "audio_file_size_limit": 50,
            "file_size_limit": 15,
            "workflow_file_upload_limit": 10,
        },
    }
