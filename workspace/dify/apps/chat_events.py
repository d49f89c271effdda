"""The events of chat and completion apps, as Dify's Service API streams them.

Source: Dify Service API, `/chat-messages` and `/completion-messages`. Dify's `ping` never reaches a plugin.
"""

import time
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from workspace.dify.apps.app import Event
from workspace.dify.usage import llm_usage
from workspace.engines import Generated, TokenCount


class Answer:
    """One message of an app on its way: its ids, and the events that carry it. `conversation_id` None: completion."""

    def __init__(self, conversation_id: str | None) -> None:
        self.task_id = str(uuid.uuid4())
        self.message_id = str(uuid.uuid4())
        self.text = ""
        self.tokens = TokenCount(0, 0)
        self._conversation = {} if conversation_id is None else {"conversation_id": conversation_id}
        self.created_at = int(time.time())
        self._started = time.perf_counter()
        self._first_said: float | None = None

    def message(self, text: str, *, selector: list[str] | None = None) -> Event:
        """A piece of the answer, which may be empty; chatflows say which variable it comes from."""
        self._say(text)
        return self._event("message", id=self.message_id, answer=text, from_variable_selector=selector or [])

    def messages(self, pieces: Iterable[Generated]) -> Iterator[Event]:
        """What a model generates, piece by piece."""
        for piece in pieces:
            self.count(piece.tokens)
            yield self.message(piece.text)

    def agent_message(self, text: str) -> Event:
        self._say(text)
        return self._event("agent_message", id=self.message_id, answer=text)

    def agent_thought(
        self,
        thought_id: str,
        position: int,
        *,
        thought: str = "",
        tool: str = "",
        tool_input: str = "",
        observation: str = "",
    ) -> Event:
        """A step of an agent, sent again as it fills: `tool_input` and `observation` are JSON objects by tool name."""
        return self._event(
            "agent_thought",
            id=thought_id,
            position=position,
            thought=thought,
            observation=observation,
            tool=tool,
            tool_labels={name: {"en_US": name, "zh_Hans": name} for name in tool.split(";") if name},
            tool_input=tool_input,
            message_files=[],
        )

    def message_replace(self, text: str) -> Event:
        """The whole answer is to be replaced by this text."""
        self.text = text
        return self._event("message_replace", answer=text, reason="")

    def message_end(self) -> Event:
        metadata: dict[str, Any] = {"reasoning": {}, "retriever_resources": [], "usage": self._usage()}
        return self._event("message_end", id=self.message_id, metadata=metadata, files=[])

    def chatflow_end(self, files: list[dict[str, Any]]) -> Event:
        """`message_end` of a chatflow, which says how long the answer took to begin and to be whole."""
        begun = (self._first_said or time.perf_counter()) - self._started
        usage = self._usage()
        usage |= {"time_to_first_token": begun, "time_to_generate": usage["latency"] - begun}
        metadata: dict[str, Any] = {
            "annotation_reply": None,
            "reasoning": {},
            "retriever_resources": [],
            "usage": usage,
        }
        return self._event("message_end", id=self.message_id, metadata=metadata, files=files)

    def error(self, message: str) -> Event:
        """The run failed; of all events this one alone has no task id. Of a model Dify leaves out who says it."""
        said = message.removeprefix("PluginInvokeError: ")
        event = self._event("error", status=400, code="invalid_param", message=said)
        del event["task_id"]
        return event

    def _say(self, text: str) -> None:
        self._first_said = self._first_said or time.perf_counter()
        self.text += text

    def _usage(self) -> dict[str, Any]:
        return llm_usage(self.tokens, latency=time.perf_counter() - self._started)

    def count(self, tokens: TokenCount | None) -> None:
        if tokens:
            self.tokens = TokenCount(self.tokens.prompt + tokens.prompt, self.tokens.completion + tokens.completion)

    def _event(self, event: str, **fields: Any) -> Event:
        head = {"event": event, **self._conversation, "message_id": self.message_id, "created_at": self.created_at}
        return {**head, "task_id": self.task_id, **fields}
