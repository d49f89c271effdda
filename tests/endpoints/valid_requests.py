"""A good request for each route, and a Dify that answers whatever a route asks of it."""

import base64
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx

from endpoints.http.routes import ROUTES
from tests.app_replies import CONVERSATION, USAGE, chat, chat_end, completion, workflow, workflow_finished
from tests.recordings import wav
from tests.replies import PNG, embedding, llm_chunk, reranked
from workspace.plugin.file_server import FileServer
from workspace.wire import Handler, Payload

PICTURE = "data:image/png;base64," + base64.b64encode(PNG).decode()
TOOL = {
    "type": "function",
    "function": {"name": "weather", "description": "Now", "parameters": {"type": "object", "properties": {}}},
}


class ValidRequest(NamedTuple):
    path: str
    json: dict[str, Any] | None = None
    form: dict[str, str] | None = None
    """The text fields of a form, which has a file besides."""


def _chat(**fields: Any) -> ValidRequest:
    return ValidRequest(
        "/v1/chat/completions",
        {
            "model": "test-model",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {
                    "role": "user",
                    "content": [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": PICTURE}}],
                },
            ],
            **fields,
        },
    )


_ITEMS = [
    {"role": "developer", "content": [{"type": "input_text", "text": "Be brief."}]},
    {
        "role": "user",
        "content": [{"type": "input_text", "text": "Hi"}, {"type": "input_image", "image_url": PICTURE}],
    },
    {"type": "reasoning", "id": "r1", "summary": [{"type": "summary_text", "text": "Hm."}]},
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Wait.", "annotations": []}]},
    {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"},
    {"type": "custom_tool_call", "call_id": "c2", "name": "patch", "input": "x"},
    {"type": "function_call_output", "call_id": "c1", "output": "No."},
    {"type": "custom_tool_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "Done."}]},
]
_RESPONSE_TOOLS = [
    {"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {}}, "strict": True},
    {"type": "custom", "name": "patch", "format": {"type": "grammar", "syntax": "lark", "definition": "start: /x/"}},
    {"type": "namespace", "name": "crm", "tools": [{"type": "function", "name": "find", "parameters": None}]},
]


def _messages(path: str = "/v1/messages", **fields: Any) -> ValidRequest:
    source = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(PNG).decode()}
    content = [{"type": "text", "text": "Hi"}, {"type": "image", "source": source}]
    asked = {"model": "test-model", "max_tokens": 5, "messages": [{"role": "user", "content": content}]}
    return ValidRequest(path, {**asked, **fields})


_ANTHROPIC_TOOL = {"name": "weather", "description": "Now", "input_schema": {"type": "object", "properties": {}}}
_ANTHROPIC_ROUNDS = [
    {"role": "user", "content": "Is it raining?"},
    {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
            {"type": "tool_use", "id": "c1", "name": "weather", "input": {}},
        ],
    },
    {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "No."}], "is_error": True}
        ],
    },
    {"role": "system", "content": "Be quick."},
]
_ROUNDS = [
    {"role": "user", "content": "Is it raining?"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "No."},
]
_ASK = {"query": "Hi", "inputs": {"name": "Ana"}, "user": "u", "conversation_id": "", "files": []}
_RANK = {"query": "Where?", "documents": ["Oslo", {"text": "Lisbon"}], "top_n": 2, "return_documents": True}


def _message(method: str, **params: Any) -> dict[str, Any]:
    """Of the Model Context Protocol."""
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


