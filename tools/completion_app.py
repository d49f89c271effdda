"""`session.app.completion`: run a text generator of the workspace.

Dify's own API cannot do it today: it starts the app without the `query` that it then requires. The call here is right
all the same, and works where that is mended.

To mind: the query goes in as `inputs["query"]`.
"""

import json
from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from switchboard.apps.events import AppEvents, AppKind
from switchboard.apps.file_inputs import files_for_app
from switchboard.apps.result_messages import result_messages
from switchboard.parameters import files, json_object, optional_text, required_text
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import chosen_app
from switchboard.wire_limits import check_request_fits, check_result_size


class CompletionAppTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        app = chosen_app(
            tool_parameters.get("app"),
            typed_id=optional_text(tool_parameters, "app_id"),
            typed_inputs=json_object(tool_parameters, "inputs"),
        )
        inputs = {**app.inputs, "query": required_text(tool_parameters, "query")}
        attached = files(tool_parameters, "files")
        files_input = optional_text(tool_parameters, "files_input").strip()
        check_request_fits("The query with the inputs", json.dumps(inputs, ensure_ascii=False))
        inputs |= files_for_app(self.session, app.app_id, attached, files_input)

        events = AppEvents()
        with reverse_invocation("completion app"):
            for event in self.session.app.completion.invoke(
                app_id=app.app_id, inputs=inputs, response_mode="streaming"
            ):
                events.feed(event)
                check_result_size("answer", events.length)
            result = events.result(AppKind.COMPLETION)

        variables = {"answer": result.answer, "message_id": result.message_id, "usage": result.usage}
        yield from result_messages(self, result, text=result.answer, variables=variables)
