"""The requests to the endpoints: every route at least once, and what happens to requests that are wrong."""

import re
from typing import Any

import httpx

from examples.demo import FAILS_IN_DIFY, FOLDER, PLUGIN
from examples.demo.http_calls import HttpStep, MakeHttpStep, Reply
from examples.demo.mcp import mcp_steps
from examples.demo.texts import (
    ABOUT_ANA,
    CLEAN,
    DIRTY,
    FACTS,
    FACTS_AND_QUESTION,
    LETTER,
    NEXT_QUESTION,
    QUESTION,
    SENTENCE,
    SUM,
    same_words,
)

SPEECH = "speech-over-http.mp3"
LICENSE = PLUGIN / "LICENSE"
ORIGIN = "https://chat.example.com"
"""Of a web page that may call the endpoints."""

CHAT = "/v1/chat/completions"
ASK = {"messages": [{"role": "user", "content": FACTS_AND_QUESTION}]}
ADD = {
    "name": "add",
    "description": "Adds two numbers.",
    "parameters": {
        "type": "object",
        "properties": {"a": {"type": "number"}, "b": {"type": "number"}},
        "required": ["a", "b"],
    },
}
CITY = {"type": "object", "properties": {"city": {"type": "string"}, "river": {"type": "string"}}}
RANK = {"query": QUESTION, "documents": FACTS[::-1], "top_n": 2}


def http_steps() -> list[MakeHttpStep]:
    return [*_openai_steps(), *_dify_steps(), *mcp_steps(), *_other_steps()]


def _openai_steps() -> list[MakeHttpStep]:
    return [
        lambda _: HttpStep("list models", "GET /v1/models", _ids, lambda ids: "app/chatbot" in ids),
        lambda _: HttpStep(
            "look one up",
            "GET /v1/models/<path:id>",
            lambda reply: reply.json,
            lambda entry: entry["id"] == "app/chatbot",
            path="/v1/models/app/chatbot",
        ),
        lambda _: HttpStep("complete a chat", f"POST {CHAT}", _content, _is_lisbon, json=ASK),
        lambda _: HttpStep(
            "stream a chat", f"POST {CHAT}", _streamed_content, _is_lisbon, json={**ASK, "stream": True}
        ),
        lambda _: HttpStep(
            "let it call a function",
            f"POST {CHAT}",
            lambda reply: reply.json["choices"][0]["message"]["tool_calls"][0]["function"],
            lambda function: (
                function["name"] == "add" and {"17", "25"} <= set(re.findall(r"\d+", function["arguments"]))
            ),
            json={
                "messages": [{"role": "user", "content": "Please add 17 and 25."}],
                "tools": [{"type": "function", "function": ADD}],
            },
        ),
        lambda _: HttpStep(
            "ask for JSON",
            f"POST {CHAT}",
            _content,
            lambda content: "Lisbon" in content and "Tagus" in content,
            json={
                "messages": [{"role": "user", "content": "The city: Lisbon. The river: Tagus."}],
                "response_format": {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY}},
            },
        ),
        lambda _: HttpStep(
            "chat with an app",
            f"POST {CHAT}",
            lambda reply: {"conversation_id": reply.json["conversation_id"], "content": _content(reply)},
            lambda told: _is_lisbon(told["content"]),
            json={"model": "app/chatbot", "messages": [{"role": "user", "content": QUESTION}], "inputs": ABOUT_ANA},
        ),
        lambda done: HttpStep(
            "go on with this chat",
            f"POST {CHAT}",
            _content,
            _is_tagus,
            json={
                "model": "app/chatbot",
                "messages": [{"role": "user", "content": NEXT_QUESTION}],
                "conversation_id": done["chat with an app"]["conversation_id"],
            },
        ),
        lambda _: HttpStep(
            "ask for a response",
            "POST /v1/responses",
            lambda reply: reply.json["output"][0]["content"][0]["text"],
            _is_lisbon,
            json={"input": FACTS_AND_QUESTION},
        ),
        lambda _: HttpStep("ask for a message", "POST /v1/messages", _message, _is_lisbon, json=ASK),
        lambda _: HttpStep("count tokens", "POST /v1/messages/count_tokens", lambda reply: reply.json, bool, json=ASK),
        lambda _: HttpStep(
            "embed texts",
            "POST /v1/embeddings",
            lambda reply: [len(entry["embedding"]) for entry in reply.json["data"]],
            lambda lengths: lengths == [384] * len(FACTS),
            json={"input": FACTS},
        ),
        lambda _: HttpStep("rank texts", "POST /v1/rerank", _places, lambda places: places == [2, 1], json=RANK),
        lambda _: HttpStep(
            "rank as Cohere's v2", "POST /v2/rerank", _places, lambda places: places == [2, 1], json=RANK
        ),
        lambda _: HttpStep(
            "moderate two texts",
            "POST /v1/moderations",
            lambda reply: [result["flagged"] for result in reply.json["results"]],
            lambda flagged: flagged == [False, True],
            json={"input": [CLEAN, DIRTY]},
        ),
        lambda _: HttpStep(
            "say a sentence",
            "POST /v1/audio/speech",
            lambda reply: reply.headers["Content-Type"],
            lambda content_type: content_type == "audio/mpeg",
            json={"input": SENTENCE, "voice": "alloy"},
            save=SPEECH,
        ),
        lambda done: HttpStep(
            "write it down",
            "POST /v1/audio/transcriptions",
            lambda reply: reply.json["text"],
            same_words,
            file=FOLDER / SPEECH if done["say a sentence"] else None,
            note=FAILS_IN_DIFY,
        ),
    ]