VALID: dict[str, list[ValidRequest]] = {
    "/": [ValidRequest("/"), ValidRequest("/?list=")],
    "/duck/<app_id>": [ValidRequest("/duck/chat-app?query=Hi")],
    "/chat-messages": [
        ValidRequest("/chat-messages", {**_ASK, "response_mode": "streaming"}),
        ValidRequest("/chat-messages", {**_ASK, "response_mode": "blocking"}),
    ],
    "/<app_id>/chat-messages": [ValidRequest("/chat-app/chat-messages", {**_ASK, "response_mode": "blocking"})],
    "/completion-messages": [ValidRequest("/completion-messages", {**_ASK, "response_mode": "streaming"})],
    "/<app_id>/completion-messages": [ValidRequest("/completion-app/completion-messages", {"inputs": {"query": "Hi"}})],
    "/workflows/run": [ValidRequest("/workflows/run", {"inputs": {"a": [1]}, "response_mode": "streaming"})],
    "/<app_id>/workflows/run": [ValidRequest("/workflow-app/workflows/run", {"inputs": {}, "user": "u"})],
    "/parameters": [ValidRequest("/parameters?user=u")],
    "/<app_id>/parameters": [ValidRequest("/chat-app/parameters")],
    "/files/upload": [ValidRequest("/files/upload", form={"user": "u"})],
    "/<app_id>/files/upload": [ValidRequest("/chat-app/files/upload", form={"user": "u"})],
    "/v1/chat/completions": [
        _chat(temperature=0, max_tokens=5, stop=["END"], seed=1, n=1, user="u"),
        _chat(stream=True, stream_options={"include_usage": True}, response_format={"type": "json_object"}),
        _chat(messages=_ROUNDS, tools=[TOOL], tool_choice="auto", parallel_tool_calls=True),
        _chat(model="app/chat-app", messages=[{"role": "user", "content": "Hi"}], stream=True),
    ],
    "/v1/responses": [
        ValidRequest(
            "/v1/responses", {"model": "test-model", "input": "Hi", "instructions": "Be brief.", "store": True}
        ),
        ValidRequest(
            "/v1/responses",
            {
                "input": _ITEMS,
                "tools": _RESPONSE_TOOLS,
                "tool_choice": {
                    "type": "allowed_tools",
                    "mode": "auto",
                    "tools": [{"type": "custom", "name": "patch"}],
                },
                "reasoning": {"effort": "low", "summary": "auto"},
                "include": ["reasoning.encrypted_content"],
                "stream": True,
            },
        ),
        ValidRequest(
            "/v1/responses",
            {"input": "Hi", "text": {"format": {"type": "json_schema", "name": "x", "schema": {"type": "object"}}}},
        ),
        ValidRequest(
            "/v1/responses", {"model": "app/chat-app", "input": "Hi", "conversation": CONVERSATION, "stream": True}
        ),
    ],
    "/v1/messages": [
        _messages(temperature=0, top_k=5, stop_sequences=["END"], metadata={"user_id": "u"}),
        _messages(stream=True, system=[{"type": "text", "text": "Be brief."}], thinking={"type": "adaptive"}),
        _messages(messages=_ANTHROPIC_ROUNDS, tools=[_ANTHROPIC_TOOL], tool_choice={"type": "auto"}),
        _messages(model="app/chat-app", messages=[{"role": "user", "content": "Hi"}], stream=True),
    ],
    "/v1/messages/count_tokens": [
        _messages("/v1/messages/count_tokens", system="Be brief."),
        _messages("/v1/messages/count_tokens", messages=_ANTHROPIC_ROUNDS, tools=[_ANTHROPIC_TOOL]),
    ],
    "/v1/embeddings": [
        ValidRequest("/v1/embeddings", {"model": "test-model", "input": ["Hi"], "encoding_format": "base64"}),
        ValidRequest("/v1/embeddings", {"model": "test-model", "input": "Hi", "encoding_format": "float"}),
    ],
    "/v1/audio/speech": [
        ValidRequest("/v1/audio/speech", {"model": "test-model", "input": "Hi", "voice": "alloy", "speed": 1})
    ],
    "/v1/audio/transcriptions": [
        ValidRequest("/v1/audio/transcriptions", form={"model": "test-model", "response_format": "json"})
    ],
    "/v1/moderations": [ValidRequest("/v1/moderations", {"input": ["Nice.", "Nasty."], "model": "test-model"})],
    "/v1/rerank": [ValidRequest("/v1/rerank", {**_RANK, "model": "test-model"})],
    "/v2/rerank": [ValidRequest("/v2/rerank", {"query": "Where?", "documents": ["Oslo", "Lisbon"], "top_n": 1})],
    "/mcp": [
        ValidRequest("/mcp", _message("tools/call", name="chat-app", arguments={"query": "Hi"})),
        ValidRequest(
            "/mcp",
            _message("tools/call", name="embed", arguments={"texts": ["Hi"]}, _meta={"progressToken": 1}),
        ),
        ValidRequest("/mcp", _message("tools/list")),
        ValidRequest(
            "/mcp",
            _message(
                "initialize",
                protocolVersion="2025-06-18",
                capabilities={},
                clientInfo={"name": "test", "version": "1"},
            ),
        ),
    ],
    "/v1/models": [ValidRequest("/v1/models")],
    "/v1/models/<path:id>": [ValidRequest("/v1/models/app/chat-app")],
}


def request(route: str, valid: ValidRequest) -> httpx.Request:
    """The request with its body, for a client with the base URL of the endpoints and the key."""
    files = None if valid.form is None else {"file": ("short.wav", wav(), "audio/wav")}
    return httpx.Request(ROUTES[route], f"http://host{valid.path}", json=valid.json, data=valid.form, files=files)


def answering(uploads: FileServer) -> Handler:
    """A Dify with whom all is well; the ids of its apps say what kinds they are."""

    def handler(invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
        match invoke_type:
            case "llm":
                yield from (llm_chunk("Good "), llm_chunk("day.", finish_reason="stop", total_tokens=5))
            case "llm_structured_output":
                yield {**llm_chunk("{}", finish_reason="stop", total_tokens=5), "structured_output": {}}
            case "text_embedding":
                yield embedding([[0.5, 1.0] for _ in payload["texts"]])
            case "rerank":
                yield reranked(*((place, 0.5) for place, _ in enumerate(payload["docs"])))
            case "tts":
                yield {"result": wav().hex()}
            case "speech2text":
                yield {"result": "Hello"}
            case "moderation":
                yield {"result": False}
            case "app" if "workflow" in payload["app_id"]:
                yield from (workflow("workflow_started"), workflow_finished({"answer": "Good day."}))
            case "app" if "completion" in payload["app_id"]:
                yield completion("message", answer="Good day.")
                yield completion("message_end", metadata={"usage": USAGE})
            case "app":
                yield from (chat("message", answer="Good day."), chat_end())
            case "upload_file":
                yield {"url": uploads.upload_url(payload["filename"], payload["mimetype"])}
            case _:
                yield {"data": {"user_input_form": []}}

    return handler
