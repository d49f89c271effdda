"""`session.app.workflow`: run another workflow of the workspace.

To mind: a run that failed raises nothing: look at its `status`.
"""

import json
from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from switchboard.apps.events import AppEvents, AppKind
from switchboard.apps.file_inputs import files_for_app
from switchboard.apps.outputs import readable_outputs
from switchboard.apps.result_messages import result_messages
from switchboard.parameters import files, json_object, optional_text
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import chosen_app
from switchboard.wire_limits import check_request_fits


class WorkflowAppTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        app = chosen_app(
            tool_parameters.get("app"),
            typed_id=optional_text(tool_parameters, "app_id"),
            typed_inputs=json_object(tool_parameters, "inputs"),
        )
        attached = files(tool_parameters, "files")
        files_input = optional_text(tool_parameters, "files_input").strip()
        check_request_fits("`inputs`", json.dumps(app.inputs, ensure_ascii=False))
        app.inputs.update(files_for_app(self.session, app.app_id, attached, files_input))

        events = AppEvents()
        with reverse_invocation("workflow app"):
            for event in self.session.app.workflow.invoke(
                app_id=app.app_id,
                inputs=app.inputs,
                response_mode="streaming",  # says which node failed
            ):
                events.feed(event)
            result = events.result(AppKind.WORKFLOW)

        if result.status == "paused":
            text = (
                f"The workflow waits for a person at {', '.join(result.waits_at) or 'one of its nodes'} and goes on in "
                f"Dify once that is done (run {result.workflow_run_id}). Its outputs will not come back here."
            )
        else:
            text = readable_outputs(result.outputs)
        variables = {"outputs": result.outputs, "status": result.status, "workflow_run_id": result.workflow_run_id}
        yield from result_messages(self, result, text=text, variables=variables)
