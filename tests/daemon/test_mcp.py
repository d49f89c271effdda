"""The official client of the Model Context Protocol through the real daemon, many at a time."""

import asyncio

from tests.endpoints.mcp.test_client import RUN, connection, every_mode


@every_mode
def test_eight_clients_get_every_one_of_fifty_results_whole(api, mode):
    api.answer(*RUN)

    async def fifty(client):
        told = []

        async def progress(number, _total, _message):
            told.append(number)

        results = [await client.call_tool("workflow-app", {}, progress_callback=progress) for _ in range(50)]
        assert told == [1, 2, 3] * 50
        return [result.structured_content["outputs"] for result in results]

    async def eight():
        return await asyncio.gather(*(connection(api, mode, fifty) for _ in range(8)))

    assert asyncio.run(eight()) == [[{"summary": "Ice.", "words": 1}] * 50] * 8
