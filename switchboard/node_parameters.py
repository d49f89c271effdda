"""What the nodes that plugins can run take, from what a person or an agent writes.

parameters    [{"name": "city", "type": "string", "description": "Where to", "required": true}]
classes       one per line, or a JSON array of texts or of {"id", "name"}
"""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from dify_plugin.entities.workflow_node import ClassConfig, ParameterConfig

from switchboard.errors import InvalidInput
from switchboard.parameters import json_value, lines_or_items, text_list

_TYPES = ("string", "number", "bool", "select", "array[string]", "array[number]", "array[object]")
_OTHER_NAMES = {"boolean": "bool", "integer": "number", "float": "number", "text": "string"}
_RESERVED = ("__reason", "__is_success", "__usage")


def extracted_parameters(parameters: Mapping[str, Any], name: str) -> list[ParameterConfig]:
    """The values that the parameter extractor is to find, at least one."""
    value = json_value(parameters, name)
    match value:
        case {"parameters": list(listed)} if "name" not in value:  # as models like to wrap it
            value = listed
        case dict():
            value = [value]
    if not isinstance(value, list) or not value:
        raise InvalidInput(
            f'`{name}` has to be a JSON array such as [{{"name": "city", "type": "string", "description": "..."}}].'
        )
    found = [_parameter(name, position, item) for position, item in enumerate(value, start=1)]
    names = [each.name for each in found]
    for each in names:
        if names.count(each) > 1:
            raise InvalidInput(f"`{name}` asks for `{each}` more than once.")
    return found


def _parameter(name: str, position: int, item: Any) -> ParameterConfig:
    where = f"`{name}`, item {position}"
    if not isinstance(item, dict):
        raise InvalidInput(f"{where} has to be an object with name, type and description.")
    wanted = item.get("name")
    if not isinstance(wanted, str) or not wanted.strip() or wanted in _RESERVED:
        raise InvalidInput(f"{where} needs a `name`, other than {', '.join(_RESERVED)}.")
    kind = item.get("type", "string")
    kind = _OTHER_NAMES.get(kind, kind) if isinstance(kind, str) else kind
    options = item.get("options") or []
    if kind not in _TYPES:
        raise InvalidInput(f"{where}: `type` has to be one of {', '.join(_TYPES)}.")
    if not isinstance(options, list) or not all(isinstance(option, str) for option in options):
        raise InvalidInput(f"{where}: `options` has to be an array of strings.")
    if kind == "select" and not options:
        raise InvalidInput(f"{where} is a select and needs `options`.")
    if not isinstance(item.get("required"), bool | None):
        raise InvalidInput(f"{where}: `required` has to be true or false.")
    return ParameterConfig(
        name=wanted.strip(),
        type=kind,
        options=options,
        description=str(item.get("description") or wanted),
        required=item.get("required") is True,
    )


def classes_of(parameters: Mapping[str, Any], name: str) -> list[ClassConfig]:
    """The classes of the question classifier, at least two; those that have no id are numbered from 1."""
    items = lines_or_items(parameters, name)
    if any(isinstance(item, dict) for item in items):
        classes = [_class(name, position, item) for position, item in enumerate(items, start=1)]
    else:
        classes = [(str(number), text) for number, text in enumerate(text_list({name: items}, name), start=1)]
    _check_distinct(name, classes)
    return [ClassConfig(id=each, name=label) for each, label in classes]


def _class(name: str, position: int, item: Any) -> tuple[str, str]:
    """Its id and its name."""
    label = item.get("name") if isinstance(item, dict) else item
    if not isinstance(label, str) or not label.strip():
        raise InvalidInput(f"`{name}`, item {position} has to be a text or an object with a `name`.")
    given_id = item.get("id") if isinstance(item, dict) else None
    return json.dumps(given_id) if isinstance(given_id, int) else str(given_id or position), label


def _check_distinct(name: str, classes: list[tuple[str, str]]) -> None:
    if len(classes) < 2:
        raise InvalidInput(f"`{name}` needs at least two classes, one per line.")
    ids, labels = zip(*classes, strict=True)
    for values in (labels, ids):
        times = Counter(values)
        for value in values:
            if times[value] > 1:
                raise InvalidInput(f"`{name}` holds `{value}` more than once.")
