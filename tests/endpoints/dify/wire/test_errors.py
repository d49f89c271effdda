"""The codes and statuses of Dify's Service API."""

import json

import pytest

from endpoints.dify.wire.errors import dify_error
from endpoints.http.errors import MethodNotAllowed, NotFound, TooLarge, WrongContentType, WrongKey
from switchboard import errors


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.InvalidInput("wrong"), 400, "invalid_param"),
        (errors.InvalidInput("none", code="no_file_uploaded"), 400, "no_file_uploaded"),
        (WrongKey("no", "Bearer"), 401, "unauthorized"),
        (errors.NotPermitted("no"), 403, "forbidden"),
        (NotFound("no"), 404, "not_found"),
        (MethodNotAllowed("no", allowed=["GET"]), 405, "method_not_allowed"),
        (TooLarge("no"), 413, "file_too_large"),
        (WrongContentType("no"), 415, "unsupported_media_type"),
        (errors.NotConfigured("no"), 400, "app_unavailable"),
        (errors.NotConfigured("no", code="provider_not_initialize"), 400, "provider_not_initialize"),
        (errors.NotConfigured("no", code="InvokeAuthorizationError"), 400, "app_unavailable"),
        (errors.WrongKindOfApp("workflow app", "chat app"), 400, "not_chat_app"),
        (errors.WrongKindOfApp("chat app", "workflow app"), 400, "not_workflow_app"),
        (errors.WrongKindOfApp("chat app", "completion app"), 400, "app_unavailable"),
        (errors.RefusedByDify("no", code="conversation_completed"), 400, "conversation_completed"),
        (errors.RefusedByDify("no", status=429, code="rate_limit_error"), 429, "rate_limit_error"),
        (errors.ProviderFailed("busy", status=429, code="completion_request_error"), 429, "too_many_requests"),
        (errors.ProviderFailed("no", code="InvokeError"), 502, "completion_request_error"),
        (errors.RefusedByProvider("no", code="context_length_exceeded"), 400, "completion_request_error"),
        (errors.UnknownConversation(), 404, "not_found"),
        (errors.TimedOut("slow"), 504, "gateway_timeout"),
        (errors.BrokenInDify("no"), 502, "completion_request_error"),
        (errors.SwitchboardError("defect"), 500, "internal_server_error"),
    ],
)
def test_every_error_has_difys_code_for_it(error, status, code):
    reply = dify_error(error)

    body = json.loads(reply.get_data())
    assert (reply.status_code, reply.content_type) == (status, "application/json")
    assert (body["status"], body["code"]) == (status, code)
    assert body.keys() == {"code", "message", "status"}


def test_the_message_of_a_wrong_kind_of_app_speaks_of_routes_rather_than_tools():
    body = json.loads(dify_error(errors.WrongKindOfApp("completion app", "chat app")).get_data())

    assert body["message"] == (
        "The app is a completion app, and this route runs a chat app. Use POST /completion-messages or "
        "/<app_id>/completion-messages."
    )
