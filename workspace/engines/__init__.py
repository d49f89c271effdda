"""The models of the local workspace: what answers when a plugin invokes a model.

`Models` is the one interface; `offline.OfflineModels` answers on this machine, `openai_server.OpenAIModels` asks an
OpenAI-compatible server.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from workspace.plugin.errors import PluginCallError, invoke_error
from workspace.wire import DifyError


class ModelFailed(DifyError):
    """A model failed, or does not take what it was given: `said`. As a text it is what Dify makes of a provider plugin
    that raised so."""

    def __init__(self, said: str) -> None:
        self.said = said
        described = f"[models] Error: {said}"  # as the SDK writes what a provider plugin raises
        super().__init__(invoke_error(PluginCallError("InvokeError", described, {"description": described})))


class ToolCall(NamedTuple):
    """A call of a tool that the model wants: `arguments` is a JSON object as text, as models write it."""

    id: str
    name: str
    arguments: str


class TokenCount(NamedTuple):
    prompt: int
    completion: int


@dataclass(frozen=True)
class Generated:
    """One piece of a generated answer; the last piece has a finish reason and the token count."""

    text: str = ""
    tool_calls: list[ToolCall] = field(default_factory=list)
    finish_reason: str | None = None
    tokens: TokenCount | None = None


class Embedded(NamedTuple):
    vectors: list[list[float]]
    tokens: int


class Models(Protocol):
    """Every model type of Dify. `model` is the name the caller chose.

    Errors are `ModelFailed`, or another `DifyError` where the workspace itself is not set up for it.
    """

    def describe(self, model_type: str) -> str:
        """Which engine answers for a model type of Dify ("llm", "text-embedding", "tts", ...), in a phrase."""
        ...

    def names(self, model_type: str) -> list[str]:
        """The models to choose from, as `provider/model`; others may be there too."""
        ...

    def voices(self) -> dict[str, str]:
        """What `speak` takes as a voice, with the voice's own name; empty where that is not known."""
        ...

    def generate(
        self,
        model: str,
        messages: list[dict[str, Any]],
        *,
        tools: list[dict[str, Any]],
        stop: list[str],
        parameters: dict[str, Any],
    ) -> Iterator[Generated]:
        """Answer a conversation; messages and tools are in Dify's wire form (role, content as text or parts)."""
        ...

    def embed(self, model: str, texts: list[str], *, input_type: str) -> Embedded:
        """One unit-length vector a text; `input_type` is "document" or "query"."""
        ...

    def rerank(self, model: str, query: str, documents: list[str]) -> list[float]:
        """A score for each document, in the order given; higher is closer to the query."""
        ...

    def speak(self, model: str, text: str, *, voice: str) -> Iterator[bytes]:
        """The text as audio, in pieces that together are one file."""
        ...

    def transcribe(self, model: str, audio: bytes) -> str:
        """The words spoken in an audio file."""
        ...

    def moderate(self, model: str, text: str) -> bool:
        """Whether the text should be flagged."""
        ...
