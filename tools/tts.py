"""`session.model.tts`: speak a text, as one audio file or a link to it.

To mind: an empty `voice` is refused, and a selector has none until its panel was touched.
"""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from switchboard.errors import NoAnswer
from switchboard.media.audio import join
from switchboard.parameters import choice, optional_text, required_text
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import tts_config
from switchboard.wire_limits import check_file_fits, check_request_fits


class TTSTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        text = required_text(tool_parameters, "text")
        model_config = tts_config(
            tool_parameters.get("model"),
            optional_text(tool_parameters, "model_id"),
            voice=optional_text(tool_parameters, "voice"),
        )
        hand_over = choice(tool_parameters, "hand_over", ("file", "link"))
        check_request_fits("The text", text, model_config.voice)

        pieces: list[bytes] = []
        size = 0
        with reverse_invocation("tts"):
            for piece in self.session.model.tts.invoke(model_config=model_config, content_text=text):
                pieces.append(piece)
                size += len(piece)
                check_file_fits("The speech", size)
            speech = join(pieces)

        filename, mime_type = f"speech.{speech.type.extension}", speech.type.mime_type
        if hand_over == "link":
            with reverse_invocation("file upload"):
                kept = self.session.file.upload(filename=filename, content=speech.content, mimetype=mime_type)
                if not kept.preview_url:
                    raise NoAnswer("Dify has kept the speech but gives no address for it. Hand over the file itself.")
            yield self.create_text_message(f"Spoke {len(text)} characters to {filename}.\n")
            yield self.create_link_message(kept.preview_url)
        else:
            yield self.create_text_message(f"Spoke {len(text)} characters to {filename}.")
            yield self.create_blob_message(speech.content, meta={"mime_type": mime_type, "filename": filename})
        yield self.create_variable_message("mime_type", mime_type)
