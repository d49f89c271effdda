"""The model types of Dify, answered by `Models`, in the replies the SDK parses.

Each function takes the payload as Dify's API gets it (see `fields`). It raises `refusals.Refused` for what the API
refuses and lets `DifyError` of an engine pass; who calls them turns both into the daemon's words.
"""

import time
from binascii import Error as HexError
from binascii import unhexlify
from collections.abc import Iterator
from typing import Any

from workspace.dify.refusals import Refused, invalid_payload
from workspace.dify.usage import embedding_usage, llm_usage
from workspace.engines import Generated, Models, TokenCount
from workspace.wire import DifyError

type Payload = dict[str, Any]

_ROLES = ("system", "user", "assistant", "tool")


def llm(models: Models, payload: Payload) -> Iterator[Payload]:
    """`LLMResultChunk`s. Dify's API streams whatever `stream` says; the usage is on the last chunk alone."""
    _check_llm(payload)
    started = time.perf_counter()
    answer = models.generate(
        payload["model"],
        [_message(message) for message in payload["prompt_messages"]],
        tools=payload["tools"] or [],
        stop=payload["stop"] or [],
        parameters=payload["completion_params"],
    )
    index, ended = 0, False
    for index, piece in enumerate(answer):
        ended = piece.finish_reason is not None
        usage = llm_usage(piece.tokens or TokenCount(0, 0), latency=time.perf_counter() - started) if ended else None
        yield _chunk(payload["model"], index, piece, usage)
    if not ended:
        usage = llm_usage(TokenCount(0, 0), latency=time.perf_counter() - started)
        yield _chunk(payload["model"], index + 1, Generated(finish_reason="stop"), usage)


def _check_llm(payload: Payload) -> None:
    request = "RequestInvokeLLM"
    if payload["completion_params"] is None:
        raise invalid_payload(request, "completion_params", "Input should be a valid dictionary", "dict_type", None)
    if payload["prompt_messages"] is None:
        problem = "Value error, prompt_messages must be a list"
        raise invalid_payload(request, "prompt_messages", problem, "value_error", None)
    for at, message in enumerate(payload["prompt_messages"]):
        if message["role"] not in _ROLES:
            problem = "Input should be 'system', 'user', 'assistant' or 'tool'"
            raise invalid_payload(request, f"prompt_messages.{at}.role", problem, "enum", message["role"])


def _message(message: Payload) -> Payload:
    """The message without the zero values that the daemon adds."""
    extra = {key: message[key] for key in ("name", "tool_calls", "tool_call_id") if message[key]}
    content = message["content"] if message["content"] is not None else ""
    return {"role": message["role"], "content": content, **extra}


def _chunk(model: str, index: int, piece: Generated, usage: Payload | None) -> Payload:
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in piece.tool_calls
    ]
    message = {"role": "assistant", "content": piece.text, "name": "", "tool_calls": calls, "tool_call_id": ""}
    delta = {"index": index, "message": message, "usage": usage, "finish_reason": piece.finish_reason}
    return {"model": model, "system_fingerprint": "", "delta": delta, "prompt_messages": []}


def text_embedding(models: Models, payload: Payload) -> Payload:
    """`TextEmbeddingResult`: one vector a text, and the usage."""
    if payload["input_type"] not in ("document", "query"):
        problem = "Input should be 'document' or 'query'"
        raise invalid_payload("RequestInvokeTextEmbedding", "input_type", problem, "enum", payload["input_type"])
    started = time.perf_counter()
    vectors, tokens = models.embed(payload["model"], payload["texts"], input_type=payload["input_type"])
    usage = embedding_usage(tokens, latency=time.perf_counter() - started)
    return {"model": payload["model"], "embeddings": vectors, "usage": usage}


def rerank(models: Models, payload: Payload) -> Payload:
    """`RerankResult`: the best documents first, those under the threshold left out, at most `top_n` of them.

    Providers disagree about a `top_n` of 0, which is what Dify sends when none was given: here it is no limit.
    """
    scores = models.rerank(payload["model"], payload["query"], payload["docs"]) if payload["docs"] else []
    docs = [
        {"index": index, "text": text, "score": score}
        for index, (text, score) in enumerate(zip(payload["docs"], scores, strict=True))
        if score >= payload["score_threshold"]
    ]
    docs.sort(key=lambda doc: doc["score"], reverse=True)
    return {"model": payload["model"], "docs": docs[: payload["top_n"]] if payload["top_n"] > 0 else docs}


def tts(models: Models, payload: Payload) -> Iterator[Payload]:
    """The audio in pieces of hex. Dify does not say its type."""
    for piece in models.speak(payload["model"], payload["content_text"], voice=payload["voice"]):
        yield {"result": piece.hex()}


def speech2text(models: Models, payload: Payload, *, fail_like_dify: bool) -> Payload:
    """The words of a recording. `fail_like_dify`: decodes the hex twice and reads a write-only file, as Dify does."""
    try:
        audio = bytes.fromhex(payload["file"])
    except ValueError as error:
        raise Refused(f"invalid payload: {error}") from error
    if fail_like_dify:
        try:
            unhexlify(audio)
        except (HexError, ValueError) as error:
            raise DifyError(str(error)) from error
        raise DifyError("read")
    return {"result": models.transcribe(payload["model"], audio)}


def moderation(models: Models, payload: Payload) -> Payload:
    """True if the text should be flagged."""
    return {"result": models.moderate(payload["model"], payload["text"])}
