"""What failing requests are answered with, as clients of the APIs understand it."""

import http.client
import json
import re
from urllib.parse import urlsplit

import httpx
import openai
import pytest

from tests.app_replies import error
from tests.endpoints.api import KEY, ROOT, SETTINGS
from tests.endpoints.error_forms import form_of, read_error
from tests.endpoints.valid_requests import VALID, request
from workspace.plugin.folder import read_plugin_folder
from workspace.plugin.process import PluginLine, PluginProcess
from workspace.serve.endpoint_host import EndpointHost
from workspace.wire import DifyError

JSON_ROUTES = {route: valid[0] for route, valid in VALID.items() if valid[0].json is not None}
ASKS_NOTHING = "/v1/messages/count_tokens"
every_json_route = pytest.mark.parametrize("route", JSON_ROUTES)


def post(api, route, content, content_type="application/json"):
    headers = {"Content-Type": content_type} if content_type else {}
    return api.http.post(JSON_ROUTES[route].path, content=content, headers=headers)


def told(answer, route):
    """The message of an error, which has to be in the form of the route's API."""
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    form, message = read_error(body)
    assert form == form_of(route)
    assert body.get("status", answer.status_code) == answer.status_code
    assert message[0].isupper()
    assert message.endswith(".")
    return message


@every_json_route
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The body is empty. Send a JSON object."),
        (b"0\r\n\r\n", "The body is empty. Send a JSON object."),
        (b'{"model": "x"', "The body is not valid JSON: EOF while parsing an object at line 1 column 13."),
        (b'{"model": \n NaN}', "The body is not valid JSON: expected value at line 2 column 2."),
        (b'{"model": "\xff"}', "The body is not valid JSON: invalid unicode code point at line 1 column 12."),
        (b'{"model": "\\ud800"}', "The body is not valid JSON: half of a surrogate pair at line 1 column 18."),
        (b"[" * 100_000, "The body is not valid JSON: nested deeper than 200 at line 1 column 202."),
        (b'{"model": 1e999}', "The body holds a number that is too large: beyond what 64 bits can carry as a float."),
        (b"[]", "The body has to be a JSON object"),
        (b"null", "The body has to be a JSON object"),
        (b'"text"', "The body has to be a JSON object"),
    ],
)
def test_a_body_that_is_no_object_is_told_with_the_place(api, route, content, sentence):
    answer = post(api, route, content)

    assert answer.status_code == 400
    assert told(answer, route).startswith(sentence)
    assert api.asked == []


@every_json_route
def test_another_content_type_is_told_with_the_one_to_send(api, route):
    content = json.dumps(JSON_ROUTES[route].json)

    for content_type in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data"):
        answer = post(api, route, content, content_type)

        assert answer.status_code == 415
        assert told(answer, route) == (
            f"The body was sent as {content_type}. Send JSON, with the header `Content-Type: application/json`."
        )
    assert api.asked == []


@pytest.mark.parametrize(
    "route", ["/chat-messages", "/v1/embeddings", "/v1/responses", "/v1/messages", ASKS_NOTHING, "/mcp"]
)
def test_a_body_of_ten_mebibytes_is_too_large_and_not_bad_json(api, route):
    answer = post(api, route, b'{"model": "' + b"x" * 10 * 1024 * 1024)

    assert answer.status_code == 413
    assert told(answer, route).startswith("The body has 10 MiB or more")


@pytest.mark.parametrize(
    ("route", "name"),
    [
        ("/chat-messages", "query"),
        ("/v1/chat/completions", "messages"),
        ("/v1/messages", "messages"),
        ("/v1/messages/count_tokens", "messages"),
        ("/v1/embeddings", "input"),
        ("/v1/audio/speech", "input"),
        ("/v1/moderations", "input"),
        ("/v1/rerank", "query"),
        ("/v2/rerank", "documents"),
    ],
)
def test_a_missing_field_is_told_by_its_name(api, route, name):
    good = JSON_ROUTES[route].json

    answer = post(api, route, json.dumps({key: value for key, value in good.items() if key != name}))

    assert answer.status_code == 400
    assert told(answer, route) == f"The field `{name}` is missing."
    assert answer.json().get("error", {}).get("param", name) == name


