"""Scripted replies as Dify's API gives them, so that the daemon makes of them what the script says.

A script says what the plugin is to see, errors in the daemon's words. Here the daemon adds these words itself.
"""

import json
import re
import time
from collections.abc import Iterator

from tests.endpoints.api import Settings
from workspace.dify.refusals import STREAMED, Refused
from workspace.wire import DifyError, Handler, Payload

_STATUS = re.compile(r"^invoke .+? failed: request failed with status code: (\d+) and respond with: (.*)$", re.DOTALL)
_NOT_DIFYS = re.compile(r"^(?:permission denied|invocation exited without response)")
"""How texts begin that the daemon makes without asking Dify, and those of the SDK."""
_TEXT = re.compile(r"^(?:invoke|read|fetch|upload) .+? failed: request failed: (.*)$", re.DOTALL)


class _Answered(Refused):
    """An HTTP error whose body is given."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(body, status=status)

    def body(self) -> str:
        return self.message


def as_dify_answers(handler: Handler, settings: Settings) -> Handler:
    """A handler for `InnerApi`. `settings` are what each request to an endpoint finds, whatever was set up."""

    def answer(invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
        if invoke_type == "encrypt":
            yield settings() if payload["opt"] == "decrypt" else payload["data"]
            return
        try:
            yield from handler(invoke_type, payload)
        except DifyError as error:
            raise _unwrapped(invoke_type, str(error)) from error

    return answer


def not_too_fast(handler: Handler) -> Handler:
    """The same replies with a pause now and then: the daemon drops what is more than 1,024 ahead of the plugin."""

    def answer(invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
        for number, reply in enumerate(handler(invoke_type, payload), 1):
            yield reply
            if number % 500 == 0:
                time.sleep(0.2)

    return answer


def can_be_said(text: str) -> bool:
    """Whether a text of a script comes of an answer that Dify gives."""
    return not _NOT_DIFYS.match(text)


def _unwrapped(invoke_type: str, text: str) -> Exception:
    if found := _STATUS.match(text):
        return _Answered(int(found[1]), found[2])
    if text.endswith("failed: data is nil") and invoke_type not in STREAMED:
        return _Answered(400, json.dumps({"code": "invalid_param", "message": "", "status": 400}))
    found = _TEXT.match(text)
    return DifyError(found[1] if found else text)
