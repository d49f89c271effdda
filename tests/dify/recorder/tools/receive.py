"""Tells what reached it: a value and its type for each parameter that did."""

import json
from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage
from dify_plugin.file.file import File


class ReceiveTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        """`received` is the JSON text of an object: `{parameter: [type, value]}`, files without their addresses."""
        received = {name: [type(value).__name__, _shown(value)] for name, value in tool_parameters.items()}
        yield self.create_variable_message("received", json.dumps(received, ensure_ascii=False))


def _shown(value: Any) -> Any:
    if isinstance(value, File):
        return {**value.model_dump(mode="json", exclude={"url"}), "content": value.blob.decode(errors="replace")}
    return [_shown(each) for each in value] if isinstance(value, list) else value
