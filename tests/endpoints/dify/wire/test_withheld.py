"""The calls that Dify's API reference has, and what is said of those that are not here."""

import pytest

from endpoints.dify.wire.withheld import why_withheld
from endpoints.http.routes import ROUTES

DOCUMENTED = [
    "GET /messages/m/suggested", "POST /messages/m/feedbacks", "GET /app/feedbacks", "GET /conversations",
    "GET /messages", "GET /conversations/c/variables", "POST /conversations/c/name",
    "PUT /conversations/c/variables/v", "DELETE /conversations/c", "POST /chat-messages/t/stop",
    "POST /completion-messages/t/stop", "POST /workflows/tasks/t/stop", "GET /files/f/preview", "GET /end-users/e",
    "POST /audio-to-text", "POST /text-to-audio", "GET /info", "GET /meta", "GET /site", "POST /apps/annotations",
    "GET /apps/annotations", "PUT /apps/annotations/a", "DELETE /apps/annotations/a",
    "POST /apps/annotation-reply/enable", "GET /apps/annotation-reply/enable/status/j", "GET /workflows/run/r",
    "GET /workflows/logs", "GET /form/human_input/t", "POST /form/human_input/t", "GET /workflow/r/events",
    "POST /workflows/w/run", "GET /datasets", "POST /datasets/d/retrieve",
]  # fmt: skip
"""Dify's API reference, without the calls that are here."""


@pytest.mark.parametrize("prefix", ["", "/chat-app"])
@pytest.mark.parametrize("call", DOCUMENTED)
def test_every_documented_call_that_is_not_here_has_its_reason(call, prefix):
    method, path = call.split()

    assert why_withheld(method, prefix + path).endswith(".")


@pytest.mark.parametrize(("path", "method"), ROUTES.items())
def test_no_route_that_is_here_is_said_not_to_be(path, method):
    assert why_withheld(method, path.replace("<app_id>", "app").replace("<path:id>", "a/b")) == ""


@pytest.mark.parametrize("call", ["POST /v1/messages", "GET /", "GET //", "GET /messages/", "POST /info", "GET /a/b/c"])
def test_other_calls_are_none_of_difys(call):
    assert why_withheld(*call.split()) == ""
