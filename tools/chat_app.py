"""`session.app.chat`: ask another chatbot, agent or chatflow of the workspace.

To mind: `inputs` may not be `None`, agents only stream, and failures come as events.
"""

import json
from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from switchboard.apps.conversations import check_goes_on, conversation_id
from switchboard.apps.events import AppEvents, AppKind
from switchboard.apps.file_inputs import files_for_app
from switchboard.apps.result_messages import result_messages
from switchboard.errors import NoAnswer
from switchboard.parameters import files, json_object, optional_text, required_text
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import chosen_app
from switchboard.wire_limits import check_request_fits, check_result_size


class ChatAppTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        app = chosen_app(
            tool_parameters.get("app"),
            typed_id=optional_text(tool_parameters, "app_id"),
            typed_inputs=json_object(tool_parameters, "inputs"),
        )
        query = required_text(tool_parameters, "query")
        goes_on = conversation_id(optional_text(tool_parameters, "conversation_id"))
        attached = files(tool_parameters, "files")
        files_input = optional_text(tool_parameters, "files_input").strip()
        check_request_fits("The query with the inputs", query, goes_on, json.dumps(app.inputs, ensure_ascii=False))
        app.inputs.update(files_for_app(self.session, app.app_id, attached, files_input))

        events = AppEvents()
        with reverse_invocation("chat app"):
            for event in self.session.app.chat.invoke(
                app_id=app.app_id,
                query=query,
                inputs=app.inputs,
                response_mode="streaming",  # agents know no other
                conversation_id=goes_on or None,
            ):
                check_goes_on(goes_on, event)
                events.feed(event)
                check_result_size("answer", events.length)
            result = events.result(AppKind.CHAT)
            if result.status == "paused":
                raise NoAnswer(
                    f"The app waits for a person at {', '.join(result.waits_at) or 'one of its nodes'} and answers in "
                    f"Dify once that is done (conversation {result.conversation_id})."
                )

        variables = {
            "answer": result.answer,
            "conversation_id": result.conversation_id,
            "message_id": result.message_id,
            "usage": result.usage,
        }
        yield from result_messages(self, result, text=result.answer, variables=variables)
