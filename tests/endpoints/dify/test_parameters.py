"""`/parameters` with dify-client."""

from dify_client import DifyClient

from tests.endpoints.dify.clients import client_of
from workspace.wire import DifyError

PARAMETERS = {
    "opening_statement": "Grüß Gott!",
    "suggested_questions": [],
    "user_input_form": [{"text-input": {"label": "City", "variable": "city", "required": True, "default": ""}}],
    "file_upload": {"enabled": False},
    "system_parameters": {"file_size_limit": 15},
}


def test_the_parameters_of_the_chosen_app_are_those_that_dify_gives(api):
    api.answer(PARAMETERS)

    reply = client_of(api, DifyClient).get_application_parameters("user-1")

    assert (reply.status_code, reply.json()) == (200, PARAMETERS)
    assert api.asked == [("fetch_app", {"app_id": "chat-app"})]


def test_without_a_chat_app_they_are_those_of_the_next_app_chosen(api):
    api.settings["chat_app"] = None
    api.answer(PARAMETERS)

    client_of(api, DifyClient).get_application_parameters("user-1")

    assert api.asked == [("fetch_app", {"app_id": "workflow-app"})]


def test_an_app_is_named_in_the_path(api):
    api.answer(PARAMETERS)

    assert api.http.get("/completion-app/parameters").json() == PARAMETERS
    assert api.asked == [("fetch_app", {"app_id": "completion-app"})]


def test_an_app_that_the_key_does_not_reach_looks_like_an_unknown_one(api):
    reply = api.http.get("/elsewhere/parameters")

    assert (reply.status_code, reply.json()["code"]) == (404, "not_found")
    assert api.asked == []


def test_an_app_that_dify_does_not_know_is_unavailable(api):
    api.answer(DifyError("fetch app failed: data is nil"))

    reply = api.http.get("/parameters")

    assert (reply.status_code, reply.json()["code"]) == (400, "app_unavailable")
    assert "still exists in this workspace" in reply.json()["message"]
