"""Responses as OpenAI's API writes them (API reference, "The response object").

`store` is false whatever was asked: nothing is kept. `conversation_id` is Dify's, as in chat completions.
"""

import random
import time
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from endpoints.openai.wire.errors import error_body
from endpoints.openai.wire.responses_items import MESSAGE, REASONING, SUMMARY, CallItem, OutputItem, TextItem
from endpoints.openai.wire.responses_request import ResponsesRequest
from endpoints.openai.wire.responses_tools import CallableTool, Tools
from switchboard.chat.pieces import (
    Conversation,
    End,
    Finish,
    Piece,
    Reasoning,
    Replacement,
    Text,
    ToolCall,
    Usage,
    whole,
)
from switchboard.errors import SwitchboardError

_INCOMPLETE = {Finish.LENGTH: "max_output_tokens", Finish.CONTENT_FILTER: "content_filter"}


class Reply:
    """The response to one request, as it grows with the pieces of the answer."""

    def __init__(self, request: ResponsesRequest, *, model: str, tools: Tools) -> None:
        self.response = _begun(request, model)
        """As it was before it had any output."""
        self.items: list[OutputItem] = []
        self._tools = tools.by_name()
        self._calls: list[CallItem] = []
        wants_summary = request.reasoning and (request.reasoning.summary or request.reasoning.generate_summary)
        self._reasoning = SUMMARY if wants_summary else REASONING

    def begin(self, conversation: Conversation) -> None:
        """Tells which conversation of an app this is."""
        self.response["conversation"] = {"id": conversation.id}
        self.response["conversation_id"] = conversation.id

    def add(self, piece: Text | Replacement | Reasoning | ToolCall) -> OutputItem:
        """The item that the piece has become a part of, a new one where it is part of none."""
        if isinstance(piece, ToolCall):
            call = self._call(piece)
            call.add(piece.arguments)
            return call
        form = self._reasoning if isinstance(piece, Reasoning) else MESSAGE
        last = self.items[-1] if self.items else None
        if not isinstance(last, TextItem) or last.form is not form:
            last = TextItem(form, len(self.items))
            self.items.append(last)
        last.add(piece.text)
        return last

    def replace(self, replacement: Replacement) -> None:
        """Takes back what was said so far."""
        self.items = [item for item in self.items if not (isinstance(item, TextItem) and item.form is MESSAGE)]
        self.add(replacement)

    def end(self, end: End) -> None:
        """No more comes: the last item is incomplete if the answer is, and an answer of nothing is an empty message."""
        if not self.items:
            self.items.append(TextItem(MESSAGE, 0))
        for item in self.items:
            is_cut = end.finish in _INCOMPLETE and item is self.items[-1]
            item.status = item.status or ("incomplete" if is_cut else "completed")

    def ended(self, end: End) -> dict[str, Any]:
        """The response with all of its output."""
        reason = _INCOMPLETE.get(end.finish)
        return {
            **self.response,
            "status": "incomplete" if reason else "completed",
            "completed_at": None if reason else int(time.time()),
            "incomplete_details": {"reason": reason} if reason else None,
            "output": [item.whole() for item in self.items],
            "usage": _usage(end.usage),
        }

    def failed(self, error: SwitchboardError) -> dict[str, Any]:
        """The response with what there was of it. Its error has the names that the API has for those of responses."""
        told = error_body(error)["error"]
        code = "server_error" if error.status >= 500 else "invalid_prompt"
        if error.status == 429:
            code = "rate_limit_exceeded"
        return {
            **self.response,
            "status": "failed",
            "error": {"code": told["code"] or code, "message": told["message"]},
            "output": [item.whole() for item in self.items],
        }

    def _call(self, piece: ToolCall) -> CallItem:
        if piece.id:
            tool = self._tools.get(piece.name) or CallableTool("", piece.name, is_custom=False)
            self._calls.append(CallItem(tool, piece.id, len(self.items)))
            self.items.append(self._calls[-1])
        return self._calls[piece.position]


def whole_reply(pieces: Iterator[Piece], reply: Reply) -> dict[str, Any]:
    """The response, once all of it is there."""
    end = End(Finish.STOP, None)
    for piece in whole(pieces):
        match piece:
            case End():
                end = piece
            case Conversation():
                reply.begin(piece)
            case Replacement():
                reply.replace(piece)
            case _:
                reply.add(piece)
    reply.end(end)
    for item in reply.items:
        if isinstance(item, TextItem) and item.form is not MESSAGE:
            item.trim()
    return reply.ended(end)


def _begun(request: ResponsesRequest, model: str) -> dict[str, Any]:
    reasoning, text = request.reasoning, request.text
    text_format = _sent(text.format) if text and text.format else {"type": "text"}
    return {
        "id": f"resp_{random.randbytes(24).hex()}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "in_progress",
        "background": False,
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "instructions": request.instructions,
        "max_output_tokens": request.max_output_tokens,
        "max_tool_calls": None,
        "model": model,
        "output": [],
        "parallel_tool_calls": request.parallel_tool_calls is not False,
        "previous_response_id": None,
        "prompt_cache_key": request.prompt_cache_key,
        "reasoning": {
            "effort": reasoning.effort if reasoning else None,
            "summary": reasoning.summary if reasoning else None,
        },
        "safety_identifier": request.safety_identifier,
        "service_tier": "default",
        "store": False,
        "temperature": request.temperature,
        "text": {"format": text_format, **({"verbosity": text.verbosity} if text and text.verbosity else {})},
        "tool_choice": "auto" if request.tool_choice is None else _sent(request.tool_choice),
        "tools": [_sent(tool) for tool in request.tools or []],
        "top_logprobs": 0,
        "top_p": request.top_p,
        "truncation": "disabled",
        "usage": None,
        "user": request.user,
        "metadata": request.metadata or {},
    }


def _sent(value: BaseModel | str) -> Any:
    """As it was sent."""
    return value if isinstance(value, str) else value.model_dump(by_alias=True, exclude_unset=True)


def _usage(usage: Usage | None) -> dict[str, Any] | None:
    """Clients rely on the details, of which Dify tells none."""
    if usage is None:
        return None
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": usage.completion,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.total,
    }
