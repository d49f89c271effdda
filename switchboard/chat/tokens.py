"""How many tokens a chat takes, estimated: Dify counts none for a plugin before a model has answered."""

from collections.abc import Sequence

from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    PromptMessage,
    PromptMessageTool,
    TextPromptMessageContent,
)

from switchboard.wire_limits import wire_size

BYTES_A_TOKEN = 4
"""Of text in UTF-8: about right for English, and more than enough for Chinese."""

TOKENS_A_FILE = 1_600
"""A picture or another file, which is about what the largest picture takes; nobody looks into it here."""


def tokens_of_bytes(size: int) -> int:
    """Of so many bytes of text."""
    return -(-size // BYTES_A_TOKEN)


def estimated_tokens_of_text(text: str) -> int:
    """Of a text."""
    return tokens_of_bytes(len(text.encode(errors="replace")))


def estimated_tokens(messages: Sequence[PromptMessage], tools: Sequence[PromptMessageTool]) -> int:
    """Of what a model is sent."""
    size = files = 0
    for message in messages:
        if isinstance(message.content, list):
            texts = [part.data for part in message.content if isinstance(part, TextPromptMessageContent)]
            files += len(message.content) - len(texts)
        else:
            texts = [message.content or ""]
        if isinstance(message, AssistantPromptMessage):
            for call in message.tool_calls:
                texts += [call.function.name, call.function.arguments]
        size += sum(len(text.encode()) for text in texts)
    for tool in tools:
        size += len(tool.name.encode()) + len(tool.description.encode()) + wire_size(tool.parameters)
    return tokens_of_bytes(size) + TOKENS_A_FILE * files
