"""Dify's API over HTTP, asked as the plugin daemon asks it."""

import json
import struct
import threading

import httpx
import pytest

from tests.workspace.dify.fake_models import FakeModels
from tests.workspace.dify.model_calls import NAME, llm_payload
from workspace.dify.refusals import Refused
from workspace.local import local_dify
from workspace.plugin.file_server import FileServer
from workspace.serve.http_server import HttpServer
from workspace.serve.inner_api import ROUTES, InnerApi
from workspace.wire import DifyError

KEY = "test-key"
SESSION = {"tenant_id": "tenant", "user_id": "", "type": "llm"}
STREAMED = ["invoke/llm", "invoke/llm/structured-output", "invoke/tts", "invoke/tool", "invoke/app"]


class Api:
    """An `InnerApi` behind HTTP; `answer` can be swapped, `asked` is what came."""

    def __init__(self):
        self.answer = local_dify({}, FakeModels()).api.answer
        self.asked = []
        self.server = HttpServer(InnerApi(self._answer, key=KEY))
        self.http = httpx.Client(base_url=f"{self.server.url}/inner/api", headers={"X-Inner-Api-Key": KEY})

    def _answer(self, invoke_type, payload):
        self.asked.append((invoke_type, payload))
        return self.answer(invoke_type, payload)

    def post(self, route, payload):
        return self.http.post(route, json={**SESSION, **payload})


@pytest.fixture(scope="module")
def running():
    api = Api()
    yield api
    api.http.close()
    api.server.close()


@pytest.fixture
def api(running):
    running.answer = local_dify({}, FakeModels()).api.answer
    running.asked.clear()
    return running


def frames(body):
    """The JSON objects in a row of frames, as the daemon's parser takes them apart."""
    found = []
    while body:
        magic, head, length = struct.unpack("<BxHI6x", body[:14])
        assert (magic, head) == (0x0F, 10)
        found.append(json.loads(body[14 : 14 + length]))
        body = body[14 + length :]
    return found


def answering(*replies):
    def answer(_invoke_type, _payload):
        for reply in replies:
            if isinstance(reply, Exception):
                raise reply
            yield reply

    return answer


def test_an_answer_streams_in_frames(api):
    response = api.post("invoke/llm", llm_payload())

    chunks = [frame["data"]["delta"] for frame in frames(response.content)]
    assert [chunk["message"]["content"] for chunk in chunks] == ["Good ", "day.", ""]
    assert chunks[-1]["finish_reason"] == "stop"
    assert {frame["error"] for frame in frames(response.content)} == {""}


def test_a_reply_that_does_not_stream_is_one_object(api):
    response = api.post("invoke/moderation", {**NAME, "text": "Hi"})

    assert response.headers["content-type"] == "application/json"
    assert response.json() == {"data": {"result": False}, "error": ""}


def test_an_app_streams_and_a_blocking_call_is_one_frame(api):
    payload = {"app_id": "chatbot", "inputs": {"name": "Ada"}, "query": "Hi", "conversation_id": ""}
    streamed = frames(api.post("invoke/app", {**payload, "response_mode": "streaming"}).content)
    [blocking] = frames(api.post("invoke/app", {**payload, "response_mode": "blocking"}).content)

    assert streamed[-1]["data"]["event"] == "message_end"
    assert blocking["data"]["answer"] == "Good day."


def test_an_apps_parameters_are_held_twice(api):
    assert "user_input_form" in api.post("fetch/app/info", {"app_id": "chatbot"}).json()["data"]["data"]


@pytest.mark.parametrize("opt", ["encrypt", "decrypt"])
def test_settings_come_back_as_they_are(api, opt):
    settings = {"api_key": "test-key", "chat_model": {"provider": "p", "model": "m"}}
    request = {"opt": opt, "namespace": "endpoint", "identity": "1", "data": settings, "config": []}

    assert api.post("invoke/encrypt", request).json() == {"data": {"data": settings}, "error": ""}


