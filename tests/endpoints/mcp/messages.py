"""Messages of the protocol, as clients of its two eras send them, and a Dify that answers each interface on its own."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import httpx

from tests.endpoints.api import KEY, Api
from workspace.stub import replies
from workspace.wire import DifyError, Handler, Payload

MODERN = "2026-07-28"
VERSION = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
ERAS = ["2025-06-18", MODERN]
_numbers = itertools.count(1)


def request(method: str, era: str, params: dict[str, Any] | None = None) -> tuple[dict[str, Any], dict[str, str]]:
    """The body and the headers of a request; before 2025-06-18 a version was in no header."""
    body = {"jsonrpc": "2.0", "id": next(_numbers), "method": method, "params": {**(params or {})}}
    headers = {"Accept": "application/json, text/event-stream", "Mcp-Protocol-Version": era}
    if era == MODERN:
        meta = {VERSION: era, CAPABILITIES: {}, **body["params"].get("_meta", {})}
        body["params"]["_meta"] = meta
        headers["Mcp-Method"] = method
        if "name" in body["params"]:
            headers["Mcp-Name"] = body["params"]["name"]
    return body, headers


def post(api: Api, method: str, *, era: str = MODERN, **params: Any) -> httpx.Response:
    body, headers = request(method, era, params)
    return api.http.post("/mcp", json=body, headers=headers)


def result(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    return answer.json()["result"]


def listed(api: Api) -> dict[str, dict[str, Any]]:
    """The tools by their names."""
    return {tool["name"]: tool for tool in result(post(api, "tools/list"))["tools"]}


def call(api: Api, tool: str, *, era: str = MODERN, **arguments: Any) -> dict[str, Any]:
    return result(post(api, "tools/call", era=era, name=tool, arguments=arguments))


def failure(api: Api, tool: str, **arguments: Any) -> str:
    """What a call that fails says."""
    told = call(api, tool, **arguments)
    assert told["isError"] is True
    assert "structuredContent" not in told
    [content] = told["content"]
    assert KEY not in content["text"]
    return content["text"]


def streamed(api: Api, tool: str, *, token: str | int = "t", **arguments: Any) -> list[dict[str, Any]]:
    """The messages of a call that asks to be told of its progress."""
    answer = post(api, "tools/call", name=tool, arguments=arguments, _meta={"progressToken": token})
    assert answer.status_code == 200, answer.text
    if answer.headers["Content-Type"] == "application/json":
        return [answer.json()]
    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    *events, rest = answer.text.split("\n\n")
    assert rest == ""
    return [json.loads(event.removeprefix("event: message\ndata: ")) for event in events]


def answering(**by_type: list[Payload | DifyError]) -> Handler:
    """A Dify that answers each type of invocation with these events; an app's form by its id, as `fetch_app__<id>`."""

    def handler(invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
        own = f"{invoke_type}__{payload.get('app_id')}".replace("-", "_")
        return replies(*by_type.get(own, by_type.get(invoke_type, [])))(invoke_type, payload)

    return handler


def form(*fields: dict[str, Any], opening_statement: str = "") -> Payload:
    """What Dify tells of an app."""
    return {"opening_statement": opening_statement, "user_input_form": list(fields), "system_parameters": {}}