@every_json_route
def test_a_field_of_the_wrong_type_is_told_by_its_name_and_never_shown(api, route):
    good = JSON_ROUTES[route].json

    refused = 0
    for name in good:
        answer = post(api, route, json.dumps({**good, name: [{"SECRET": "SECRET"}]}))
        if answer.status_code == 400:
            refused += 1
            assert f"`{name}" in told(answer, route)
            assert "SECRET" not in answer.text
    assert refused


LLM_ERROR = "invoke llm model failed: request failed with status code: {} and respond with: {}"
RATE_LIMIT = "[langgenius/openai/openai] Rate Limit Error, Error code: 429 - {'error': {'message': 'Slow down'}}"
TOO_LONG = (
    "[models] Bad Request Error, Error code: 400 - {'error': {'message': \"This model's maximum context length is 8192 "
    "tokens. However, your messages resulted in 9000 tokens.\", 'type': 'invalid_request_error', 'param': None, "
    "'code': 'context_length_exceeded'}}"
)
FAILURES = [
    ("permission denied, you need to enable llm access in plugin manifest", openai.PermissionDeniedError, 403, None),
    ("request failed: Model no-such-model not exist.", openai.BadRequestError, 400, None),
    ("request failed: Provider langgenius/x/x does not exist.", openai.BadRequestError, 400, None),
    (LLM_ERROR.format(400, '{"code":"invalid_param","message":"no","status":400}'), openai.BadRequestError, 400, None),
    (LLM_ERROR.format(404, '{"code":"not_found","message":"no","status":404}'), openai.NotFoundError, 404, None),
    (LLM_ERROR.format(401, '{"code":"unauthorized","message":"no"}'), openai.InternalServerError, 502, None),
    (LLM_ERROR.format(429, '{"code":"too_many_requests","message":"no"}'), openai.RateLimitError, 429, None),
    (f"read llm model failed: request failed: {RATE_LIMIT}", openai.RateLimitError, 429, None),
    ("request failed: [langgenius/x/x] Server Unavailable Error, down", openai.InternalServerError, 502, None),
    (
        f"read llm model failed: request failed: {TOO_LONG}",
        openai.BadRequestError,
        400,
        "context_length_exceeded",
    ),
    (
        "request failed: [langgenius/x/x] Bad Request Error, Error code: 422 - {'error': {'message': 'no'}}",
        openai.BadRequestError,
        400,
        None,
    ),
    (
        'request failed: PluginInvokeError: {"args":{},"error_type":"ValueError","message":"Model Parameter '
        'temperature should be less than or equal to 2.0."}',
        openai.BadRequestError,
        400,
        None,
    ),
    ("read llm model failed: EOF\nfailed to read data", openai.InternalServerError, 502, None),
    ("No response from Dify", openai.InternalServerError, 502, None),
    ("killed by timeout", openai.InternalServerError, 504, "timeout"),
    (
        LLM_ERROR.format(504, "<html><title>504 Gateway Time-out</title></html>"),
        openai.InternalServerError,
        504,
        "timeout",
    ),
]
SECRETS = " Traceback (most recent call last):\n File secrets.py, key sk-abc123def456ghi789"


@pytest.mark.parametrize(("text", "raised", "status", "code"), FAILURES)
@pytest.mark.parametrize("stream", [False, True])
def test_the_client_of_openai_raises_what_fits_the_failure(api, text, raised, status, code, stream):
    api.answer(DifyError(text))

    with pytest.raises(raised) as failure:
        api.openai().chat.completions.create(
            model="test-model", messages=[{"role": "user", "content": "Hi"}], stream=stream
        )

    assert type(failure.value) is raised
    assert failure.value.status_code == status
    assert failure.value.code == code
    assert len(api.asked) == 1


@pytest.mark.parametrize(("text", "raised", "status", "code"), FAILURES)
@pytest.mark.parametrize("mode", ["blocking", "streaming"])
def test_the_routes_of_dify_answer_the_same_failures_in_their_form(api, text, raised, status, code, mode):
    api.answer(DifyError(text.replace("llm model", "app")))

    answer = api.http.post("/chat-messages", json={"query": "Hi", "inputs": {}, "user": "u", "response_mode": mode})

    assert answer.status_code == status
    assert told(answer, "/chat-messages")


