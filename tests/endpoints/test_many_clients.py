"""Eight clients at once, each with many answers that are there at once: every one arrives whole."""

import asyncio

import anthropic
import openai
import pytest

from tests.endpoints.api import KEY
from tests.endpoints.mcp.test_client import RUN, connection, every_mode
from tests.replies import llm_chunk

CLIENTS = 8
WHOLE = [llm_chunk("Good "), llm_chunk("day."), llm_chunk("", finish_reason="stop", total_tokens=9)]


@pytest.fixture
def answers(request):
    """For each client. Through the daemon it takes more of them until one is lost."""
    return 50 if request.config.getoption("--daemon") else 10


async def messages(api, answers):
    async with anthropic.AsyncAnthropic(base_url=api.url, api_key=KEY, max_retries=0, timeout=30) as client:
        for _ in range(answers):
            asked = [{"role": "user", "content": "Hi"}]
            async with client.messages.stream(model="test-model", max_tokens=50, messages=asked) as stream:
                message = await stream.get_final_message()
            yield message.content[0].text, message.stop_reason


async def responses(api, answers):
    async with openai.AsyncOpenAI(base_url=f"{api.url}/v1", api_key=KEY, max_retries=0, timeout=30) as client:
        for _ in range(answers):
            async with client.responses.stream(model="test-model", input="Hi") as stream:
                response = await stream.get_final_response()
            yield response.output_text, response.status


@pytest.mark.parametrize(("asked", "whole"), [(messages, "end_turn"), (responses, "completed")])
def test_every_stream_is_whole(api, answers, asked, whole):
    api.answer(*WHOLE)

    async def one():
        return [answer async for answer in asked(api, answers)]

    async def all_of_them():
        return await asyncio.gather(*(one() for _ in range(CLIENTS)))

    assert asyncio.run(all_of_them()) == [[("Good day.", whole)] * answers] * CLIENTS


@every_mode
def test_every_result_of_a_tool_is_whole_and_so_is_its_progress(api, answers, mode):
    api.answer(*RUN)

    async def one(client):
        told = []

        async def progress(number, _total, _message):
            told.append(number)

        results = [await client.call_tool("workflow-app", {}, progress_callback=progress) for _ in range(answers)]
        assert told == [1, 2, 3] * answers
        return [result.structured_content["outputs"] for result in results]

    async def all_of_them():
        return await asyncio.gather(*(connection(api, mode, one) for _ in range(CLIENTS)))

    assert asyncio.run(all_of_them()) == [[{"summary": "Ice.", "words": 1}] * answers] * CLIENTS
