"""The parts of a model's answer that are not text: pictures, and what else a model may make."""

import base64

from dify_plugin import Tool
from dify_plugin.entities.model.message import MultiModalPromptMessageContent, PromptMessageContentType
from dify_plugin.entities.tool import ToolInvokeMessage

from switchboard.errors import NoAnswer
from switchboard.wire_limits import check_file_fits, check_result_fits

MAX_FILENAME = 255


def part_message(tool: Tool, part: MultiModalPromptMessageContent, *, number: int) -> ToolInvokeMessage:
    """The message that hands on part `number` of an answer: the file itself, or the address that the model gave.

    Raises NoAnswer for a part that is empty, is not what it says, or is larger than Dify takes from a tool.
    """
    kind: str = part.type.value  # type: ignore[attr-defined] # every kind of part has one, but not their base class
    encoded = part.base64_data
    if not encoded and part.url.startswith("data:"):
        encoded = part.url.partition(",")[2]
    if not encoded:
        if not part.url:
            raise NoAnswer(f"The model returned {kind} number {number} with nothing in it.")
        check_result_fits("files", part.url)
        if kind == PromptMessageContentType.IMAGE.value:
            return tool.create_image_message(part.url)
        return tool.create_link_message(part.url)
    try:
        content = base64.b64decode(encoded)
    except ValueError:  # binascii.Error, or plain where it is not even ASCII
        raise NoAnswer(f"The model returned {kind} number {number} as something that is not base64.") from None
    check_file_fits(f"The {kind}", len(content))
    filename = part.filename[:MAX_FILENAME] or f"{kind}-{number}.{part.format}"[:MAX_FILENAME]
    return tool.create_blob_message(content, meta={"mime_type": part.mime_type[:MAX_FILENAME], "filename": filename})
