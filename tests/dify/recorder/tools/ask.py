"""Makes reverse invocations as they are written, below the SDK's classes for them, and tells what came back."""

import json
from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.core.entities.invocation import InvokeType
from dify_plugin.core.runtime import BackwardsInvocation
from dify_plugin.entities.tool import ToolInvokeMessage


class AskTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        """`answers` is the JSON text of a list: for each call `{replies, error}`, the error "" where there was none."""
        answers = [self._answer(call["type"], call["payload"]) for call in json.loads(tool_parameters["calls"])]
        yield self.create_variable_message("answers", json.dumps(answers))

    def _answer(self, invoke_type: str, payload: dict[str, Any]) -> dict[str, Any]:
        replies: list[dict[str, Any]] = []
        invocation = BackwardsInvocation[dict[str, Any]](self.session)
        try:
            replies.extend(invocation._backwards_invoke(InvokeType(invoke_type), dict, payload))
        except Exception as error:  # noqa: BLE001 - it is what is recorded, and the SDK raises no other
            return {"replies": replies, "error": str(error)}
        return {"replies": replies, "error": ""}
