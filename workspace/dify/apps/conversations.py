"""The memory of chat apps: what was said in a conversation, by its id.

Kept in files where the workspace has a folder, so that a conversation goes on in the next process, else in memory.
Unlike Dify, all callers share one end user.
"""

import json
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from workspace.dify.refusals import Refused, internal_error, is_uuid


@dataclass
class Conversation:
    """`inputs` are those of the first message: Dify's chatbots and agents keep them and ignore later ones."""

    id: str
    inputs: dict[str, Any]
    turns: list[tuple[str, str]] = field(default_factory=list)
    """Each query with its answer."""
    variables: dict[str, Any] = field(default_factory=dict)
    """What a chatflow has written into the conversation's variables, by name."""

    def messages(self, query: str, *, system: str = "") -> list[dict[str, Any]]:
        """The conversation and the new query, as messages for a model."""
        said: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
        for asked, answered in self.turns:
            said += [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]
        return [*said, {"role": "user", "content": query}]


class Conversations:
    """The conversations of one app."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._open: dict[str, Conversation] = {}

    def start(self, inputs: dict[str, Any]) -> Conversation:
        conversation = Conversation(str(uuid.uuid4()), inputs)
        self.keep(conversation)
        return conversation

    def find(self, conversation_id: str) -> Conversation | None:
        """None where no id is given; raises `Refused`, without a word, if this app has no such conversation."""
        found = self.known(conversation_id)
        if conversation_id and not found:
            raise Refused("")
        return found

    def known(self, conversation_id: str) -> Conversation | None:
        """None where no id is given, and for one that this app does not have; raises `Refused` for what is no id."""
        if not conversation_id:
            return None
        if conversation_id not in self._open and (stored := self._load(conversation_id)):
            self._open[conversation_id] = stored
        return self._open.get(conversation_id)

    def keep(self, conversation: Conversation) -> None:
        self._open[conversation.id] = conversation
        if self._folder:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / f"{conversation.id}.json").write_text(json.dumps(asdict(conversation)), encoding="utf-8")

    def _load(self, conversation_id: str) -> Conversation | None:
        if not is_uuid(conversation_id):
            raise internal_error()
        name = f"{uuid.UUID(conversation_id)}.json"
        try:
            stored = json.loads((self._folder / name).read_text(encoding="utf-8")) if self._folder else None
        except (ValueError, OSError):
            stored = None
        if stored is None:
            return None
        turns = [(asked, answered) for asked, answered in stored["turns"]]
        return Conversation(stored["id"], stored["inputs"], turns, stored.get("variables", {}))
