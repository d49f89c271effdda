"""What failing requests are answered with, as the client of Anthropic understands it."""

import anthropic
import pytest

from endpoints.anthropic.wire.reply import KEEP_ALIVE
from tests.endpoints.api import KEY
from tests.replies import llm_chunk
from workspace.wire import DifyError

HELLO = [{"role": "user", "content": "Hi"}]
LLM_ERROR = "invoke llm model failed: request failed with status code: {} and respond with: {}"
RATE_LIMIT = "[langgenius/openai/openai] Rate Limit Error, Error code: 429 - {'error': {'message': 'Slow down'}}"
OVERLOADED = (
    "[langgenius/anthropic/anthropic] Server Unavailable Error, Error code: 529 - {'type': 'error', 'error': "
    "{'type': 'overloaded_error', 'message': 'Overloaded'}}"
)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("text", "raised", "status", "kind"),
    [
        (
            "permission denied, you need to enable llm access in plugin manifest",
            anthropic.PermissionDeniedError,
            403,
            "permission_error",
        ),
        ("request failed: Model no-such-model not exist.", anthropic.BadRequestError, 400, "invalid_request_error"),
        (
            LLM_ERROR.format(404, '{"code":"not_found","message":"no","status":404}'),
            anthropic.NotFoundError,
            404,
            "not_found_error",
        ),
        (
            LLM_ERROR.format(401, '{"code":"unauthorized","message":"no"}'),
            anthropic.InternalServerError,
            502,
            "api_error",
        ),
        (f"read llm model failed: request failed: {RATE_LIMIT}", anthropic.RateLimitError, 429, "rate_limit_error"),
        (f"read llm model failed: request failed: {OVERLOADED}", anthropic.OverloadedError, 529, "overloaded_error"),
        (
            "request failed: [langgenius/x/x] Server Unavailable Error, down",
            anthropic.InternalServerError,
            502,
            "api_error",
        ),
        ("killed by timeout", anthropic.GatewayTimeoutError, 504, "timeout_error"),
    ],
)
def test_the_client_raises_what_fits_the_failure(api, text, raised, status, kind, stream):
    api.answer(DifyError(text))

    with pytest.raises(raised) as failure:
        api.anthropic().messages.create(model="test-model", max_tokens=5, messages=HELLO, stream=stream)

    assert type(failure.value) is raised
    assert (failure.value.status_code, failure.value.type) == (status, kind)
    assert failure.value.request_id == failure.value.body["request_id"]
    assert failure.value.request_id.startswith("req_")
    assert len(api.asked) == 1


def test_an_overload_in_mid_stream_is_told_as_one(api):
    api.answer(llm_chunk("Good "), DifyError(f"read llm model failed: request failed: {OVERLOADED}"))

    with api.anthropic().messages.stream(model="test-model", max_tokens=5, messages=HELLO) as stream:
        assert next(stream.text_stream) == "Good "
        with pytest.raises(anthropic.APIStatusError, match="Overloaded") as failure:
            stream.until_done()

    assert failure.value.type == "overloaded_error"


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
def test_the_form_of_an_error(api, path):
    response = api.http.post(path, json={})

    body = response.json()
    assert response.headers["request-id"] == body.pop("request_id")
    assert body == {
        "type": "error",
        "error": {"type": "invalid_request_error", "message": "The field `messages` is missing."},
    }


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-api-key": "wrong"},
        {"x-api-key": ""},
        {"x-api-key": f"Bearer {KEY}"},
        {"x-api-key": f"{KEY}, {KEY}"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": KEY},
        {"Authorization": "Bearer wrong", "x-api-key": "wrong"},
    ],
)
def test_a_wrong_key_is_refused_wherever_it_stands(api, headers):
    response = api.http.post("/v1/messages", json={"messages": HELLO}, headers={"Authorization": "", **headers})

    assert response.status_code == 401
    assert response.json()["error"]["type"] == "authentication_error"
    assert "`x-api-key: KEY`" in response.text or "Incorrect API key provided" in response.text
    assert api.asked == []


def test_the_client_knows_a_wrong_key(api):
    with pytest.raises(anthropic.AuthenticationError, match="Incorrect API key provided"):
        api.anthropic(api_key="wrong").messages.create(model="test-model", max_tokens=5, messages=HELLO)
    with pytest.raises(anthropic.AuthenticationError, match="Incorrect API key provided"):
        api.anthropic(api_key="wrong").models.list()


def test_a_client_does_not_ask_again_for_what_dify_cannot_do(api):
    api.answer(DifyError("invoke app failed: request failed: 'query'"))

    with pytest.raises(anthropic.InternalServerError):
        api.anthropic(max_retries=2).messages.create(model="app/completion-app", max_tokens=5, messages=HELLO)

    assert len(api.asked) == 1


def test_a_sign_of_life_is_an_event_that_clients_pass_over():
    assert KEEP_ALIVE == b'event: ping\ndata: {"type":"ping"}\n\n'
