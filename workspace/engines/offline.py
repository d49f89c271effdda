"""Every model type on this machine, without a network. Nothing is loaded before it is asked."""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workspace.engines import Embedded, Generated
from workspace.plugin.selectors import DEFAULT_MODELS

if TYPE_CHECKING:
    from workspace.engines.generation import Embedder, Extractive


class OfflineModels:
    """`Models` by the engines of this folder; the model's name changes nothing."""

    def describe(self, model_type: str) -> str:
        """Which engine answers for a model type of Dify ("llm", "text-embedding", "tts", ...)."""
        return {
            "llm": "an extractive engine, no language model: it answers with sentences of the conversation",
            "text-embedding": self._embedder.description,
            "rerank": f"cosines of {self._embedder.description}",
            "tts": "espeak-ng, as mp3",
            "speech2text": "pocketsphinx, English",
            "moderation": "better-profanity, a list of English words",
        }[model_type]

    def names(self, model_type: str) -> list[str]:
        return [DEFAULT_MODELS[model_type]]

    def voices(self) -> dict[str, str]:
        from workspace.engines.speech import voices

        return voices()

    def generate(
        self,
        model: str,
        messages: list[dict[str, Any]],
        *,
        tools: list[dict[str, Any]],
        stop: list[str],
        parameters: dict[str, Any],
    ) -> Iterator[Generated]:
        return self._extractive.generate(messages, tools=tools, stop=stop, parameters=parameters)

    def embed(self, model: str, texts: list[str], *, input_type: str) -> Embedded:
        """MiniLM embeds documents and queries alike."""
        return self._embedder.embed(texts)

    def rerank(self, model: str, query: str, documents: list[str]) -> list[float]:
        """The cosine of query and document, moved from -1..1 to 0..1: (1 + cosine) / 2."""
        return [min(1.0, max(0.0, (1 + cosine) / 2)) for cosine in self._extractive.likeness(query, documents)]

    def speak(self, model: str, text: str, *, voice: str) -> Iterator[bytes]:
        """Pieces of one mp3 file."""
        from workspace.engines.speech import speak

        return speak(text, voice=voice)

    def transcribe(self, model: str, audio: bytes) -> str:
        from workspace.engines.recognition import transcribe

        return transcribe(audio)

    def moderate(self, model: str, text: str) -> bool:
        from workspace.engines.moderation import flagged

        return flagged(text)

    @cached_property
    def _embedder(self) -> "Embedder":
        from workspace.engines.lexical import Lexical
        from workspace.engines.minilm import minilm

        return minilm() or Lexical()

    @cached_property
    def _extractive(self) -> "Extractive":
        from workspace.engines.generation import Extractive

        return Extractive(self._embedder)
