"""Answers with the messages that it is told to, so that a node shows what it makes of each kind."""

import base64
import json
from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage


class PutOutTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        for kind, given in json.loads(tool_parameters["messages"]):
            match kind:
                case "text":
                    yield self.create_text_message(given)
                case "json":
                    yield self.create_json_message(given)
                case "link":
                    yield self.create_link_message(given)
                case "image":
                    yield self.create_image_message(given)
                case "variable":
                    yield self.create_variable_message(*given)
                case "streamed variable":
                    yield self.create_stream_variable_message(*given)
                case "blob":
                    content, meta = given
                    yield self.create_blob_message(base64.b64decode(content), meta)
                case "log":
                    yield self.create_log_message(given, {})
                case "failure":
                    raise RuntimeError(given)
                case _:
                    raise ValueError(f"there is no message of kind {kind!r}")
