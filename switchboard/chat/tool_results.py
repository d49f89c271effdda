"""What tools returned, as messages for a model."""

from collections.abc import Iterable
from typing import NamedTuple

from dify_plugin.entities.model.message import (
    PromptMessage,
    PromptMessageContentUnionTypes,
    TextPromptMessageContent,
    ToolPromptMessage,
    UserPromptMessage,
)


class ToolResult(NamedTuple):
    call_id: str
    name: str
    """Of the function that was called."""
    content: list[PromptMessageContentUnionTypes]


def tool_messages(results: Iterable[ToolResult]) -> list[PromptMessage]:
    """The results that follow each other, each as the message of its tool.

    Dify's providers read such a message as one text. What else a result holds, pictures first of all, comes after them
    in a message of the user, where providers look for it.
    """
    told: list[PromptMessage] = []
    shown: list[PromptMessageContentUnionTypes] = []
    for result in results:
        texts = [part.data for part in result.content if isinstance(part, TextPromptMessageContent)]
        others = [part for part in result.content if not isinstance(part, TextPromptMessageContent)]
        if others:
            texts.append("What this returned is in the next message of the user.")
            shown += [TextPromptMessageContent(data=f"What {result.name} ({result.call_id}) returned:"), *others]
        told.append(ToolPromptMessage(content="\n".join(texts), name=result.name, tool_call_id=result.call_id))
    return [*told, UserPromptMessage(content=shown)] if shown else told
