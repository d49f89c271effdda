"""Tools, endpoints and reverse invocations over remote debugging and serverless, as over stdin and stdout."""

import json
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import miniaudio
import openai
import pytest

from tests.recordings import mp3
from tests.replies import llm_chunk
from tests.transports.hosted import KEY, SETTINGS
from workspace.plugin.errors import PluginCallError
from workspace.plugin.selectors import DEFAULT_MODELS, model_selector
from workspace.stub import replies

LISBON = "Lisbon lies on the Tagus. Bread rises because of yeast. Which river does Lisbon lie on?"
CHAT = {"messages": [{"role": "user", "content": LISBON}]}


def selected(model_type):
    return model_selector(DEFAULT_MODELS[model_type], scope=model_type)


def test_a_tool_is_answered_by_the_workspace(plugin, workspace):
    outputs = plugin.call("moderation", model=selected("moderation"), text="What a damn mess.")

    assert outputs.variables["flagged"] is True
    assert workspace.asked == ["moderation"]


def test_a_file_arrives_whole(plugin):
    [speech] = plugin.call("tts", model=selected("tts"), text="We will meet at the station.", voice="en-us").files

    assert miniaudio.decode(speech.data).duration > 1


def test_a_failure_is_told_in_one_sentence(plugin):
    with pytest.raises(PluginCallError, match="^No app is chosen") as caught:
        plugin.call("chat_app", query="Hi", app_id="")

    assert caught.value.error_type == "InvalidInput"
    with pytest.raises(PluginCallError) as caught:
        plugin.call("chat_app", query="Hi", app_id="nowhere")
    assert caught.value.error_type == "NotConfigured"


PIECES = [f"token {number} " for number in range(5)]


def read_one_by_one(answered, http):
    """What comes of PIECES, of which a model gives each when the one before has been read here; the last line too."""
    read, came, last = threading.Event(), [], ""

    def answer(_invoke_type, _payload):
        for piece in PIECES:
            yield llm_chunk(piece)
            assert read.wait(10), "the piece before was held back"
            read.clear()
        yield llm_chunk("", finish_reason="stop", total_tokens=9)

    answered.handler = answer
    with http.stream("POST", "/v1/chat/completions", json={**CHAT, "stream": True}) as response:
        for line in filter(None, response.iter_lines()):
            last = line
            if "token" in line:
                came.append(json.loads(line.removeprefix("data: "))["choices"][0]["delta"]["content"])
                read.set()
    return [*came, last]


def test_an_endpoint_streams_each_piece_as_it_comes(plugin, workspace):
    assert read_one_by_one(workspace, plugin.http) == [*PIECES, "data: [DONE]"]


def test_an_openai_client_is_answered_by_the_workspace(plugin, workspace):
    with openai.OpenAI(base_url=f"{plugin.url}/v1", api_key=SETTINGS["api_key"], max_retries=0) as client:
        streamed = client.chat.completions.create(model="extractive", stream=True, **CHAT)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in streamed if chunk.choices)

    assert text == "Lisbon lies on the Tagus."
    assert workspace.asked == ["llm"]


def test_a_large_reply_is_whole(plugin, workspace):
    audio = mp3() + random.Random(0).randbytes(6_000_000)
    pieces = [audio[at : at + 16_384] for at in range(0, len(audio), 16_384)]
    workspace.handler = replies(*({"result": piece.hex()} for piece in pieces))

    response = plugin.http.post("/v1/audio/speech", json={"input": "Hi", "voice": "alloy"})

    assert response.content == audio


def test_many_calls_at_once_are_kept_apart(plugin):
    def moderated(number):
        text = "What a damn mess." if number % 2 else "What a lovely morning."
        return plugin.http.post("/v1/moderations", json={"input": text}, headers=KEY).json()["results"][0]["flagged"]

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(moderated, range(40))) == [False, True] * 20