def test_a_plugin_gets_an_address_for_its_file(api, tmp_path):
    with FileServer(uploads=tmp_path) as files:
        api.answer = local_dify({}, FakeModels(), files=files).api.answer
        url = api.post("upload/file/request", {"filename": "a.png", "mimetype": "image/png"}).json()["data"]["url"]

        assert httpx.post(url, files={"file": ("a.png", b"x", "image/png")}).status_code == 201


@pytest.mark.parametrize("key", ["", "wrong", "test-key2", "tést-key"])
def test_without_the_key_nothing_is_there(api, key):
    response = api.http.post("invoke/llm", json=llm_payload(), headers={"X-Inner-Api-Key": key.encode()})

    assert response.status_code == 404
    assert response.json()["code"] == "not_found"
    assert api.asked == []


@pytest.mark.parametrize("route", ["invoke/multimodal-embedding", "invoke/multimodal-rerank", "invoke", "", "../llm"])
def test_a_route_that_dify_does_not_have_is_not_found(api, route):
    response = api.post(route, NAME)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_another_method_than_post_is_refused(api):
    response = api.http.get("invoke/llm")

    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "invalid json"),
        (b"{", "invalid json"),
        (b"\xff", "invalid json"),
        (b"[" * 100_000, "invalid json"),
        (b"[]", "invalid payload: a JSON object is expected"),
        (b"{}", "invalid payload: 3 validation errors for RequestInvokeLLM\nprovider\n  Field required"),
    ],
)
def test_a_payload_that_cannot_be_read_is_a_bad_request(api, body, message):
    response = api.http.post("invoke/llm", content=body)

    assert response.status_code == 400
    assert (response.json()["code"], response.json()["status"]) == ("invalid_param", 400)
    assert response.json()["message"].startswith(message)


@pytest.mark.parametrize("route", ROUTES)
def test_what_is_refused_before_the_first_reply_has_its_status(api, route):
    api.answer = answering(Refused("gone", status=410, code="gone"))
    response = api.post(route, {})

    assert response.status_code == 410
    assert response.json() == {"code": "gone", "message": "gone", "status": 410}


@pytest.mark.parametrize("route", ROUTES)
def test_an_error_text_is_in_the_answer(api, route):
    api.answer = answering(DifyError("overloaded"))
    response = api.post(route, {})

    [answer] = frames(response.content) if route in STREAMED else [response.json()]
    assert (response.status_code, answer) == (200, {"data": None, "error": "overloaded"})


def test_an_error_after_some_replies_is_the_last_frame(api):
    api.answer = answering({"result": "00"}, DifyError("overloaded"))

    assert frames(api.post("invoke/tts", {}).content) == [
        {"data": {"result": "00"}, "error": ""},
        {"data": None, "error": "overloaded"},
    ]


def test_no_reply_at_all_is_an_empty_stream_or_no_data(api):
    api.answer = answering()

    assert api.post("invoke/llm", {}).content == b""
    assert api.post("invoke/rerank", {}).json() == {"data": None, "error": ""}


def test_half_a_surrogate_pair_passes(api):
    api.answer = answering({"summary": "half \ud83d"})

    assert json.loads(api.post("invoke/summary", {}).content)["data"]["summary"] == "half \ud83d"


def test_the_sessions_own_fields_are_left_out(api):
    api.post("invoke/moderation", {**NAME, "text": "Hi"})

    assert api.asked == [("moderation", {**NAME, "text": "Hi"})]


def test_a_reply_leaves_before_the_next_is_made(api):
    first_is_read = threading.Event()

    def answer(_invoke_type, _payload):
        yield {"result": "00"}
        yield {"result": "01" if first_is_read.wait(10) else "late"}

    api.answer = answer
    with api.http.stream("POST", "invoke/tts", json={}) as response:
        received = response.iter_raw()
        assert frames(next(received))[0]["data"] == {"result": "00"}
        first_is_read.set()
        assert frames(next(received))[0]["data"] == {"result": "01"}
