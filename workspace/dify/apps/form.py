"""An app's input form: what it asks for, and Dify's check of what it gets.

Source: Dify Service API, `/parameters`; the refusals are those of Dify's app generators.
"""

from dataclasses import dataclass
from typing import Any, Literal

from workspace.dify.refusals import Refused


@dataclass(frozen=True)
class Input:
    """One field of the form. `max_length` counts characters."""

    variable: str
    label: str
    type: Literal["text-input", "paragraph", "select", "number"] = "text-input"
    required: bool = False
    default: str | int | None = None
    options: tuple[str, ...] = ()
    max_length: int | None = None

    def described(self) -> dict[str, Any]:
        """The field in `user_input_form`: `{"paragraph": {"label", "variable", "required", ...}}`."""
        field: dict[str, Any] = {"label": self.label, "variable": self.variable, "required": self.required}
        field["default"] = "" if self.default is None else self.default
        if self.max_length is not None:
            field["max_length"] = self.max_length
        if self.type == "select":
            field["options"] = list(self.options)
        return {self.type: field}


def checked(form: tuple[Input, ...], inputs: dict[str, Any]) -> dict[str, Any]:
    """The inputs that the form knows, with defaults; raises `Refused` for the first that is missing or wrong."""
    return {field.variable: _checked(field, inputs.get(field.variable)) for field in form}


def _checked(field: Input, value: Any) -> Any:
    if value is None:
        if field.required:
            raise Refused(f"{field.variable} is required in input form")
        if field.default is None:
            return None
        value = field.default
    if field.type == "number":
        return _number(field, value)
    if not isinstance(value, str):
        raise Refused(f"(type '{field.type}') {field.variable} in input form must be a string")
    if field.type == "select" and value not in field.options:
        raise Refused(f"{field.variable} in input form must be one of the following: {list(field.options)}")
    if field.max_length and len(value) > field.max_length:
        raise Refused(f"{field.variable} in input form must be less than {field.max_length} characters")
    return value.replace("\x00", "")


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
