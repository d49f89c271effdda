"""Streams through the real daemon, which loses what ends too soon and what comes too fast."""

import itertools
import json
import random
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

import httpx
import pytest

from tests.app_replies import chat, chat_end
from tests.recordings import mp3
from tests.replies import llm_chunk
from workspace.stub import replies

SLOW = 1_000_000
"""Bytes a second that a slow client reads."""


@dataclass(frozen=True)
class Route:
    """A route that streams, asked by `body`.

    Dify answers with many a `piece` and the `end`; the client gets events, which hold `text` and the last of which
    tell that it `ends`, or that it `breaks_off` because Dify's end is missing.
    """

    path: str
    body: dict[str, Any]
    piece: Callable[[str], dict[str, Any]]
    end: dict[str, Any]
    text: Callable[[dict[str, Any]], str]
    ends: Callable[[list[str]], bool]
    breaks_off: Callable[[list[str]], bool]


DIFY = Route(
    "/chat-messages",
    {"query": "Hi", "inputs": {}, "response_mode": "streaming"},
    piece=lambda text: chat("message", answer=text),
    end=chat_end(),
    text=lambda event: event.get("answer", ""),
    ends=lambda events: json.loads(events[-1])["event"] == "message_end",
    breaks_off=lambda events: json.loads(events[-1])["event"] == "error",
)
OPENAI = Route(
    "/v1/chat/completions",
    {"model": "test-model", "messages": [{"role": "user", "content": "Hi"}], "stream": True},
    piece=llm_chunk,
    end=llm_chunk("", finish_reason="stop", total_tokens=9),
    text=lambda event: event["choices"][0]["delta"].get("content") or "",
    ends=lambda events: events[-1] == "[DONE]" and json.loads(events[-2])["choices"][0]["finish_reason"] == "stop",
    breaks_off=lambda events: events[-1] == "[DONE]",
)
RESPONSES = Route(
    "/v1/responses",
    {"model": "test-model", "input": "Hi", "stream": True},
    piece=llm_chunk,
    end=llm_chunk("", finish_reason="stop", total_tokens=9),
    text=lambda event: event["delta"] if event["type"] == "response.output_text.delta" else "",
    ends=lambda events: json.loads(events[-1]).get("response", {}).get("usage") is not None,
    breaks_off=lambda events: json.loads(events[-1])["type"] == "response.completed",
)
MESSAGES = Route(
    "/v1/messages",
    {"model": "test-model", "max_tokens": 50, "messages": [{"role": "user", "content": "Hi"}], "stream": True},
    piece=llm_chunk,
    end=llm_chunk("", finish_reason="stop", total_tokens=9),
    text=lambda event: event.get("delta", {}).get("text", ""),
    ends=lambda events: (
        json.loads(events[-1])["type"] == "message_stop" and json.loads(events[-2])["usage"]["input_tokens"] == 8
    ),
    breaks_off=lambda events: json.loads(events[-1])["type"] == "message_stop",
)
ROUTES = {"OpenAI": OPENAI, "Responses": RESPONSES, "Messages": MESSAGES, "Dify": DIFY}
every_route = pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES)


def received(api, path: str, body: dict[str, Any], *, rate: float | None = None) -> bytes:
    """The content of a reply to a client that reads `rate` bytes a second and lets few wait in the kernel."""
    started, content = time.monotonic(), bytearray()
    with ExitStack() as stack:
        client = stack.enter_context(small_buffered(api)) if rate else api.http
        response = stack.enter_context(client.stream("POST", path, json=body))
        assert response.status_code == 200
        for part in response.iter_raw():
            content += part
            if rate:
                time.sleep(max(0.0, started + len(content) / rate - time.monotonic()))
    return bytes(content)


def small_buffered(api) -> httpx.Client:
    transport = httpx.HTTPTransport(socket_options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)])
    return httpx.Client(base_url=api.url, headers=api.http.headers, transport=transport, timeout=30)


