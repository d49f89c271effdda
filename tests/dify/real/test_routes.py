"""Every route with the clients that people have, through Dify's plugin daemon."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import anthropic
import cohere
import httpx
import httpx2
import openai
import pytest
from dify_client import ChatClient, CompletionClient, DifyClient
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.dify.real.place import FOLDER, Place
from tests.dify.real.settings import KEY
from tests.recordings import spoken
from tests.replies import PNG

type Check = Callable[[Place], None]
ROUTES: dict[str, Check] = {}
HELLO: list[Any] = [{"role": "user", "content": "Say hello."}]


def of(*routes: str) -> Callable[[Check], Check]:
    def kept(check: Check) -> Check:
        ROUTES.update(dict.fromkeys(routes, check))
        return check

    return kept


def openai_client(dify: Place) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{dify.url}/v1", api_key=KEY, max_retries=0, timeout=120)


def anthropic_client(dify: Place) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=dify.url, api_key=KEY, max_retries=0, timeout=120)


def of_dify[C: DifyClient](dify: Place, kind: type[C], app: str = "") -> C:
    client = kind(KEY)
    client.base_url = f"{dify.url}/{dify.app_id(app)}" if app else dify.url
    return client


@of("GET /")
def page(dify: Place) -> None:
    assert dify.url in dify.http.get("/").text


@of("POST /v1/chat/completions")
def chat_completions(dify: Place) -> None:
    with openai_client(dify) as client:
        whole = client.chat.completions.create(model="", messages=HELLO)
        chunks = list(client.chat.completions.create(model="", messages=HELLO, stream=True))
        of_app = client.chat.completions.create(model=f"app/{dify.app_id('chatflow')}", messages=HELLO)
        asked = [{"role": "user", "content": 'weather {"city": "Lisbon"}'}]
        tools: Any = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
        called = client.chat.completions.create(model="calls-a-tool", messages=asked, tools=tools)  # type: ignore[arg-type]
    assert whole.choices[0].message.content == "Echo: Say hello."
    assert [c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content][:2] == [
        "Echo:",
        " Say",
    ]
    assert of_app.choices[0].message.content == "Echo: Say hello."
    assert called.choices[0].message.tool_calls is not None
    assert called.choices[0].message.tool_calls[0].function.arguments == '{"city": "Lisbon"}'  # type: ignore[union-attr]


@of("POST /v1/responses")
def responses(dify: Place) -> None:
    with openai_client(dify) as client:
        assert client.responses.create(input="Say hello.").output_text == "Echo: Say hello."
        events = [event.type for event in client.responses.create(input="Say hello.", stream=True)]
    assert (events[0], events[-1]) == ("response.created", "response.completed")


@of("POST /v1/messages")
def messages(dify: Place) -> None:
    with anthropic_client(dify) as client:
        whole = client.messages.create(model="extractive", max_tokens=100, messages=HELLO)
        with client.messages.stream(model=f"app/{dify.app_id('chatbot')}", max_tokens=100, messages=HELLO) as stream:
            text = stream.get_final_text()
    assert whole.content[0].type == "text"
    assert text == "Echo: Say hello."


@of("POST /v1/messages/count_tokens")
def count_tokens(dify: Place) -> None:
    with anthropic_client(dify) as client:
        assert client.messages.count_tokens(model="extractive", messages=HELLO).input_tokens > 1


@of("GET /v1/models", "GET /v1/models/<path:id>")
def models(dify: Place) -> None:
    with openai_client(dify) as client:
        listed = [each.id for each in client.models.list()]
        assert client.models.retrieve("extractive").id == "extractive"
    assert {"boom", "extractive", f"app/{dify.app_id('chatbot')}"} <= set(listed)


@of("POST /v1/embeddings")
def embeddings(dify: Place) -> None:
    with openai_client(dify) as client:
        found = client.embeddings.create(model="", input=[f"text {at}" for at in range(100)]).data
    assert (len(found), len(found[0].embedding)) == (100, 8)


@of("POST /v1/audio/speech")
def speech(dify: Place) -> None:
    with openai_client(dify) as client:
        assert len(client.audio.speech.create(model="", voice="alloy", input="Hello.").read()) > 500


@of("POST /v1/audio/transcriptions")
def transcriptions(dify: Place) -> None:
    with openai_client(dify) as client, pytest.raises(openai.APIStatusError, match="Dify cannot transcribe") as failed:
        client.audio.transcriptions.create(model="pocketsphinx", file=("a.mp3", spoken()))
    assert failed.value.status_code == 502


@of("POST /v1/moderations")
def moderations(dify: Place) -> None:
    with openai_client(dify) as client, pytest.raises(openai.BadRequestError, match="moderation"):
        client.moderations.create(input="Hello.")


@of("POST /v1/rerank")
def rerank(dify: Place) -> None:
    with cohere.Client(KEY, base_url=dify.url, timeout=120, max_retries=0) as client:
        found = client.rerank(model="", query="Where?", documents=["Lisbon", "Oslo"], top_n=1)
    assert [each.index for each in found.results] == [0]


@of("POST /v2/rerank")
def rerank_v2(dify: Place) -> None:
    with cohere.ClientV2(KEY, base_url=dify.url, timeout=120, max_retries=0) as client:
        found = client.rerank(model="", query="Where?", documents=["Lisbon", "Oslo"])
    assert [each.index for each in found.results] == [0, 1]


@of("POST /chat-messages", "POST /<app_id>/chat-messages")
def chat_messages(dify: Place) -> None:
    for app in ("", "agent", "chatflow"):
        reply = of_dify(dify, ChatClient, app).create_chat_message({}, "Hello", "ana", "streaming")
        assert reply.status_code == 200, f"{app}: {reply.text}"
        assert [event["event"] for event in events_of(reply.text)][-1] in ("message_end", "workflow_finished"), (
            reply.text
        )
    whole = of_dify(dify, ChatClient).create_chat_message({}, "Hello", "ana")
    assert whole.json()["answer"] == "Echo: Hello"


@of("POST /workflows/run", "POST /<app_id>/workflows/run")
def workflows_run(dify: Place) -> None:
    for start in ("", f"/{dify.app_id('workflow')}"):
        asked = {"inputs": {"text": "Hello"}, "response_mode": "blocking", "user": "ana"}
        answer = dify.http.post(f"{start}/workflows/run", json=asked)
        assert answer.json()["data"]["outputs"] == {"answer": "Echo: Hello"}, answer.text


@of("POST /completion-messages", "POST /<app_id>/completion-messages")
def completion_messages(dify: Place) -> None:
    for app in ("", "completion"):
        reply = of_dify(dify, CompletionClient, app).create_completion_message({"query": "Hello"}, "blocking", "ana")
        assert (reply.status_code, "Dify cannot run completion apps" in reply.text) == (502, True), reply.text


@of("GET /parameters", "GET /<app_id>/parameters")
def parameters(dify: Place) -> None:
    for app in ("", "workflow"):
        reply = of_dify(dify, DifyClient, app).get_application_parameters("ana")
        assert reply.status_code == 200, reply.text
        assert "user_input_form" in reply.json()


@of("POST /files/upload", "POST /<app_id>/files/upload")
def files_upload(dify: Place) -> None:
    for app in ("", "chatbot"):
        reply = of_dify(dify, DifyClient, app).file_upload("ana", {"file": ("dot.png", PNG, "image/png")})
        assert reply.status_code == 201, reply.text


@of("POST /mcp")
def mcp(dify: Place) -> None:
    async def use() -> tuple[list[str], str]:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {KEY}"}, timeout=120) as http,
            Client(streamable_http_client(f"{dify.url}/mcp", http_client=http)) as client,
        ):
            listed = [tool.name for tool in (await client.list_tools()).tools]
            called = await client.call_tool("ask_model", {"prompt": "Hello"})
            return listed, str(called.content)

    listed, said = asyncio.run(use())
    assert "ask_model" in listed
    assert "Echo: Hello" in said


@of("GET /duck/<app_id>")
def duck(dify: Place) -> None:
    shown = dify.http.get(f"/duck/{dify.app_id('chatbot')}", params={"query": "Hello"})
    assert shown.status_code == 200, shown.text
    assert "Echo:" in shown.text


def events_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def test_every_route_has_a_test() -> None:
    assert FOLDER.group is not None
    fallbacks = ("/<path:path>", "OPTIONS /", "DELETE /", "PUT /", "POST /")
    routes = {each.route for each in FOLDER.group.endpoints if not each.route.endswith(fallbacks)}
    assert routes | {"GET /"} == ROUTES.keys()


@pytest.mark.parametrize("route", ROUTES)
def test_a_route_answers(dify: Place, route: str) -> None:
    ROUTES[route](dify)


def test_a_wrong_key_is_refused_and_what_is_not_there_is_named(dify: Place) -> None:
    assert httpx.get(f"{dify.url}/v1/models", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert dify.http.get("/nosuch").status_code == 404
    assert dify.http.options("/v1/models", headers={"Origin": "https://example.com"}).status_code in (200, 204)
    with openai_client(dify) as client, pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="nosuch", messages=HELLO)


@pytest.mark.parametrize("model", ["slow", "app"])
def test_a_stream_arrives_in_pieces(dify: Place, model: str) -> None:
    asked = f"app/{dify.app_id('chatbot that is slow')}" if model == "app" else model
    body = {"model": asked, "messages": HELLO, "stream": True}
    with dify.http.stream("POST", "/v1/chat/completions", json=body) as answer:
        assert answer.status_code == 200, answer.read()
        at = [time.monotonic() for line in answer.iter_lines() if '"content"' in line]
    assert at[-1] - at[0] > 1, f"all of it came within {at[-1] - at[0]:.2f} seconds"