def _dify_steps() -> list[MakeHttpStep]:
    chat = {"query": QUESTION, "inputs": ABOUT_ANA, "user": "ana"}
    letter = {"inputs": {"text": LETTER, "max_words": 30}, "user": "ana"}
    text = {"inputs": {"query": FACTS_AND_QUESTION}, "user": "ana"}
    return [
        lambda _: HttpStep("what the app wants", "GET /parameters", _inputs, lambda names: "name" in names),
        lambda _: HttpStep(
            "what another wants",
            "GET /<app_id>/parameters",
            _inputs,
            lambda names: names == ["max_words"],
            path="/chatflow/parameters",
        ),
        lambda _: HttpStep(
            "ask the app", "POST /chat-messages", lambda reply: reply.json["answer"], _is_lisbon, json=chat
        ),
        lambda _: HttpStep(
            "ask an agent app",
            "POST /<app_id>/chat-messages",
            lambda reply: "".join(event.get("answer", "") for event in reply.events),
            lambda answer: "14" in answer,
            path="/agent/chat-messages",
            json={"query": SUM, "response_mode": "streaming", "user": "ana"},
        ),
        lambda _: HttpStep(
            "run the workflow",
            "POST /workflows/run",
            lambda reply: reply.json["data"],
            lambda run: run["status"] == "succeeded" and run["outputs"]["summary"],
            json=letter,
        ),
        lambda _: HttpStep(
            "run it as a stream",
            "POST /<app_id>/workflows/run",
            lambda reply: [event["event"] for event in reply.events],
            lambda names: (names[0], names[-1]) == ("workflow_started", "workflow_finished"),
            path="/workflow/workflows/run",
            json={**letter, "response_mode": "streaming"},
        ),
        lambda _: HttpStep(
            "run the text generator",
            "POST /completion-messages",
            lambda reply: reply.json["answer"],
            _is_lisbon,
            json=text,
            note=FAILS_IN_DIFY,
        ),
        lambda _: HttpStep(
            "run it by its id",
            "POST /<app_id>/completion-messages",
            lambda reply: reply.json["answer"],
            _is_lisbon,
            path="/completion/completion-messages",
            json=text,
            note=FAILS_IN_DIFY,
        ),
        lambda _: HttpStep("upload a file", "POST /files/upload", _upload, _is_the_license, file=LICENSE, status=201),
        lambda _: HttpStep(
            "upload it for an app",
            "POST /<app_id>/files/upload",
            _upload,
            _is_the_license,
            path="/workflow/files/upload",
            file=LICENSE,
            status=201,
        ),
    ]


def _other_steps() -> list[MakeHttpStep]:
    return [
        lambda _: HttpStep(
            "watch the events of an app",
            "GET /duck/<app_id>",
            lambda reply: reply.text,
            lambda page: page.count(" <br>\n") > 9 and '"event":"workflow_finished"' in page,
            path="/duck/chatflow?query=Ducks+are+birds.+What+are+ducks%3F",
        ),
        lambda _: HttpStep(
            "may a web page call?",
            "OPTIONS /<path:path>",
            lambda reply: reply.headers["Access-Control-Allow-Origin"],
            lambda origin: origin == ORIGIN,
            path=CHAT,
            headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"},
            status=204,
        ),
        lambda _: HttpStep(
            "call what is not there",
            "POST /<path:path>",
            lambda reply: reply.json["error"]["message"],
            lambda message: f"Did you mean POST {CHAT}?" in message,
            path="/v1/completions",
            json={"prompt": QUESTION},
            status=404,
        ),
        lambda _: HttpStep(
            "call with a wrong key",
            f"POST {CHAT}",
            lambda reply: reply.json["error"]["message"],
            lambda message: message.startswith("Incorrect API key provided"),
            json=ASK,
            headers={"Authorization": "Bearer wrong"},
            status=401,
        ),
    ]


def _ids(reply: Reply) -> list[str]:
    return [entry["id"] for entry in reply.json["data"]]


def _content(reply: Reply) -> str:
    return str(reply.json["choices"][0]["message"]["content"])


def _message(reply: Reply) -> str:
    return str(reply.json["content"][0]["text"])


def _streamed_content(reply: Reply) -> str:
    return "".join(event["choices"][0]["delta"].get("content", "") for event in reply.events)


def _is_lisbon(answer: str) -> bool:
    return "Lisbon" in answer


def _is_tagus(answer: str) -> bool:
    return "Tagus" in answer


def _places(reply: Reply) -> list[int]:
    return [result["index"] for result in reply.json["results"]]


def _inputs(reply: Reply) -> list[str]:
    return [field["variable"] for entry in reply.json["user_input_form"] for field in entry.values()]


def _upload(reply: Reply) -> dict[str, Any]:
    """What an upload is told, and what is at the address in it."""
    told = {key: reply.json[key] for key in ("id", "name", "size", "mime_type")}
    return {**told, "at its preview_url": httpx.get(reply.json["preview_url"]).text}


def _is_the_license(upload: dict[str, Any]) -> bool:
    return upload["name"] == "LICENSE" and bool(upload["at its preview_url"] == LICENSE.read_text())
