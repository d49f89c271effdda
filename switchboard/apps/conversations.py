"""The conversation of an app that a call is to go on with.

Of one that they do not know, or know of somebody else, Dify's chatbots and agents say so. Its chatflows begin a new one
without a word: only the id in their events tells.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from switchboard.errors import InvalidInput, UnknownConversation


def conversation_id(text: str) -> str:
    """The id as Dify writes it, "" for none. Raises InvalidInput for what cannot be one."""
    if not text.strip():
        return ""
    try:
        return str(uuid.UUID(text.strip()))
    except ValueError:
        raise InvalidInput(
            "`conversation_id` is no id of a conversation. Give the one that the app's first answer came with, or "
            "leave it out to begin a new one.",
            field="conversation_id",
        ) from None


def check_goes_on(asked_id: str, event: Mapping[str, Any]) -> None:
    """Raises UnknownConversation for an event of another conversation than the one asked for, if one was."""
    found = event.get("conversation_id")
    if asked_id and isinstance(found, str) and found and found.lower() != asked_id:
        raise UnknownConversation
