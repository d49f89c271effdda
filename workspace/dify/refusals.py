"""How Dify's API says no, and what the plugin daemon makes of it.

An error of the API reaches a plugin in one of four forms, by the kind of the call and the moment of the error:

    streaming, before the first frame invoke llm model failed: request failed with status code: 400 and respond with: {}
    streaming, after that             read llm model failed: request failed: <text>
    not streaming, raised by a model  invoke rerank model failed: request failed: <text>
    not streaming, payload refused    invoke rerank model failed: data is nil

A node that failed is none of these: the daemon misses what it should have put out.

Source: dify-plugin-daemon, `backwards_invocation/task.go`, `calldify/http_request.go`.
"""

import json
import uuid
from collections.abc import Iterator

from workspace.wire import DifyError, Payload

STREAMED = {
    "llm": ("invoke llm model", "read llm model"),
    "llm_structured_output": (
        "invoke llm with structured output model",
        "read llm with structured output model",
    ),
    "tts": ("invoke tts model", "read tts model"),
    "tool": ("invoke tool", "read tool response"),
    "app": ("invoke app", "read app"),
}
"""What fails, in the daemon's words, before the first frame of a call that streams and after it."""

NOT_STREAMED = {
    "text_embedding": "invoke text-embedding model",
    "multimodal_embedding": "invoke multimodal embedding model",
    "rerank": "invoke rerank model",
    "multimodal_rerank": "invoke multimodal rerank model",
    "speech2text": "invoke speech2text model",
    "moderation": "invoke moderation model",
    "node_parameter_extractor": "invoke parameter extractor",
    "node_question_classifier": "invoke question classifier",
    "system_summary": "invoke summary",
    "upload_file": "upload file",
    "fetch_app": "fetch app",
}
"""What fails, in the daemon's words, of a call that has one reply."""


class Refused(Exception):
    """Dify's API answers with an HTTP status other than 200 and `{"code", "message", "status"}`."""

    def __init__(self, message: str, *, status: int = 400, code: str = "invalid_param") -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code

    def body(self) -> str:
        """The body of that answer: one line with its end, and other letters than ASCII escaped."""
        body = {"code": self.code, "message": self.message, "status": self.status}
        if self.status == 500:  # which another handler writes
            body = {"message": self.message, "code": self.code, "status": self.status}
        return f"{json.dumps(body)}\n"


def internal_error() -> Refused:
    """What the API answers where it did not reckon with what went wrong, such as an id that is no UUID."""
    return Refused("Internal Server Error", status=500, code="unknown")


def is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def reported(invoke_type: str, replies: Iterator[Payload | None]) -> Iterator[Payload | None]:
    """The replies of Dify's API to one invocation; its errors are `DifyError` with the text that the plugin sees."""
    calling, reading = STREAMED.get(invoke_type, ("", ""))
    calling = calling or NOT_STREAMED[invoke_type]
    try:
        yield from replies
    except Refused as refusal:
        reason = "data is nil"
        if reading:
            reason = f"request failed with status code: {refusal.status} and respond with: {refusal.body()}"
        raise DifyError(f"{calling} failed: {reason}") from refusal
    except DifyError as error:
        raise DifyError(f"{reading or calling} failed: request failed: {error}") from error


_NODE_RESPONSE = {"process_data": "ProcessData", "outputs": "Outputs", "inputs": "Inputs"}


def check_node_response(invoke_type: str, reply: Payload) -> None:
    """What the daemon's `InvokeNodeResponse` requires. Of a node that failed Dify has none of it, nor the reason."""
    failures = [
        f"Key: 'InvokeNodeResponse.{name}' Error:Field validation for '{name}' failed on the 'required' tag"
        for key, name in _NODE_RESPONSE.items()
        if reply[key] is None
    ]
    if failures:
        raise DifyError(f"{NOT_STREAMED[invoke_type]} failed: validate request failed: {'\n'.join(failures)}")
