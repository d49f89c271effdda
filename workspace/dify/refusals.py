"""How Dify's API says no, and what the plugin daemon makes of it.

An error of the API reaches a plugin in one of four forms, by the kind of the call and the moment of the error:

    streaming, before the first frame invoke llm model failed: request failed with status code: 400 and respond with: {}
    streaming, after that             read llm model failed: request failed: <text>
    not streaming, raised by a model  invoke rerank model failed: request failed: <text>
    not streaming, payload refused    invoke rerank model failed: data is nil
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from workspace.wire import DifyError


class Refused(Exception):
    """Dify's API answers with an HTTP status other than 200 and `{"code", "message", "status"}`."""

    def __init__(self, message: str, *, status: int = 400, code: str = "invalid_param") -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code

    def reply(self) -> str:
        """What the daemon says of a streaming call that got this answer."""
        body = {"code": self.code, "message": self.message, "status": self.status}
        return (
            f"request failed with status code: {self.status} and respond with: "
            f"{json.dumps(body, separators=(',', ':'), ensure_ascii=False)}"
        )


def invalid_payload(request: str, field: str, problem: str, kind: str, value: object) -> Refused:
    """A payload that Dify's request class refuses; the text is pydantic's, without its link to the documentation."""
    given = f"[type={kind}, input_value={value!r}, input_type={type(value).__name__}]"
    return Refused(f"invalid payload: 1 validation error for {request}\n{field}\n  {problem} {given}")


@contextmanager
def failing_as(what: str) -> Iterator[None]:
    """Reports errors as the daemon does for a call that does not stream; `what` is "rerank model", "summary", ..."""
    try:
        yield
    except Refused as refusal:
        raise DifyError(f"invoke {what} failed: data is nil") from refusal
    except DifyError as error:
        raise DifyError(f"invoke {what} failed: request failed: {error}") from error


def streamed(what: str, replies: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Reports errors as the daemon does for a call that streams; `what` is "llm model", "tts model" or "app"."""
    try:
        yield from replies
    except Refused as refusal:
        raise DifyError(f"invoke {what} failed: {refusal.reply()}") from refusal
    except DifyError as error:
        raise DifyError(f"read {what} failed: request failed: {error}") from error
