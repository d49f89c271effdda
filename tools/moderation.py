"""`session.model.moderation`: tell whether a text breaks a moderation model's rules.

To mind: an empty text is refused.
"""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from switchboard.parameters import optional_text, required_text
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import moderation_config
from switchboard.wire_limits import check_request_fits


class ModerationTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        model_config = moderation_config(tool_parameters.get("model"), optional_text(tool_parameters, "model_id"))
        text = required_text(tool_parameters, "text")
        check_request_fits("The text", text)

        with reverse_invocation("moderation"):
            flagged = self.session.model.moderation.invoke(model_config=model_config, text=text)

        verdict = "Flagged" if flagged else "Not flagged"
        yield self.create_text_message(f"{verdict} by {model_config.model}.")
        yield self.create_variable_message("flagged", flagged)
