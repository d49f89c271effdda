"""Every model type by an OpenAI-compatible server: Ollama, vLLM, LM Studio, OpenAI.

models = OpenAIModels("http://127.0.0.1:11434/v1", api_key="no-key")
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from workspace.engines import Embedded, Generated, ModelFailed, TokenCount, ToolCall
from workspace.engines.openai_messages import message, parameters, tool
from workspace.engines.speech import OPENAI_VOICES
from workspace.wire import DifyError

if TYPE_CHECKING:
    from openai import OpenAI
    from openai.types.chat import ChatCompletionChunk

PATIENCE = 240.0
"""Seconds; the SDK gives up on Dify after 250."""
LISTING = 5.0
"""Seconds for a list of models."""
AUDIO_PIECE = 16 * 1024

_SIGNATURES = (
    (0, b"RIFF", "wav"),
    (0, b"fLaC", "flac"),
    (0, b"OggS", "ogg"),
    (4, b"ftyp", "m4a"),
    (0, b"\x1aE\xdf\xa3", "webm"),
)


class OpenAIModels:
    """`Models` by a server; the model's name is passed on as it is. Requests are not repeated when they fail."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self._base_url = base_url
        self._api_key = api_key

    @cached_property
    def client(self) -> "OpenAI":
        from openai import OpenAI

        if problem := _settings_problem(self._base_url, self._api_key):
            raise DifyError(problem)
        return OpenAI(base_url=self._base_url, api_key=self._api_key, max_retries=0, timeout=PATIENCE)

    @property
    def server(self) -> str:
        """The server's address as it may be shown: without a user's name and password."""
        parts = urlsplit(self._base_url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()

    def describe(self, model_type: str) -> str:
        """Which engine answers for a model type of Dify."""
        return f"{model_type} models of {self.server}"

    def names(self, model_type: str) -> list[str]:
        """All models of the server, whose API does not tell their types; none where it does not list them."""
        try:
            with self._server_errors():
                reply = self.client.with_options(timeout=LISTING).get("/models", cast_to=object)
        except (DifyError, ValueError):  # the latter for what says that it is JSON and is not
            return []
        listed = reply.get("data") if isinstance(reply, dict) else None
        models = listed if isinstance(listed, list) else []
        return [f"openai/{model['id']}" for model in models if isinstance(model, dict) and model.get("id")]

    def voices(self) -> dict[str, str]:
        """No server lists its voices; those of OpenAI are known."""
        return {voice: voice for voice in OPENAI_VOICES}

    def generate(
        self,
        model: str,
        messages: list[dict[str, Any]],
        *,
        tools: list[dict[str, Any]],
        stop: list[str],
        parameters: dict[str, Any],
    ) -> Iterator[Generated]:
        """The answer as the server streams it; reasoning comes first, between `<think>` tags, as Dify writes it."""
        if not model:
            raise DifyError("no default model is set: name one with --default-model PROVIDER/NAME")
        request = _completion_request(model, messages, tools, stop, parameters)
        with self._server_errors(), self.client.chat.completions.create(**request) as chunks:
            yield from _pieces(chunks)

    def embed(self, model: str, texts: list[str], *, input_type: str) -> Embedded:
        """The server's vectors, scaled to length 1. OpenAI's API does not tell documents from queries."""
        if not texts:
            return Embedded([], 0)
        with self._server_errors():
            reply = self.client.embeddings.create(model=model, input=texts, encoding_format="float")
            self._check_reply(reply)
        if len(reply.data) != len(texts):
            raise ModelFailed(f"{self.server} returned {len(reply.data)} vectors for {len(texts)} texts")
        vectors = [_unit(item.embedding) for item in sorted(reply.data, key=lambda item: item.index)]
        return Embedded(vectors, reply.usage.prompt_tokens if reply.usage else 0)

    def rerank(self, model: str, query: str, documents: list[str]) -> list[float]:
        """The scores of `POST /rerank` (Jina, Cohere) where the server has it.

        Where it has not (404), the cosines of its embeddings by the same model, moved to 0..1: (1 + cosine) / 2.
        """
        from openai import NotFoundError

        body = {"model": model, "query": query, "documents": documents, "top_n": len(documents)}
        with self._server_errors():
            try:
                reply = self.client.post("/rerank", body=body, cast_to=object)
            except NotFoundError:
                return self._cosines(model, query, documents)
        if not isinstance(reply, dict) or not isinstance(reply.get("results"), list):
            raise ModelFailed(f"{self.server} did not answer /rerank as Jina and Cohere do")
        scores = {result["index"]: float(result["relevance_score"]) for result in reply["results"]}
        return [scores.get(index, 0.0) for index in range(len(documents))]

    def speak(self, model: str, text: str, *, voice: str) -> Iterator[bytes]:
        """Pieces of one mp3 file, as the server sends them."""
        speech = self.client.audio.speech.with_streaming_response
        with (
            self._server_errors(),
            speech.create(model=model, input=text, voice=voice, response_format="mp3") as reply,
        ):
            yield from reply.iter_bytes(AUDIO_PIECE)

    def transcribe(self, model: str, audio: bytes) -> str:
        with self._server_errors():
            reply = self.client.audio.transcriptions.create(model=model, file=(_file_name(audio), audio))
            self._check_reply(reply)
        return reply.text

    def moderate(self, model: str, text: str) -> bool:
        with self._server_errors():
            reply = self.client.moderations.create(model=model, input=text)
            self._check_reply(reply)
        return any(result.flagged for result in reply.results)

    def close(self) -> None:
        """Closes the connections to the server."""
        self.client.close()

    def _cosines(self, model: str, query: str, documents: list[str]) -> list[float]:
        wanted, *others = self.embed(model, [query, *documents], input_type="document").vectors
        return [(1 + sum(a * b for a, b in zip(wanted, other, strict=True))) / 2 for other in others]

    def _check_reply(self, reply: object) -> None:
        """The client hands over as text what is not JSON."""
        if isinstance(reply, str):
            raise ModelFailed(
                f"{self.server} did not answer with JSON: is it the base URL of an OpenAI-compatible API?"
            )

    @contextmanager
    def _server_errors(self) -> Iterator[None]:
        """Failures of the server as `ModelFailed`, without the key."""
        import httpx2
        from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

        try:
            yield
        except APITimeoutError as error:
            raise ModelFailed(f"{self.server} did not answer within {PATIENCE:.0f} seconds") from error
        except APIConnectionError as error:
            raise ModelFailed(f"no connection to {self.server}: check OPENAI_BASE_URL and the server") from error
        except httpx2.RequestError as error:  # openai lets it through in the middle of audio
            raise ModelFailed(f"the connection to {self.server} broke off") from error
        except APIStatusError as error:
            said = f"API request failed with status code {error.status_code}: {error.response.text}"
            raise ModelFailed(self._without_key(said)) from error
        except APIError as error:
            raise ModelFailed(f"{self.server} failed: {self._without_key(error.message)}") from error

    def _without_key(self, text: str) -> str:
        return text.replace(self._api_key, "***") if self._api_key else text


def _settings_problem(base_url: str, api_key: str) -> str | None:
    """What is wrong with the two, without a word of them: both may hold a secret."""
    if "://" not in base_url:
        return "OPENAI_BASE_URL lacks its http:// or https://: it is written like http://127.0.0.1:11434/v1"
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and base_url.isprintable()
    except ValueError:
        usable = False
    if not usable or " " in base_url:
        return "OPENAI_BASE_URL is no HTTP address: it is written like http://127.0.0.1:11434/v1"
    if not api_key.isascii() or not api_key.isprintable():
        return "OPENAI_API_KEY has characters that no key has: only printable ASCII can be sent"
    return None


def _completion_request(
    model: str,
    messages: list[dict[str, Any]],
    tools: list[dict[str, Any]],
    stop: list[str],
    completion_params: dict[str, Any],
) -> dict[str, Any]:
    request: dict[str, Any] = {
        "model": model,
        "messages": [message(given) for given in messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        **parameters(completion_params),
    }
    if tools:
        request["tools"] = [tool(given) for given in tools]
    if stop:
        request["stop"] = stop
    return request


def _pieces(chunks: "Iterator[ChatCompletionChunk]") -> Iterator[Generated]:
    """Pieces of the answer; usage comes in a chunk of its own after the finish reason, so both go out at the end."""
    thinking = False
    finish_reason: str | None = None
    tokens: TokenCount | None = None
    ids: dict[int, str] = {}
    chunk = None
    for chunk in chunks:
        if chunk.usage:
            tokens = TokenCount(chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
        for choice in chunk.choices[:1]:
            extra = choice.delta.model_extra or {}
            if reasoning := extra.get("reasoning_content") or extra.get("reasoning"):
                yield Generated(reasoning if thinking else f"<think>\n{reasoning}")
                thinking = True
            calls = []
            for call in choice.delta.tool_calls or []:
                ids[call.index] = call.id or ids.get(call.index) or f"call_{call.index}"
                name, arguments = (call.function.name, call.function.arguments) if call.function else (None, None)
                calls.append(ToolCall(ids[call.index], name or "", arguments or ""))
            if text := choice.delta.content or "":
                yield Generated(f"\n</think>{text}" if thinking else text)
                thinking = False
            if calls:
                yield Generated(tool_calls=calls)
            finish_reason = choice.finish_reason or finish_reason
    if chunk is None:
        raise ModelFailed("the server's answer was empty: is it the base URL of an OpenAI-compatible API?")
    if finish_reason is None and tokens is None:
        raise ModelFailed("the server's answer broke off: it ended without a finish reason")
    yield Generated("\n</think>" if thinking else "", finish_reason=finish_reason or "stop", tokens=tokens)


def _file_name(audio: bytes) -> str:
    """Servers tell the type of a recording by the extension of its name."""
    for at, signature, extension in _SIGNATURES:
        if audio[at : at + len(signature)] == signature:
            return f"audio.{extension}"
    return "audio.mp3"


def _unit(vector: list[float]) -> list[float]:
    length = math.hypot(*vector)
    return [number / length for number in vector] if length else vector
