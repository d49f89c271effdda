"""`session.app.fetch_app`: what inputs an app wants, as a JSON Schema.

To mind: the form comes as a list of objects with one key each.
"""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from switchboard.apps.forms import input_list, input_schema
from switchboard.parameters import optional_text
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import app_id
from switchboard.wire_limits import check_results_fit


class AppParametersTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        chosen_id = app_id(tool_parameters.get("app"), optional_text(tool_parameters, "app_id"))

        with reverse_invocation("app parameters"):
            parameters = dict(self.session.app.fetch_app(chosen_id))

        schema = input_schema(parameters.get("user_input_form"))
        text = input_list(schema)
        variables = {"input_schema": schema, "parameters": parameters}
        check_results_fit(**variables, text=text)
        yield self.create_text_message(text)
        for name, value in variables.items():
            yield self.create_variable_message(name, value)
