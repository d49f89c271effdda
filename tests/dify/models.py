"""Models that say the same whenever they are asked, and some that fail: an OpenAI-compatible server on loopback.

    with serving_models() as served:
        ...  # at served.url, "http://127.0.0.1:40000/v1"

Both the real Dify and the local workspace ask it, so that what differs is theirs. It is alive for one run of the tests.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.recordings import mp3

SAYS = {
    "says-class": '{"keywords": ["ball"], "category_id": "2", "category_name": "Sport"}',
    "says-city": '{"city": "Lisbon", "amount": 64.5}',
    "says-thoughts": "<think>\nSomebody says hello.\n</think>\n\nHello.",
    "says-nonsense": "This is no JSON.",
}
"""What a model answers, whatever it is asked."""
FAILS = {
    "boom": (500, "The model fails on purpose.", "server_error", "boom"),
    "limited": (429, "Rate limit reached for limited.", "requests", "rate_limit_exceeded"),
    "context": (
        400,
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
        "invalid_request_error",
        "context_length_exceeded",
    ),
    "unauthorised": (401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
}
"""Status, message, type and code of what a model fails with."""
LLMS = ("echo", "counts", "slow", "calls-a-tool", *SAYS, *FAILS)
"""`echo` repeats the last message, `counts` says how many different ones a user has sent, since Dify
repeats some, `slow` does so with SECONDS_A_WORD before each word, `calls-a-tool` calls the first
tool and then tells what it said."""
SECONDS_A_WORD = 0.7
OTHERS = {"text-embedding": ("embed", "boom"), "rerank": ("rerank", "boom"), "tts": ("speak", "boom")}
"""By type of model. Their `boom` fails as the language model of that name does."""


class Models(ThreadingHTTPServer):
    """None fails before `tried` is set, since Dify's provider plugin tries a model before it takes it."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        super().__init__((address, 0), _Handler)
        self.tried = threading.Event()
        self.closed = threading.Event()

    @property
    def url(self) -> str:
        """The base URL, for clients on this machine."""
        return f"http://127.0.0.1:{self.server_port}/v1"


@contextmanager
def serving_models(address: str = "127.0.0.1") -> Iterator[Models]:
    listener = Models(address)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        listener.closed.set()
        listener.shutdown()
        thread.join()
        listener.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Models
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        model = asked["model"] = asked.get("model", "").rpartition("/")[2]
        if model in FAILS and self.server.tried.is_set():
            status, message, kind, code = FAILS[model]
            self._json({"error": {"message": message, "type": kind, "param": None, "code": code}}, status)
            return
        match self.path.rpartition("/v1/")[2]:
            case "chat/completions":
                self._chat(asked)
            case "embeddings":
                texts = [asked["input"]] if isinstance(asked["input"], str) else asked["input"]
                self._json(
                    {"object": "list", "model": model, "data": list(map(_vector, range(len(texts)))), "usage": _USAGE}
                )
            case "rerank":
                scores = [{"index": at, "relevance_score": 0.9 - at / 10} for at in range(len(asked["documents"]))]
                results = [{**each, "document": {"text": asked["documents"][each["index"]]}} for each in scores]
                self._json({"id": "rerank-1", "model": model, "results": results, "usage": _USAGE})
            case "audio/speech":
                self._bytes(mp3(), "audio/mpeg", 200)
            case "moderations":
                flagged = "damn" in json.dumps(asked["input"])
                self._json({"id": "mod-1", "model": model, "results": [{"flagged": flagged, **_CATEGORIES}]})
            case path:
                self._json({"error": {"message": f"no such path {path}", "type": "none", "code": None}}, 404)

    def _chat(self, asked: dict[str, Any]) -> None:
        said, called = _answer(asked)
        finish = "tool_calls" if called else "stop"
        head = {"id": "chat-1", "created": 1, "model": asked["model"]}
        if not asked.get("stream"):
            message = {"role": "assistant", "content": said} | ({"tool_calls": called} if called else {})
            choice = {"index": 0, "message": message, "finish_reason": finish}
            self._json({**head, "object": "chat.completion", "choices": [choice], "usage": _USAGE})
            return
        words = said.split(" ")
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        deltas += [{"content": word if at == 0 else f" {word}"} for at, word in enumerate(words) if said]
        deltas += [{"tool_calls": [{"index": at, **each}]} for at, each in enumerate(called)]
        choices = [[{"index": 0, "delta": delta, "finish_reason": None}] for delta in deltas]
        choices += [[{"index": 0, "delta": {}, "finish_reason": finish}]]
        chunks = [{**head, "object": "chat.completion.chunk", "choices": choice} for choice in choices]
        chunks[-1]["usage"] = _USAGE
        lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks] + ["data: [DONE]\n\n"]
        if asked["model"] == "slow":
            self._slowly(lines)
            return
        self._bytes("".join(lines).encode(), "text/event-stream", 200)

    def _slowly(self, lines: list[str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for line in lines:
            self.wfile.write(line.encode())
            self.wfile.flush()
            self.server.closed.wait(SECONDS_A_WORD)

    def _json(self, value: dict[str, Any], status: int = 200) -> None:
        self._bytes(json.dumps(value).encode(), "application/json", status)

    def _bytes(self, content: bytes, content_type: str, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


_USAGE = {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16}
_CATEGORIES: dict[str, Any] = {"categories": {}, "category_scores": {}}


def _answer(asked: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """What is said, and the calls of tools."""
    last = asked["messages"][-1]
    text = last["content"] if isinstance(last["content"], str) else json.dumps(last["content"])
    if asked["model"] in SAYS:
        return SAYS[asked["model"]], []
    if asked["model"] == "counts":
        different = {json.dumps(each["content"]) for each in asked["messages"] if each["role"] == "user"}
        return f"Message {len(different)} of a user.", []
    if asked["model"] == "calls-a-tool" and asked.get("tools"):
        if last["role"] == "tool":
            return f"The tool said: {text}", []
        name, _, arguments = text.partition(" ")
        function = {"name": name, "arguments": arguments or "{}"}
        return "", [{"id": "call-1", "type": "function", "function": function}]
    return f"Echo: {text}", []


def _vector(at: int) -> dict[str, Any]:
    vector = [0.0] * 8
    vector[at % 8] = 1.0
    return {"object": "embedding", "index": at, "embedding": vector}
