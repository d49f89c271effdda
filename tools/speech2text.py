"""`session.model.speech2text`: write down what is said in a recording.

Dify's own API fails at this for every plugin: it decodes the recording twice. The call here is the right one, and
`switchboard.errors` turns that failure into a sentence that says where the fault is.

To mind: the recording travels in hexadecimal, so 2.58 MB is the most.
"""

import io
from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from switchboard.errors import NoAnswer
from switchboard.media.files import download_audio
from switchboard.parameters import optional_text, required_file
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import speech2text_config
from switchboard.wire_limits import check_result_fits


class Speech2TextTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        model_config = speech2text_config(tool_parameters.get("model"), optional_text(tool_parameters, "model_id"))
        recording = download_audio(required_file(tool_parameters, "audio"), "audio")

        with reverse_invocation("speech2text"):
            transcript = self.session.model.speech2text.invoke(model_config=model_config, file=io.BytesIO(recording))
            if not transcript.strip():
                raise NoAnswer(
                    f"{model_config.model} understood nothing in the recording. Check that somebody speaks in it, in a "
                    "language that the model knows."
                )

        check_result_fits("transcript", transcript)
        yield self.create_text_message(transcript)
        yield self.create_variable_message("transcript", transcript)
