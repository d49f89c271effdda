"""Remote debugging and serverless hosting, with the daemon's own ends of them."""

import random
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.daemon.other_transports import Connector, RealHosted, debug
from tests.daemon.prerequisites import missing
from tests.recordings import mp3
from tests.replies import llm_chunk
from tests.transports.test_calls import CHAT, PIECES, read_one_by_one, selected
from workspace.stub import replies

STREAM = {**CHAT, "stream": True}
SPEECH = {"input": "Hi", "voice": "alloy"}


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    with RealHosted(debug(tmp_path_factory.mktemp("plugin"))) as hosted:
        yield hosted


@pytest.fixture(scope="module")
def serverless():
    connector = Connector()
    with RealHosted(connector.run, **connector.configured) as hosted:
        yield hosted
    connector.close()


@pytest.fixture(params=["remote", "serverless"])
def plugin(request):
    if missing():
        pytest.skip("the real plugin daemon cannot run here")
    hosted = request.getfixturevalue(request.param)
    hosted.reset()
    return hosted


def test_a_tool_is_answered_by_the_workspace(plugin):
    answer = plugin.call("moderation", model=selected("moderation"), text="What a damn mess.")

    assert '"variable_name":"flagged","variable_value":true' in answer


def test_storage_is_the_daemons(plugin):
    plugin.call("storage", action="set", key="city", value="Lisbon")

    assert '"variable_name":"value","variable_value":"Lisbon"' in plugin.call("storage", action="get", key="city")


def test_an_endpoint_streams_each_piece_as_it_comes(plugin):
    assert read_one_by_one(plugin, plugin.http) == [*PIECES, "data: [DONE]"]


def test_every_short_stream_is_whole(plugin):
    plugin.handler = replies(llm_chunk("Good "), llm_chunk("day."), llm_chunk("", finish_reason="stop"))

    def asked(_):
        return plugin.http.post("/v1/chat/completions", json=STREAM).text

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(asked, range(100)))

    assert [answer.endswith("data: [DONE]\n\n") and "Good " in answer for answer in answers] == [True] * 100


def test_a_large_reply_is_whole(plugin):
    audio = mp3() + random.Random(0).randbytes(6_000_000)
    pieces = [audio[at : at + 16_384] for at in range(0, len(audio), 16_384)]
    plugin.handler = replies(*({"result": piece.hex()} for piece in pieces))

    assert plugin.http.post("/v1/audio/speech", json=SPEECH).content == audio


def test_a_client_that_leaves_disturbs_nobody(plugin):
    plugin.handler = replies(*({"result": "00" * 16_384} for _ in range(200)))
    with plugin.http.stream("POST", "/v1/audio/speech", json=SPEECH) as response:
        next(response.iter_raw())

    plugin.reset()
    assert plugin.http.post("/v1/moderations", json={"input": "What a damn mess."}).json()["results"][0]["flagged"]


def test_who_waits_learns_that_the_plugin_has_left(tmp_path):
    if missing():
        pytest.skip("the real plugin daemon cannot run here")
    with RealHosted(debug(tmp_path)) as plugin:

        def answer(_invoke_type, _payload):
            plugin.process.kill()
            yield None

        plugin.handler = answer
        response = plugin.http.post("/v1/moderations", json={"input": "Hello."}, timeout=httpx.Timeout(20))

    assert response.status_code == 500
    assert "Connection closed unexpectedly" in response.text
