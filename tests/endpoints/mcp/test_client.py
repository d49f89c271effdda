"""The official client, in both of its modes: with the handshake of old, and without."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

from tests.app_replies import chat, chat_end, workflow, workflow_finished
from tests.endpoints.api import KEY, Api
from tests.endpoints.mcp.messages import answering, form
from tests.endpoints.mcp.test_tools import EVERY_FIELD
from tests.recordings import mp3
from tests.replies import embedding, llm_chunk
from workspace.wire import DifyError

every_mode = pytest.mark.parametrize("mode", ["legacy", "auto"])
DAY = [chat("message", answer="Good "), chat("message", answer="day."), chat_end()]
NODES = [workflow("node_started", title=title) for title in ("Start", "LLM", "End")]
RUN = [workflow("workflow_started"), *NODES, workflow_finished({"summary": "Ice.", "words": 1})]


async def connection[T](api: Api, mode: str, use: Callable[[Client], Awaitable[T]], *, key: str = KEY) -> T:
    """What comes of using a client that is connected to the endpoint."""
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=30) as http,
        Client(streamable_http_client(f"{api.url}/mcp", http_client=http), mode=mode) as client,
    ):
        return await use(client)


def connected[T](api: Api, mode: str, use: Callable[[Client], Awaitable[T]], *, key: str = KEY) -> T:
    return asyncio.run(connection(api, mode, use, key=key))


@every_mode
def test_it_connects_and_lists(api, mode):
    api.handler = answering(fetch_app=[form(*EVERY_FIELD)])

    async def use(client):
        lists = [await client.list_tools(), await client.list_prompts(), await client.list_resources()]
        return client.server_info, client.protocol_version, lists

    server, version, (tools, prompts, resources) = connected(api, mode, use)

    assert (server.name, server.version) == ("switchboard", "0.1.0")
    assert version == ("2025-11-25" if mode == "legacy" else "2026-07-28")
    assert [tool.name for tool in tools.tools][:4] == ["chat-app", "workflow-app", "completion-app", "ask_model"]
    assert (prompts.prompts, resources.resources) == ([], [])


@every_mode
def test_it_calls_tools_of_each_kind(api, mode):
    async def use(client):
        api.answer(*DAY)
        answered = await client.call_tool("chat-app", {"query": "Hello"})
        api.answer(llm_chunk("Good day."))
        asked = await client.call_tool("ask_model", {"prompt": "Hello"})
        api.answer(embedding([[0.5, 1.0]]))
        embedded = await client.call_tool("embed", {"texts": ["Hello"]})
        api.answer({"result": mp3().hex()})
        spoken = await client.call_tool("speak", {"text": "Hello"})
        return answered, asked, embedded, spoken

    # it checks what is structured against the schema of the tool
    answered, asked, embedded, spoken = connected(api, mode, use)

    assert answered.content[0].text == answered.structured_content["answer"] == "Good day."
    assert asked.structured_content["answer"] == "Good day."
    assert embedded.structured_content["embeddings"] == [[0.5, 1.0]]
    assert (spoken.content[0].type, spoken.content[0].mime_type) == ("audio", "audio/mpeg")


@every_mode
def test_it_is_told_of_the_progress(api, mode):
    api.answer(*RUN)
    told = []

    async def progress(number, _total, message):
        told.append((number, message))

    async def use(client):
        return await client.call_tool("workflow-app", {}, progress_callback=progress)

    result = connected(api, mode, use)

    assert told == [(1, "Start"), (2, "LLM"), (3, "End")]
    assert result.structured_content["outputs"] == {"summary": "Ice.", "words": 1}


@every_mode
def test_a_failure_is_a_result_and_the_next_call_goes_through(api, mode):
    async def use(client):
        api.answer(DifyError("invoke app failed: request failed: too hot"))
        failed = await client.call_tool("chat-app", {"query": "Hello"})
        unfit = await client.call_tool("chat-app", {})
        unknown = await client.call_tool("nosuch", {})
        api.answer(*DAY)
        return failed, unfit, unknown, await client.call_tool("chat-app", {"query": "Hello"})

    *failures, answered = connected(api, mode, use)

    assert [each.is_error for each in failures] == [True] * 3
    assert ["too hot" in failures[0].content[0].text, "`query`" in failures[1].content[0].text] == [True, True]
    assert answered.is_error is False


def test_a_result_larger_than_an_event_comes_whole(api):
    vectors = [[0.123456789 * number for number in range(1536)] for _ in range(30)]
    api.answer(embedding(vectors))

    async def use(client):
        return await client.call_tool("embed", {"texts": ["a"] * 30}, progress_callback=ignored)

    async def ignored(*_):
        pass

    assert connected(api, "auto", use).structured_content["embeddings"] == vectors


@every_mode
def test_a_wrong_key_is_its_own_error(api, mode):
    async def use(client):
        await client.list_tools()

    with pytest.raises(BaseExceptionGroup) as caught:
        connected(api, mode, use, key="wrong")

    [error] = leaves(caught.value)
    assert isinstance(error, MCPError)
    assert "Incorrect API key provided." in str(error)


def leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for each in error.exceptions for leaf in leaves(each)]
    return [error]
