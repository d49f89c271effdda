"""What is wrong with the fields of a request, in sentences that name the field and never repeat what it held."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import FailFast, Field, ValidationError
from pydantic_core import ErrorDetails

from switchboard.errors import InvalidInput

type ListOf[T] = Annotated[list[T], FailFast()]
"""Checked up to the first entry that is wrong: a body may hold millions, and an error of each would fill the memory."""

type FilledListOf[T] = Annotated[list[T], FailFast(), Field(min_length=1)]

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of at most 64 bits",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "none_required": "null",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "union_tag_invalid": "an object whose {discriminator} is one of {expected_tags}",
    "union_tag_not_found": "an object with a {discriminator}",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "string_too_short": "text of {min_length} or more characters",
    "string_too_long": "text of {max_length} or fewer characters",
    "too_short": "a list of {min_length} or more",
    "too_long": "a list of {max_length} or fewer",
}
"""What pydantic calls an error, and what the field has to be instead."""

_MAX_PATH = 200


def field_error(error: ValidationError, value: Mapping[str, Any]) -> InvalidInput:
    """The first thing that is wrong with `value`, which is what was validated.

    A field that may hold several things, such as text or a list, gives an error for each. Of those the one that lies
    deepest is told, since it belongs to what the caller meant; those that lie equally deep are told together.
    """
    errors = error.errors(include_url=False, include_input=False)
    paths = [_Path(details, value) for details in errors]
    same_field = [path for path in paths if path.location[: paths[0].choice] == paths[0].location[: paths[0].choice]]
    deepest = max(same_field, key=lambda path: len(path.steps))
    field = str(deepest)[:_MAX_PATH]
    subject = f"The field `{field}`" if field else "The body"
    if deepest.details["type"] == "missing":
        return InvalidInput(f"{subject} is missing.", field=field)
    expected = [_expected(path.details) for path in same_field if path.steps == deepest.steps]
    if all(expected):
        return InvalidInput(f"{subject} has to be {' or '.join(dict.fromkeys(expected))}.", field=field)
    problem = deepest.details["msg"].removeprefix("Value error, ").rstrip(".")
    return InvalidInput(f"{subject} is wrong: {problem}.", field=field)


def _expected(details: ErrorDetails) -> str:
    return _EXPECTED.get(details["type"], "").format(**details.get("ctx", {}))


class _Path:
    """Where an error lies: `messages[0].content`.

    Among the steps to it pydantic counts names of its own, for the members of a union; these are no fields, and the
    first of them is the place at which there was a choice.
    """

    def __init__(self, details: ErrorDetails, value: Any) -> None:
        self.details = details
        self.location = details["loc"]
        self.steps: list[str | int] = []
        self.choice = len(self.location)
        for position, step in enumerate(self.location):
            missing = details["type"] == "missing" and position == len(self.location) - 1
            if isinstance(value, list) and isinstance(step, int):
                value = value[step]
            elif isinstance(value, dict) and (step in value or missing):
                value = value.get(step)
            else:
                self.choice = min(self.choice, position)
                continue
            self.steps.append(step)

    def __str__(self) -> str:
        names = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.steps)
        return "".join(names).removeprefix(".")
