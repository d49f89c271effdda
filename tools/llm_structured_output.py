"""`session.model.llm_structured_output`: ask a language model for a JSON object of a given schema.

To mind: an answer that is no JSON raises, with what the model said in the text.
"""

import json
from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.model.llm import LLMUsage
from dify_plugin.entities.model.message import PromptMessage, SystemPromptMessage, UserPromptMessage
from dify_plugin.entities.tool import ToolInvokeMessage

from switchboard.chat.structured_output import restore_booleans
from switchboard.errors import NoAnswer
from switchboard.parameters import json_schema, optional_text, required_text
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import llm_config, take_stop_sequences
from switchboard.wire_limits import check_request_fits, check_results_fit


class LLMStructuredOutputTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        model_config = llm_config(tool_parameters.get("model"), optional_text(tool_parameters, "model_id"))
        prompt = required_text(tool_parameters, "prompt")
        system_prompt = optional_text(tool_parameters, "system_prompt")
        schema = json_schema(tool_parameters, "schema")
        stop = take_stop_sequences(model_config)
        settings = json.dumps([schema, stop, model_config.completion_params])
        check_request_fits("The prompt with the schema", prompt, system_prompt, settings)

        messages: list[PromptMessage] = [UserPromptMessage(content=prompt)]
        if system_prompt.strip():
            messages.insert(0, SystemPromptMessage(content=system_prompt))

        found: dict[str, Any] | None = None
        usage: LLMUsage | None = None
        finish_reason = ""
        with reverse_invocation("llm"):
            for chunk in self.session.model.llm_structured_output.invoke(
                model_config=model_config,
                prompt_messages=messages,
                structured_output_schema=schema,
                stop=stop or None,
                stream=True,
            ):
                # whole in one chunk, and in none where Dify could not read JSON in what the model wrote
                if chunk.structured_output is not None:
                    found = restore_booleans(dict(chunk.structured_output), schema)
                usage = chunk.delta.usage or usage
                finish_reason = chunk.delta.finish_reason or finish_reason
            if found is None:
                raise NoAnswer(
                    f"{model_config.model} gave no JSON object for this schema (finish reason: "
                    f"{finish_reason or 'none given'}). Try another model, a simpler schema, or a higher token limit."
                )

        variables = {"structured_output": found, "usage": usage.model_dump(mode="json") if usage else {}}
        text = json.dumps(found, ensure_ascii=False)
        check_results_fit(**variables, text=text)
        yield self.create_text_message(text)
        for name, value in variables.items():
            yield self.create_variable_message(name, value)
