"""The messages to `/mcp`, and the page that says how to connect."""

from typing import Any

from examples.demo.http_calls import HttpStep, MakeHttpStep, Reply
from examples.demo.texts import FACTS_AND_QUESTION, LETTER


def mcp_steps() -> list[MakeHttpStep]:
    return [
        lambda _: HttpStep(
            "list the tools of MCP",
            "POST /mcp",
            lambda reply: [tool["name"] for tool in reply.json["result"]["tools"]],
            lambda names: {"chatbot", "workflow", "ask_model", "embed", "storage"} <= set(names),
            json=_message("tools/list"),
        ),
        lambda _: HttpStep(
            "run a workflow as a tool of MCP",
            "POST /mcp",
            lambda reply: _result(reply)["outputs"],
            lambda outputs: outputs["words"] > 5,
            json=_call("workflow", text=LETTER),
        ),
        lambda _: HttpStep(
            "ask a model as a tool of MCP",
            "POST /mcp",
            lambda reply: _result(reply)["answer"],
            lambda answer: "Lisbon" in answer,
            json=_call("ask_model", prompt=FACTS_AND_QUESTION),
        ),
        lambda _: HttpStep(
            "look at the page that says how to connect",
            "GET /",
            lambda reply: reply.text,
            lambda page: page.startswith("<!doctype html>") and "/e/hook/mcp" in page,
        ),
    ]


def _message(method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def _call(tool: str, **arguments: Any) -> dict[str, Any]:
    return _message("tools/call", name=tool, arguments=arguments)


def _result(reply: Reply) -> dict[str, Any]:
    structured: dict[str, Any] = reply.json["result"]["structuredContent"]
    return structured
