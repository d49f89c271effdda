"""What the routes that run an app refuse, each time with one sentence in Dify's shape and before Dify is asked."""

import json

import pytest

RUN_ROUTES = ["/chat-messages", "/completion-messages", "/workflows/run"]
GOOD = {"inputs": {}, "query": "Hi", "user": "user-1"}

every_route = pytest.mark.parametrize("path", RUN_ROUTES)


def check_refused(api, reply, *, status=400, code="invalid_param", sentence):
    assert reply.status_code == status, reply.text
    assert reply.headers["Content-Type"] == "application/json"
    body = reply.json()
    assert body.keys() == {"code", "message", "status"}
    assert (body["code"], body["status"]) == (code, status)
    assert sentence in body["message"]
    assert "Traceback" not in body["message"]
    assert api.asked == []


@every_route
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"inputs": "city=Bonn"}, "The field `inputs` has to be an object."),
        ({"inputs": [1]}, "The field `inputs` has to be an object."),
        ({"response_mode": "sync"}, "The field `response_mode` has to be 'blocking' or 'streaming'."),
        ({"response_mode": ""}, "The field `response_mode` has to be 'blocking' or 'streaming'."),
        ({"response_mode": 1}, "The field `response_mode` has to be"),
        ({"user": {"id": 1}}, "The field `user` has to be text."),
        ({"files": "a.png"}, "The field `files` has to be a list."),
        ({"files": [{"type": "image", "transfer_method": "remote_url", "url": "http://x/y.png"}]}, "/files/upload"),
        ({"files": [None]}, "Give the app an input of type file"),
    ],
    ids=str,
)
def test_a_field_that_is_wrong_is_named(api, path, wrong, sentence):
    check_refused(api, api.http.post(path, json={**GOOD, **wrong}), sentence=sentence)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"query": None}, "The field `query` has to be text."),
        ({"query": 7}, "The field `query` has to be text."),
        ({"query": ""}, "The field `query` is wrong: it is empty."),
        ({"query": " \n"}, "The field `query` is wrong: it is empty."),
        ({"conversation_id": "abc"}, "The field `conversation_id` is wrong: it is no UUID."),
        ({"conversation_id": 7}, "The field `conversation_id` has to be text."),
        ({"workflow_id": "a1b2"}, "The field `workflow_id` is wrong: Dify lets a plugin run the published version"),
    ],
    ids=str,
)
def test_a_field_of_a_chat_that_is_wrong_is_named(api, wrong, sentence):
    check_refused(api, api.http.post("/chat-messages", json={**GOOD, **wrong}), sentence=sentence)


def test_a_chat_needs_a_query(api):
    check_refused(api, api.http.post("/chat-messages", json={"inputs": {}}), sentence="The field `query` is missing.")


@every_route
@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "The body is empty."),
        (b"0\r\n\r\n", "The body is empty."),
        (b"[1]", "The body has to be a JSON object."),
        (b'"query"', "The body has to be a JSON object."),
        (b"null", "The body has to be a JSON object."),
        (b'{"query": "Hi",}', "The body is not valid JSON: "),
        (b'{"query": NaN}', "The body is not valid JSON: "),
        (b'{"query": "\xff"}', "The body is not valid JSON: "),
        (b'{"query": "\\ud800"}', "The body is not valid JSON: "),
        (b'{"query": "Hi", "inputs": {"n": 1e999}}', "number that is too large"),
        (b"[" * 100_000, "The body is not valid JSON: "),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_body_that_is_no_json_object_is_refused(api, path, body, sentence):
    headers = {"Content-Type": "application/json"}

    check_refused(api, api.http.post(path, content=body, headers=headers), sentence=sentence)


@every_route
def test_another_content_type_is_refused(api, path):
    reply = api.http.post(path, data={"query": "Hi"})

    check_refused(api, reply, status=415, code="unsupported_media_type", sentence="Send JSON")


@every_route
def test_a_body_that_was_cut_is_told_from_a_broken_one(api, path):
    body = json.dumps({"query": "x" * 10 * 1024**2}).encode()[: 10 * 1024**2]
    headers = {"Content-Type": "application/json"}

    reply = api.http.post(path, content=body, headers=headers)

    check_refused(api, reply, status=413, code="file_too_large", sentence="10 MiB or more")


@pytest.mark.parametrize("path", [*RUN_ROUTES, "/files/upload"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_another_method_is_refused_with_the_one_there_is(api, path, method):
    for prefix in ("", "/chat-app"):
        reply = api.http.request(method, prefix + path)

        check_refused(api, reply, status=405, code="method_not_allowed", sentence=f"{path} takes POST, not {method}.")
        assert reply.headers["Allow"] == "POST"


@pytest.mark.parametrize(
    ("method", "path", "sentence"),
    [
        ("GET", "/conversations", "Dify lets no plugin read or change conversations"),
        ("DELETE", "/conversations/c1", "Dify lets no plugin read or change conversations"),
        ("POST", "/conversations/c1/name", "Dify lets no plugin read or change conversations"),
        ("GET", "/conversations/c1/variables", "Dify lets no plugin read or change conversations"),
        ("GET", "/messages?user=u&limit=20", "Dify lets no plugin read or change conversations and messages."),
        ("GET", "/messages/m1/suggested", "no suggestions"),
        ("POST", "/messages/m1/feedbacks", "no feedback"),
        ("GET", "/app/feedbacks", "no feedback"),
        ("POST", "/apps/annotations", "no annotations"),
        ("POST", "/chat-messages/t1/stop", "Dify lets no plugin stop what is running"),
        ("POST", "/completion-messages/t1/stop", "Dify lets no plugin stop what is running"),
        ("POST", "/workflows/tasks/t1/stop", "Dify lets no plugin stop what is running"),
        ("GET", "/workflows/run/r1", "Dify lets no plugin look at the runs"),
        ("GET", "/workflows/logs", "Dify lets no plugin look at the runs"),
        ("GET", "/workflow/r1/events", "Dify lets no plugin look at the runs"),
        ("POST", "/workflows/w1/run", "the published version of a workflow alone: POST /workflows/run"),
        ("GET", "/form/human_input/token", "waits for a person"),
        ("POST", "/audio-to-text", "POST /v1/audio/transcriptions"),
        ("POST", "/text-to-audio", "POST /v1/audio/speech"),
        ("GET", "/info", "GET /parameters"),
        ("GET", "/meta", "GET /parameters"),
        ("GET", "/site", "GET /parameters"),
        ("GET", "/files/f1/preview", "`preview_url`"),
        ("GET", "/end-users/e1", "nothing of end users"),
        ("POST", "/datasets/d1/retrieve", "no access to its knowledge bases"),
    ],
)
@pytest.mark.parametrize("prefix", ["", "/chat-app"])
def test_what_dify_gives_no_plugin_is_refused_with_the_reason(api, prefix, method, path, sentence):
    reply = api.http.request(method, prefix + path)

    check_refused(api, reply, status=404, code="not_found", sentence=sentence)
    assert f"There is no {method} {prefix}{path.partition('?')[0]} here." in reply.json()["message"]


def test_a_path_of_another_api_is_none_of_difys(api):
    reply = api.http.post("/v1/completions", json={})

    assert (reply.status_code, reply.json().keys()) == (404, {"error"})


def test_any_other_path_is_not_found_with_the_routes_there_are(api):
    check_refused(
        api, api.http.get("/nowhere"), status=404, code="not_found", sentence="POST /<app_id>/completion-messages"
    )
