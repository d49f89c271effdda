"""`session.workflow_node.parameter_extractor`: take named values out of a text.

To mind: its `ModelConfig` has `name` in place of `model`; `completion_params` may not be `None`; a boolean is `bool`.
"""

import json
from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from switchboard.node_parameters import extracted_parameters
from switchboard.parameters import optional_text, required_text
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import node_model_config
from switchboard.wire_limits import check_request_fits, check_results_fit


class ParameterExtractorTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        model_config = node_model_config(tool_parameters.get("model"), optional_text(tool_parameters, "model_id"))
        query = required_text(tool_parameters, "query")
        wanted = extracted_parameters(tool_parameters, "parameters")
        instruction = optional_text(tool_parameters, "instruction")
        check_request_fits(
            "The text with the parameters",
            query,
            instruction,
            json.dumps([model_config.completion_params, *(each.model_dump() for each in wanted)]),
        )

        with reverse_invocation("parameter extractor"):
            outputs = self.session.workflow_node.parameter_extractor.invoke(
                parameters=wanted, model=model_config, query=query, instruction=instruction
            ).outputs

        found = {each.name: _plain(outputs.get(each.name)) for each in wanted}
        variables = {
            "parameters": found,
            "success": bool(outputs.get("__is_success")),
            "reason": str(outputs.get("__reason") or ""),
        }
        text = json.dumps(found, ensure_ascii=False)
        check_results_fit(**variables, text=text)
        yield self.create_text_message(text)
        if not variables[
            "success"
        ]:  # an agent's model sees no variables, and would take an empty value for a found one
            yield self.create_json_message({"success": False, "reason": variables["reason"]})
        for name, value in variables.items():
            yield self.create_variable_message(name, value)


def _plain(value: Any) -> Any:
    """Dify gives a list together with its type, as an object; nothing that can be asked for is an object itself."""
    return value.get("value") if isinstance(value, dict) else value
