"""The model types of Dify, answered by `Models`, in the replies the SDK parses.

Each function takes the request as Dify's API reads it (see `api_requests`) and lets `DifyError` of an engine pass.
"""

import json
import time
from binascii import Error as HexError
from binascii import unhexlify
from collections.abc import Iterator
from typing import Any

from workspace.dify.api_requests import (
    PromptMessage,
    RequestInvokeLLM,
    RequestInvokeLLMWithStructuredOutput,
    RequestInvokeModeration,
    RequestInvokeRerank,
    RequestInvokeSpeech2Text,
    RequestInvokeTextEmbedding,
    RequestInvokeTTS,
)
from workspace.dify.usage import embedding_usage, llm_usage
from workspace.engines import Generated, Models, TokenCount
from workspace.wire import DifyError

type Payload = dict[str, Any]

_JSON = json.JSONDecoder(parse_constant=lambda _name: None)  # NaN and Infinity are no JSON


def llm(models: Models, request: RequestInvokeLLM) -> Iterator[Payload]:
    """`LLMResultChunk`s. Dify's API streams whatever `stream` says; the usage is on the last chunk alone."""
    started = time.perf_counter()
    answer = models.generate(
        request.model,
        [_message(message) for message in request.prompt_messages],
        tools=request.tools or [],
        stop=request.stop or [],
        parameters=request.completion_params,
    )
    index, ended = 0, False
    for index, piece in enumerate(answer):
        ended = piece.finish_reason is not None
        usage = llm_usage(piece.tokens or TokenCount(0, 0), latency=time.perf_counter() - started) if ended else None
        yield _chunk(request.model, index, piece, usage)
    if not ended:
        usage = llm_usage(TokenCount(0, 0), latency=time.perf_counter() - started)
        yield _chunk(request.model, index + 1, Generated(finish_reason="stop"), usage)


def llm_structured_output(models: Models, request: RequestInvokeLLMWithStructuredOutput) -> Iterator[Payload]:
    """The chunks of `llm`, with the text as it is written, and one more that has the whole `structured_output`.

    The schema reaches the model as Dify hands it to models that know schemas: as text, in the parameter `json_schema`.
    """
    schema = {"schema": request.structured_output_schema, "name": "llm_response"}
    parameters = {**request.completion_params, "json_schema": json.dumps(schema, ensure_ascii=False)}
    text = ""
    for chunk in llm(models, request.model_copy(update={"completion_params": parameters})):
        text += chunk["delta"]["message"]["content"]
        yield _structured(chunk, None)
    yield _structured(_chunk(request.model, 0, Generated(), None), _object_in(text))


def _structured(chunk: Payload, found: Payload | None) -> Payload:
    """The daemon keeps no `prompt_messages` in these."""
    return {**{key: chunk[key] for key in ("model", "system_fingerprint", "delta")}, "structured_output": found}


def _object_in(text: str) -> Payload:
    """The JSON object that a model wrote, maybe after thoughts or prose. Dify also repairs what is not quite JSON."""
    try:
        found: Payload = _JSON.raw_decode(text, text.find("{", max(0, text.find("</think>"))))[0]
    except ValueError as error:
        raise DifyError(f"Failed to parse structured output: {text}") from error
    return found


def _message(message: PromptMessage) -> Payload:
    """The message without the zero values that the daemon adds."""
    given = message.model_dump()
    extra = {key: given[key] for key in ("name", "tool_calls", "tool_call_id") if given[key]}
    content = given["content"] if given["content"] is not None else ""
    return {"role": given["role"], "content": content, **extra}


def _chunk(model: str, index: int, piece: Generated, usage: Payload | None) -> Payload:
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in piece.tool_calls
    ]
    message = {"role": "assistant", "content": piece.text, "name": "", "tool_calls": calls, "tool_call_id": ""}
    delta = {"index": index, "message": message, "usage": usage, "finish_reason": piece.finish_reason}
    return {"model": model, "system_fingerprint": "", "delta": delta, "prompt_messages": []}


def text_embedding(models: Models, request: RequestInvokeTextEmbedding) -> Payload:
    """`TextEmbeddingResult`: one vector a text, and the usage."""
    started = time.perf_counter()
    vectors, tokens = models.embed(request.model, request.texts, input_type=request.input_type)
    usage = embedding_usage(tokens, latency=time.perf_counter() - started)
    return {"model": request.model, "embeddings": [_go_numbers(vector) for vector in vectors], "usage": usage}


def _go_numbers(vector: list[float]) -> list[float]:
    """As the daemon, written in Go, writes them: 1.0 is 1."""
    return [int(number) if number.is_integer() else number for number in vector]


def rerank(models: Models, request: RequestInvokeRerank) -> Payload:
    """`RerankResult`: the best documents first, those under the threshold left out, at most `top_n` of them.

    Providers disagree about a `top_n` of 0, which is what Dify sends when none was given: here it is no limit.
    """
    scores = models.rerank(request.model, request.query, request.docs) if request.docs else []
    docs: list[Payload] = [
        {"index": index, "text": text, "score": score}
        for index, (text, score) in enumerate(zip(request.docs, scores, strict=True))
        if score >= request.score_threshold
    ]
    docs.sort(key=lambda doc: doc["score"], reverse=True)
    return {"model": request.model, "docs": docs[: request.top_n] if request.top_n > 0 else docs}


def tts(models: Models, request: RequestInvokeTTS) -> Iterator[Payload]:
    """The audio in pieces of hex. Dify does not say its type."""
    for piece in models.speak(request.model, request.content_text, voice=request.voice):
        yield {"result": piece.hex()}


def speech2text(models: Models, request: RequestInvokeSpeech2Text, *, fail_like_dify: bool) -> Payload:
    """The words of a recording. `fail_like_dify`: decodes the hex twice and reads a write-only file, as Dify does."""
    if fail_like_dify:
        try:
            unhexlify(request.file)
        except (HexError, ValueError) as error:
            raise DifyError(str(error)) from error
        raise DifyError("read")
    return {"result": models.transcribe(request.model, request.file)}


def moderation(models: Models, request: RequestInvokeModeration) -> Payload:
    """True if the text should be flagged."""
    return {"result": models.moderate(request.model, request.text)}