def read(api, route: Route, *, rate: float | None = None) -> list[str]:
    """The `data` of each event of a stream."""
    *events, rest = received(api, route.path, route.body, rate=rate).decode().split("\n\n")
    assert rest == ""
    return [event.partition("data: ")[2] for event in events if not event.startswith(":")]


def texts(route: Route, events: list[str]) -> list[str]:
    pieces = [route.text(json.loads(event)) for event in events if event.startswith("{")]
    return [piece for piece in pieces if piece]


def text_of(reply: dict[str, Any]) -> str:
    """The text in an event of Dify."""
    return reply["delta"]["message"]["content"] if "delta" in reply else reply.get("answer", "")


def tokens(count: int) -> list[str]:
    return [f"token {number} " for number in range(count)]


@every_route
@pytest.mark.parametrize("clients", [1, 8])
def test_every_short_stream_is_whole(api, route, clients):
    said = tokens(3)
    api.answer(*map(route.piece, said), route.end)

    with ThreadPoolExecutor(clients) as pool:
        answers = list(pool.map(lambda _: read(api, route), range(400)))

    whole = [events for events in answers if texts(route, events) == said and route.ends(events)]
    assert len(whole) == 400


@every_route
@pytest.mark.parametrize("rate", [None, SLOW], ids=["fast", "slow"])
def test_a_long_answer_in_bursts_is_whole(api, route, rate):
    said = tokens(20_000)

    def answer(_invoke_type, _payload):
        for burst in itertools.batched(said, 500):
            yield from map(route.piece, burst)
            api.wait_until_in_the_plugin(burst[-1])  # more than 1,024 on the way there would be dropped
        yield route.end

    api.handler = answer
    events = read(api, route, rate=rate)

    assert texts(route, events) == said
    assert route.ends(events)


@every_route
def test_of_a_flood_everything_that_reached_the_plugin_reaches_the_client(api, route, measured):
    api.handler = replies(*map(route.piece, tokens(20_000)), route.end)

    events = read(api, route)

    arrived = [text for reply in api.replies_in_the_plugin() if (text := text_of(reply))]
    assert texts(route, events) == arrived
    end_arrived = text_of(api.replies_in_the_plugin()[-1]) == ""
    assert route.ends(events) if end_arrived else route.breaks_off(events)
    measured(f"{route.path}: of 20,000 tokens at one instant {len(arrived):,} reached the plugin")


@every_route
def test_a_token_does_not_wait(api, route, measured):
    left, came, read = [], [], threading.Event()

    def answer(_invoke_type, _payload):
        for number in range(20):
            left.append(time.perf_counter())
            yield route.piece(f"token {number}")
            assert read.wait(10)
            read.clear()
            time.sleep(0.02)  # so that the next comes alone
        yield route.end

    api.handler = answer
    for _ in range(20):
        with api.http.stream("POST", route.path, json=route.body) as response:
            for part in response.iter_raw():
                if b"token " in part and len(came) < len(left):  # some streams end with all that was said
                    came.append(time.perf_counter())
                    read.set()

    ways = [1000 * (end - start) for start, end in zip(left, came, strict=True)]
    first, later = ways[::20], [way for at, way in enumerate(ways) if at % 20]
    measured(f"{route.path}: the first token takes {median(first):.1f} ms, at most {max(first):.1f} ms")
    measured(f"{route.path}: a token that comes alone takes {median(later):.1f} ms, at most {max(later):.1f} ms")
    assert quantiles(first, n=4)[0] < 5  # a busy machine delays some, the plugin would delay all
    assert quantiles(later, n=4)[0] < 10


@pytest.mark.parametrize("rate", [None, SLOW], ids=["fast", "slow"])
def test_speech_is_whole(api, rate):
    audio = mp3() + random.Random(0).randbytes(12_000_000)
    api.answer(*({"result": piece.hex()} for piece in in_pieces(audio, 16_384)))

    body = {"model": "test-model", "input": "Hi", "voice": "alloy"}
    assert received(api, "/v1/audio/speech", body, rate=rate) == audio


def in_pieces(content: bytes, size: int) -> list[bytes]:
    return [content[at : at + size] for at in range(0, len(content), size)]
