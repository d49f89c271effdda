"""The outputs of a workflow app as a text."""

import json
from typing import Any

from dify_plugin.file.constants import DIFY_FILE_IDENTITY


def readable_outputs(outputs: dict[str, Any]) -> str:
    """A text that is the only output as it is, else compact JSON; without files, which are handed on by themselves."""
    shown = {name: value for name, value in outputs.items() if not _is_file(value)}
    match list(shown.values()):
        case []:
            return ""
        case [str(only)]:
            return only
        case _:
            return json.dumps(shown, ensure_ascii=False, separators=(",", ":"))


def _is_file(value: Any) -> bool:
    if isinstance(value, list) and value:
        return all(map(_is_file, value))
    return isinstance(value, dict) and value.get("dify_model_identity") == DIFY_FILE_IDENTITY
