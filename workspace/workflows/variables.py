"""The variables that a workflow's file declares, as the engine wants them: typed as the file says."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphon.variables.factory import TypeMismatchError, build_segment, build_segment_with_type, segment_to_variable
from graphon.variables.types import SegmentType
from graphon.variables.variables import SecretVariable, Variable

from workspace.workflows.dsl import DslError, Workflow


def environment(workflow: Workflow) -> Iterator[Variable]:
    """Raises DslError."""
    for declared in workflow.environment_variables:
        yield _variable("env", declared, declared.get("value"))


def conversation(workflow: Workflow, kept: Mapping[str, Any]) -> Iterator[Variable]:
    """With the values that a conversation has `kept`, else those of the file. Raises DslError."""
    for declared in workflow.conversation_variables:
        yield _variable("conversation", declared, kept.get(str(declared.get("name")), declared.get("value")))


def _variable(namespace: str, declared: Mapping[str, Any], value: Any) -> Variable:
    name, kind = str(declared.get("name")), str(declared.get("value_type") or "")
    selector = [namespace, name]
    if kind == "secret":
        return SecretVariable(name=name, value=str(value or ""), selector=selector)
    try:
        wanted = SegmentType(kind)
    except ValueError:
        return segment_to_variable(segment=build_segment(value), selector=selector)
    if value is None:
        value = SegmentType.get_zero_value(wanted).to_object()
    if wanted is SegmentType.NUMBER and isinstance(value, str):
        value = _number(value)
    try:
        segment = build_segment_with_type(wanted, value)
    except TypeMismatchError:
        where = "environment" if namespace == "env" else namespace
        raise DslError(f"The {where} variable {name} is to be of the type {kind}, and its value is not.") from None
    return segment_to_variable(segment=segment, selector=selector)


def _number(text: str) -> Any:
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text