def test_an_app_that_fails_with_its_first_event_is_an_error_of_http(api):
    for code, status in (
        ("rate_limit_error", 429),
        ("provider_not_initialize", 400),
        ("completion_request_error", 502),
    ):
        api.answer(error("no", code=code, status=429 if status == 429 else 400))
        body = {"query": "Hi", "inputs": {}, "user": "u", "response_mode": "streaming"}

        answer = api.http.post("/chat-messages", json=body)

        assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("path", "body"), [(valid.path, valid.json) for route, valid in JSON_ROUTES.items() if route != ASKS_NOTHING]
)
def test_no_key_and_no_traceback_of_a_failure_reaches_the_caller(api, path, body):
    api.answer(DifyError(f"request failed: Something broke: api_key=sk-abc123def456ghi789{SECRETS}"))

    answer = api.http.post(path, json=body)

    assert answer.status_code == (200 if path == "/mcp" else 502)  # there a failure is a result that says so
    assert "Something broke" in answer.text
    assert not [word for word in ("sk-abc", "Traceback", "secrets.py", KEY) if word in answer.text]


def test_a_client_does_not_ask_again_for_what_dify_cannot_do(api):
    api.answer(DifyError("invoke app failed: request failed: 'query'"))
    client = api.openai().with_options(max_retries=2)

    with pytest.raises(openai.InternalServerError) as failure:
        client.chat.completions.create(model="app/completion-app", messages=[{"role": "user", "content": "Hi"}])

    assert failure.value.response.headers["x-should-retry"] == "false"
    assert len(api.asked) == 1


def test_a_client_does_not_ask_again_for_what_a_provider_refuses(api):
    api.answer(DifyError(f"read llm model failed: request failed: {TOO_LONG}"))
    client = api.openai().with_options(max_retries=2)

    with pytest.raises(openai.BadRequestError, match="maximum context length is 8192") as failure:
        client.chat.completions.create(model="test-model", messages=[{"role": "user", "content": "Hi"}])

    assert (failure.value.type, failure.value.code) == ("invalid_request_error", "context_length_exceeded")
    assert len(api.asked) == 1


def test_a_client_does_not_ask_again_for_what_has_to_be_paid_first(api):
    said = "Error code: 429 - {'error': {'message': 'No credit.', 'code': 'insufficient_quota'}}"
    api.answer(DifyError(f"read llm model failed: request failed: [openai] Rate Limit Error, {said}"))
    client = api.openai().with_options(max_retries=2)

    with pytest.raises(openai.RateLimitError, match="No credit") as failure:
        client.chat.completions.create(model="test-model", messages=[{"role": "user", "content": "Hi"}])

    assert failure.value.code == "insufficient_quota"
    assert len(api.asked) == 1


def raw(api, path="/v1/models", **headers):
    address = urlsplit(api.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=30)
    connection.putrequest("GET", address.path + path)
    for name, value in {"Authorization": f"Bearer {KEY}", **headers}.items():
        connection.putheader(name, value)
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status


def test_what_the_sdk_fails_on_before_the_plugin_is_asked(api):
    """A known gap: the answer is the plugin daemon's, a 500. The plugin lives."""
    assert raw(api, Authorization="Bearer clé".encode("latin-1")) == 500
    assert raw(api, Some_Header="x") == 500
    assert raw(api, "/a%00b") == 500

    assert api.http.get("/v1/models").status_code == 200


def test_without_a_content_type_a_body_is_taken_for_json(api):
    api.answer({"result": False})

    answer = httpx.post(
        f"{api.url}/v1/moderations", content=b'{"input": "Nice."}', headers={"Authorization": f"Bearer {KEY}"}
    )

    assert "content-type" not in answer.request.headers
    assert answer.json()["results"][0]["flagged"] is False


def test_each_failure_is_one_line_in_the_log_without_content(child_process):
    lines: list[PluginLine] = []

    def dify(invoke_type, payload):
        raise DifyError("request failed: somebody's text")
        yield

    with (
        PluginProcess(read_plugin_folder(ROOT), dify, on_line=lines.append) as process,
        EndpointHost(process, lambda: SETTINGS) as host,
        httpx.Client(base_url=host.url, headers={"Authorization": f"Bearer {KEY}"}) as client,
    ):
        for route, (valid, *_) in VALID.items():
            sent = request(route, valid)
            typed = {name: value for name, value in sent.headers.items() if name == "content-type"}
            lines.clear()

            answer = client.request(sent.method, valid.path, content=sent.read(), headers=typed)

            logged = [f"{line.source}: {line.text}" for line in lines]
            assert len(logged) == (answer.status_code != 200 or '"isError":true' in answer.text), route
            assert all(re.fullmatch(r"log: WARNING [a-z0-9 ]+: ProviderFailed", line) for line in logged), logged
