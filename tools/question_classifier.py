"""`session.workflow_node.question_classifier`: tell to which of several classes a text belongs.

To mind: the same `ModelConfig` as for the extractor, with `name` in place of `model`.
"""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from switchboard.errors import NoAnswer
from switchboard.node_parameters import classes_of
from switchboard.parameters import optional_text, required_text
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import node_model_config
from switchboard.wire_limits import check_request_fits, check_results_fit


class QuestionClassifierTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        model_config = node_model_config(tool_parameters.get("model"), optional_text(tool_parameters, "model_id"))
        query = required_text(tool_parameters, "query")
        classes = classes_of(tool_parameters, "classes")
        instruction = optional_text(tool_parameters, "instruction")
        check_request_fits("The text with the classes", query, instruction, *(each.name for each in classes))

        with reverse_invocation("question classifier"):
            outputs = self.session.workflow_node.question_classifier.invoke(
                classes=classes, model=model_config, query=query, instruction=instruction
            ).outputs
            class_name = outputs.get("class_name")
            if not isinstance(class_name, str) or not class_name:
                raise NoAnswer(f"{model_config.name} put the text into no class.")

        # what Dify returns beside the name differs between its versions
        given_id = outputs.get("class_id")
        class_id = next((each.id for each in classes if each.name == class_name), str(given_id or ""))
        check_results_fit(class_name=class_name)
        yield self.create_text_message(class_name)
        yield self.create_variable_message("class_name", class_name)
        yield self.create_variable_message("class_id", class_id)
