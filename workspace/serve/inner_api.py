"""Dify's API as a plugin daemon calls it: `POST /inner/api/...`, with the key in `X-Inner-Api-Key`.

A daemon is pointed here by `DIFY_INNER_API_URL` and `DIFY_INNER_API_KEY`. What it asks for is a reverse invocation of a
plugin, or the settings of a group of endpoints (`encrypt`), which are decrypted for each request to one.

A reply to a call that streams is a row of frames, each with its length before it; any other is one JSON object. Both
hold `{"data": ..., "error": ""}`. What is refused is an HTTP error, `{"code", "message", "status"}`.

Source: dify-plugin-daemon, `calldify/http_request.go`, `parser/chunking.go`; Dify, `controllers/inner_api/plugin`.
"""

import hmac
import itertools
import json
import struct
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from werkzeug import Request, Response

from workspace.dify.refusals import STREAMED, Refused
from workspace.wire import DifyError, Handler, Payload, with_silences

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PREFIX = "/inner/api/"
ROUTES = {
    "invoke/llm": "llm",
    "invoke/llm/structured-output": "llm_structured_output",
    "invoke/text-embedding": "text_embedding",
    "invoke/rerank": "rerank",
    "invoke/tts": "tts",
    "invoke/speech2text": "speech2text",
    "invoke/moderation": "moderation",
    "invoke/tool": "tool",
    "invoke/parameter-extractor": "node_parameter_extractor",
    "invoke/question-classifier": "node_question_classifier",
    "invoke/app": "app",
    "invoke/encrypt": "encrypt",
    "invoke/summary": "system_summary",
    "upload/file/request": "upload_file",
    "fetch/app/info": "fetch_app",
}
"""The type of invocation behind each path. It has none for multimodal models."""

_HELD_TWICE = ("encrypt", "fetch_app")
"""Whose reply is the `data` of a `data`."""

_OF_THE_SESSION = ("tenant_id", "user_id", "type")
"""What the daemon adds to every payload."""


class InnerApi:
    """A WSGI application. `answer` is `DifyApi.answer`, or what stands in for it; it may raise `Refused`."""

    def __init__(self, answer: Handler, *, key: str) -> None:
        self._answer = answer
        self._key = key

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        try:
            response = self._respond(Request(environ))
        except Refused as refusal:
            response = Response(refusal.body(), status=refusal.status, content_type="application/json")
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response:
        given = request.headers.get("X-Inner-Api-Key", "")
        invoke_type = ROUTES.get(request.path.removeprefix(PREFIX))
        if invoke_type is None or not hmac.compare_digest(given.encode(), self._key.encode()):
            raise Refused("The requested URL was not found on the server.", status=404, code="not_found")
        if request.method != "POST":
            problem = "The method is not allowed for the requested URL."
            raise Refused(problem, status=405, code="method_not_allowed")
        envelopes = _envelopes(invoke_type, self._answer(invoke_type, _payload(request)))
        first = list(itertools.islice(envelopes, 1))  # made now, while it can still be refused
        if invoke_type in STREAMED:
            return Response(_frames(itertools.chain(first, envelopes)), content_type="text/event-stream")
        return Response(first or _envelope(None), content_type="application/json")


def _payload(request: Request) -> Payload:
    try:
        payload = json.loads(request.get_data())
    except (ValueError, RecursionError):
        raise Refused("invalid json") from None
    if not isinstance(payload, dict):
        raise Refused("invalid payload: a JSON object is expected")
    return {key: value for key, value in payload.items() if key not in _OF_THE_SESSION}


def _envelopes(invoke_type: str, replies: Iterator[Payload | None]) -> Iterator[bytes]:
    """Each reply as Dify's API writes it, with a second of silence for each None. An error is the last one."""
    try:
        for reply in with_silences(replies):
            if isinstance(reply, float):
                time.sleep(reply)
            else:
                yield _envelope({"data": reply} if invoke_type in _HELD_TWICE else reply)
    except DifyError as error:
        yield _envelope(None, str(error))


def _envelope(data: Payload | None, error: str = "") -> bytes:
    return json.dumps({"data": data, "error": error}).encode()


def _frames(envelopes: Iterator[bytes]) -> Iterator[bytes]:
    """Each after a head of 14 bytes: a mark, the length of the rest of the head (10), that of what follows."""
    for content in envelopes:
        yield struct.pack("<BxHI6x", 0x0F, 10, len(content)) + content
