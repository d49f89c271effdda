"""The messages of a chat that an app answers, before they are read: what an app is not told may be whatever it is."""

from collections.abc import Mapping
from typing import Any

from endpoints.http.settings import App, GroupSettings
from switchboard.errors import SwitchboardError

_NOTHING = {"role": "assistant", "content": ""}


def without_what_an_app_is_not_told(body: dict[str, Any], settings: GroupSettings, field: str) -> dict[str, Any]:
    """The body of a request. `field` is the one with its messages, each an object with `role` and `content`.

    An app that goes on with a conversation is told the last message of the user alone, so the others become blank. A
    message without content says nothing to an app, as a blank one does.
    """
    messages = body.get(field)
    if not isinstance(messages, list):
        return body
    goes_on = _goes_on(body)
    if not (goes_on or any(map(_is_without_content, messages))) or not _is_for_an_app(body, settings):
        return body
    said = [at for at, message in enumerate(messages) if _is_of_the_user(message)]
    if goes_on and said:
        return {**body, field: [message if at == said[-1] else _NOTHING for at, message in enumerate(messages)]}
    told = [{**message, "content": ""} if _is_without_content(message) else message for message in messages]
    return {**body, field: told}


def _goes_on(body: Mapping[str, Any]) -> bool:
    """Whether a conversation is named, in either way of these APIs."""
    conversation = body.get("conversation")
    named = conversation.get("id") if isinstance(conversation, dict) else conversation
    return any(isinstance(each, str) and each.strip() for each in (named, body.get("conversation_id")))


def _is_for_an_app(body: Mapping[str, Any], settings: GroupSettings) -> bool:
    model = body.get("model")
    try:
        return isinstance(model, str) and isinstance(settings.chat_partner(model), App)
    except SwitchboardError:  # told once the request is read
        return False


def _is_of_the_user(message: Any) -> bool:
    return isinstance(message, dict) and message.get("role") == "user"


def _is_without_content(message: Any) -> bool:
    return isinstance(message, dict) and "role" in message and message.get("content", "") in (None, [])
