"""Jinja templates of a workflow, rendered as Dify renders them: an unknown variable is empty.

Dify does it in its sandbox. Here Jinja's own sandbox keeps a template from reaching Python, and its size is limited.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from graphon.file.models import File
from graphon.template_rendering import Jinja2TemplateRenderer, TemplateRenderError
from graphon.variables.utils import dumps_with_segments
from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment

from workspace.workflows.stop import Stop

LONGEST = 400_000
"""Characters; Dify allows a template node as many."""
MOST_ROUNDS = 1_000_000
"""Of all `range` loops of one template together."""


class Templates(Jinja2TemplateRenderer):
    def __init__(self, stop: Stop) -> None:
        self._stop = stop

    def render_template(self, template: str, variables: Mapping[str, Any]) -> str:
        """Raises TemplateRenderError. The sandbox of Dify gets the variables as JSON, which files cannot be."""
        if files := [name for name, value in variables.items() if _holds_file(value)]:
            names = ", ".join(files)
            raise TemplateRenderError(
                f"Dify gives a template no files: {names}. Choose a field of the file, such as its url or name."
            )
        try:
            return "".join(self._pieces(template, json.loads(dumps_with_segments(dict(variables)))))
        except TemplateRenderError:
            raise
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
            raise TemplateRenderError(f"{type(error).__name__}: {error}") from error

    def _pieces(self, template: str, variables: Mapping[str, Any]) -> Iterator[str]:
        length = 0
        for piece in _Environment().from_string(template).generate(**variables):
            length += len(piece)
            if self._stop.requested:
                raise TemplateRenderError(self._stop.reason)
            if length > LONGEST:
                raise TemplateRenderError(f"Output length exceeds {LONGEST} characters")
            yield piece


class _Environment(SandboxedEnvironment):
    """For one rendering: it counts."""

    intercepted_binops = frozenset({"*", "**"})

    def __init__(self) -> None:
        super().__init__()
        self._rounds = 0
        self.globals["range"] = self._range

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" and isinstance(right, int | float) and abs(right) > 1000:
            raise OverflowError("the power is too large")
        if operator == "*" and not (_is_number(left) and _is_number(right)):
            size = len(left) * right if isinstance(right, int) else left * len(right)
            if size > LONGEST:
                raise OverflowError("the product is too long")
        return super().call_binop(context, operator, left, right)

    def _range(self, *bounds: int) -> range:
        numbers = range(*bounds)
        self._rounds += len(numbers)
        if self._rounds > MOST_ROUNDS:
            raise OverflowError(f"more than {MOST_ROUNDS} rounds of range loops")
        return numbers


def _holds_file(value: object) -> bool:
    return isinstance(value, File) or (isinstance(value, list) and any(map(_holds_file, value)))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)
