"""`Models` that answer at once and always the same, and remember what they were asked."""

from collections.abc import Iterator
from typing import Any

from workspace.engines import Embedded, Generated, ModelFailed, TokenCount, ToolCall

EVERYTHING: dict[str, Any] = {
    "author": "ada",
    "name": "engine",
    "resource": {
        "permission": {
            "model": {
                "enabled": True,
                "llm": True,
                "text_embedding": True,
                "rerank": True,
                "tts": True,
                "speech2text": True,
                "moderation": True,
            },
            "tool": {"enabled": True},
            "node": {"enabled": True},
            "app": {"enabled": True},
            "storage": {"enabled": True, "size": 1024},
        }
    },
}
"""A manifest that allows every reverse invocation."""


class FakeModels:
    """Generates `words` one by one, or calls of tools first; `fails` makes every model type raise, after `words`."""

    def __init__(
        self,
        words: tuple[str, ...] = ("Good ", "day."),
        *,
        calls: tuple[ToolCall, ...] = (),
        fails: str | None = None,
        flagged: bool = False,
    ) -> None:
        self.words = words
        self.calls = list(calls)
        self.fails = fails
        self.flagged = flagged
        self.asked: list[dict[str, Any]] = []

    def generate(self, model: str, messages: list[dict[str, Any]], **options: Any) -> Iterator[Generated]:
        self.asked.append({"model": model, "messages": [*messages], **options})
        if self.calls:
            yield Generated(tool_calls=[self.calls.pop(0)])
            yield Generated(finish_reason="tool_calls", tokens=TokenCount(5, 1))
            return
        for word in self.words:
            yield Generated(word)
        self._fail()
        yield Generated(finish_reason="stop", tokens=TokenCount(7, 2))

    def embed(self, model: str, texts: list[str], *, input_type: str) -> Embedded:
        self._fail()
        self.asked.append({"model": model, "texts": texts, "input_type": input_type})
        return Embedded([[1.0, float(len(text))] for text in texts], tokens=len(texts))

    def rerank(self, model: str, query: str, documents: list[str]) -> list[float]:
        """The longer the document the better, up to 1 for ten characters."""
        self._fail()
        return [len(document) / 10 for document in documents]

    def speak(self, model: str, text: str, *, voice: str) -> Iterator[bytes]:
        yield b"ID3"
        self._fail()
        yield f"{voice}:{text}".encode()

    def transcribe(self, model: str, audio: bytes) -> str:
        self._fail()
        return f"{len(audio)} bytes"

    def moderate(self, model: str, text: str) -> bool:
        self._fail()
        return self.flagged

    def _fail(self) -> None:
        if self.fails:
            raise ModelFailed(self.fails)
