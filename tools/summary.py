"""`session.model.summary`: have the workspace's default model summarise a long text.

To mind: texts below 1,024 characters come back without having left the plugin.
"""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from switchboard.errors import NoAnswer
from switchboard.parameters import optional_text, required_text
from switchboard.reverse_invocation import reverse_invocation
from switchboard.wire_limits import check_request_fits, check_result_fits

SHORTEST = 1024
"""Texts below this many characters are returned by the SDK as they are, without asking Dify."""


class SummaryTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        text = required_text(tool_parameters, "text")
        instruction = optional_text(tool_parameters, "instruction")
        check_request_fits("The text", text, instruction)

        with reverse_invocation("summary"):
            summary = self.session.model.summary.invoke(
                text=text, instruction=instruction, min_summarize_length=SHORTEST
            )
            if not summary.strip():
                raise NoAnswer("The workspace's default model returned an empty summary.")

        check_result_fits("summary", summary)
        unchanged = summary == text
        if not unchanged:
            yield self.create_text_message(summary)
        elif len(text) < SHORTEST:
            yield self.create_text_message(
                f"The text came back unchanged: it has only {len(text):,} characters, and texts below {SHORTEST:,} are "
                "never sent to the model."
            )
        else:
            yield self.create_text_message(
                "The text came back unchanged: Dify summarizes only what takes more than 60% of the default model's "
                "context. To summarize shorter texts, ask a model with the tool `llm`."
            )
        yield self.create_variable_message("summary", summary)
        yield self.create_variable_message("unchanged", unchanged)
