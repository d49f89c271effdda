"""`session.model.tts`: speak a text, as one audio file.

To mind: an empty `voice` is refused, and a selector has none until its panel was touched.
"""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from switchboard.media.audio import join
from switchboard.parameters import optional_text, required_text
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import tts_config
from switchboard.wire_limits import check_file_fits, check_request_fits


class TTSTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        text = required_text(tool_parameters, "text")
        model_config = tts_config(tool_parameters.get("model"), voice=optional_text(tool_parameters, "voice"))
        check_request_fits("The text", text, model_config.voice)

        pieces: list[bytes] = []
        size = 0
        with reverse_invocation("tts"):
            for piece in self.session.model.tts.invoke(model_config=model_config, content_text=text):
                pieces.append(piece)
                size += len(piece)
                check_file_fits("The speech", size)
            speech = join(pieces)

        filename = f"speech.{speech.type.extension}"
        yield self.create_text_message(f"Spoke {len(text)} characters to {filename}.")
        yield self.create_blob_message(speech.content, meta={"mime_type": speech.type.mime_type, "filename": filename})
        yield self.create_variable_message("mime_type", speech.type.mime_type)
