"""Messages of the protocol, in and out: JSON-RPC over HTTP, in both of its eras.

Source: Model Context Protocol, "Streamable HTTP", versions 2024-11-05 to 2026-07-28. Until 2025-11-25 a client begins
with `initialize`; from 2026-07-28 on each request says for itself which version it speaks, in `params._meta` and again
in its headers. Nothing of a client is kept from one request to the next in either.

The types are those of the official package. It takes 0.2 seconds to import, so this module is for the first request.
"""

import base64
import functools
import itertools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import mcp_types as mcp
import yaml
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, KNOWN_PROTOCOL_VERSIONS, LATEST_HANDSHAKE_VERSION
from pydantic import BaseModel, ValidationError
from werkzeug import Request, Response

from endpoints.http.body import read_value
from endpoints.http.fields import field_error
from endpoints.http.framing import stream, whole
from endpoints.http.json_bytes import json_bytes
from endpoints.mcp.wire.errors import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    UNSUPPORTED_VERSION,
    ProtocolError,
    RequestId,
    error_object,
)
from endpoints.mcp.wire.outcomes import Outcome, Progress, Step, paced
from endpoints.mcp.wire.tools import Entry
from switchboard.errors import InvalidInput
from switchboard.media.audio import WAV

LISTS_MAY_BE_KEPT = 60_000
"""Milliseconds for which a client may keep a list of tools."""

MAX_EVENT = 1024 * 1024 - 1024
"""Bytes of a result that may go as an event: the official client refuses events of more than 1 MiB."""

_ONLY_MODERN = ("resultType", "ttlMs", "cacheScope")


class Message(NamedTuple):
    """A request of a client. `is_modern` is whether it is of the era without a handshake."""

    id: RequestId
    method: str
    params: dict[str, Any]
    is_modern: bool


class ToolCall(NamedTuple):
    name: str
    arguments: dict[str, Any]
    progress_token: str | int | None
    """What to tell of the progress with, None where the client asks for nothing."""


def read_message(request: Request) -> Message | None:
    """The request in the body; None for what gets no answer. Raises ProtocolError."""
    try:
        found = read_value(request)
    except InvalidInput as error:
        raise ProtocolError(str(error), number=PARSE_ERROR, status=error.status) from None
    if not isinstance(found, dict):
        raise ProtocolError(
            "The body has to be a JSON object: one message. Send several one by one.", number=INVALID_REQUEST
        )
    if "method" not in found and ("result" in found or "error" in found):
        return None  # an answer, and nothing was asked
    form = mcp.JSONRPCRequest if "id" in found else mcp.JSONRPCNotification
    message = _read(form, found, number=INVALID_REQUEST)
    if not isinstance(message, mcp.JSONRPCRequest):
        return None
    params = message.params or {}
    return Message(message.id, message.method, params, _is_modern(request, message.method, params))


def _is_modern(request: Request, method: str, params: dict[str, Any]) -> bool:
    """Raises ProtocolError for a version that is not served, or headers that say something else than the body."""
    header = request.headers.get("Mcp-Protocol-Version")
    if method == "initialize":  # settles the version, whatever a proxy or an earlier attempt has put there
        return False
    meta = params.get("_meta")
    version = meta.get(mcp.PROTOCOL_VERSION_META_KEY) if isinstance(meta, dict) else None
    if version is None and (header is None or header in HANDSHAKE_PROTOCOL_VERSIONS):
        return False
    asked = header if version is None else version
    if asked not in KNOWN_PROTOCOL_VERSIONS:
        raise ProtocolError(
            f"This version of the protocol is not served. Use one of {', '.join(KNOWN_PROTOCOL_VERSIONS)}.",
            number=UNSUPPORTED_VERSION,
            data={"supported": list(KNOWN_PROTOCOL_VERSIONS), "requested": str(asked)[:100]},
        )
    if version is None:
        raise ProtocolError(
            f"`params._meta` lacks {mcp.PROTOCOL_VERSION_META_KEY}, which each request of this version of the protocol "
            "has to carry.",
            number=INVALID_PARAMS,
        )
    for name, given, wanted in (
        ("Mcp-Protocol-Version", header, version),
        ("Mcp-Method", request.headers.get("Mcp-Method"), method),
        ("Mcp-Name", _decoded(request.headers.get("Mcp-Name")), params.get("name") if method == "tools/call" else None),
    ):
        if given != wanted and wanted is not None:
            raise ProtocolError(
                f"The header `{name}` is missing or says something else than the message in the body.",
                number=HEADER_MISMATCH,
            )
    return version not in HANDSHAKE_PROTOCOL_VERSIONS


def _decoded(header: str | None) -> str | None:
    """A header's value as the protocol writes what is not ASCII: `=?base64?...?=`."""
    encoded = re.fullmatch(r"=\?base64\?(.*)\?=", header or "")
    try:
        return base64.b64decode(encoded[1], validate=True).decode() if encoded else header
    except ValueError:
        return None


def _read[T: BaseModel](form: type[T], value: dict[str, Any], *, number: int) -> T:
    try:
        return form.model_validate(value, by_name=False)
    except ValidationError as error:
        raise ProtocolError(str(field_error(error, value)), number=number) from None


def not_served(message: Message) -> ProtocolError:
    """For a method that is not there. Clients without a handshake know it by the status, older ones fail on one."""
    served = "initialize, ping, server/discover, tools/list, tools/call"
    return ProtocolError(
        f"There is no method {message.method[:100]} here. There are {served}.",
        number=METHOD_NOT_FOUND,
        status=404 if message.is_modern else 200,
    )


def initialized(message: Message) -> mcp.InitializeResult:
    """The handshake: the version that the client asks for, or else the newest that begins with one."""
    asked = _params(mcp.InitializeRequestParams, message).protocol_version
    version = asked if asked in HANDSHAKE_PROTOCOL_VERSIONS else LATEST_HANDSHAKE_VERSION
    return mcp.InitializeResult(protocol_version=version, capabilities=_CAPABILITIES, server_info=_server())


def discovered() -> mcp.DiscoverResult:
    """What there is, for clients that shake no hands."""
    return mcp.DiscoverResult(supported_versions=list(reversed(KNOWN_PROTOCOL_VERSIONS)), capabilities=_CAPABILITIES)


def nothing_listed(method: str) -> mcp.Result | None:
    """The list of what there is not, which clients ask for all the same; None for another method."""
    match method:
        case "prompts/list":
            return mcp.ListPromptsResult(prompts=[], ttl_ms=LISTS_MAY_BE_KEPT)
        case "resources/list":
            return mcp.ListResourcesResult(resources=[], ttl_ms=LISTS_MAY_BE_KEPT)
        case "resources/templates/list":
            return mcp.ListResourceTemplatesResult(resource_templates=[], ttl_ms=LISTS_MAY_BE_KEPT)
    return None


def tools_listed(entries: Iterable[Entry]) -> mcp.ListToolsResult:
    tools = [
        mcp.Tool(
            name=entry.name,
            title=entry.title,
            description=entry.description,
            input_schema=entry.input_schema,
            output_schema=entry.output_schema,
            annotations=mcp.ToolAnnotations(read_only_hint=True) if entry.only_reads else None,
        )
        for entry in entries
    ]
    return mcp.ListToolsResult(tools=tools, ttl_ms=LISTS_MAY_BE_KEPT)


def tool_call(message: Message) -> ToolCall:
    """Which tool is called. Raises ProtocolError."""
    params = _params(mcp.CallToolRequestParams, message)
    token = message.params.get("_meta", {}).get("progressToken") if params.meta else None
    return ToolCall(params.name, params.arguments or {}, token if isinstance(token, str | int) else None)


def _params[T: BaseModel](form: type[T], message: Message) -> T:
    try:
        return _read(form, message.params, number=INVALID_PARAMS)
    except ProtocolError as error:
        error.status = 400 if message.is_modern else 200
        raise


def reply(message: Message, result: mcp.Result) -> Response:
    return whole(json_bytes(_response(message, result)), "application/json")


def outcome_reply(message: Message, steps: Iterable[Step]) -> Response:
    """JSON, once the outcome is there."""
    *_, outcome = steps
    assert isinstance(outcome, Outcome)
    return reply(message, _called(outcome))


def streamed_reply(message: Message, token: str | int, steps: Iterator[Step]) -> Response:
    """Server-sent events: what begins, a sign of life in every 10 s of silence, and at the end the outcome.

    JSON all the same if the outcome comes before anything else, since it may then be of any size.
    """
    told_of = paced(steps)
    first = next(told_of)
    if isinstance(first, Outcome):
        return outcome_reply(message, [first])

    def events() -> Iterator[bytes]:
        for number, step in enumerate(itertools.chain([first], told_of), start=1):
            if isinstance(step, Progress):
                told = {"progressToken": token, "progress": number, **({"message": step.what} if step.what else {})}
                yield _event({"jsonrpc": "2.0", "method": "notifications/progress", "params": told})
                continue
            event = _event(_response(message, _called(step)))
            if len(event) > MAX_EVENT:
                size = f"{len(event) / 1_000_000:.1f} MB"
                too_large = (
                    f"The result takes {size}, more than clients take while they are told of the progress. Call the "
                    "tool without a progress token, or ask for less."
                )
                event = _event(_response(message, _called(Outcome(too_large, is_error=True))))
            yield event

    return stream(
        events(),
        "text/event-stream; charset=utf-8",
        error_piece=lambda error: _event({"jsonrpc": "2.0", "id": message.id, "error": error_object(error)}),
    )


def _called(outcome: Outcome) -> mcp.CallToolResult:
    content: list[mcp.ContentBlock] = [mcp.TextContent(text=outcome.text)] if outcome.text else []
    if outcome.audio:
        kind = "audio/wav" if outcome.audio.type == WAV else outcome.audio.type.mime_type
        content.append(mcp.AudioContent(data=base64.b64encode(outcome.audio.content).decode(), mime_type=kind))
    return mcp.CallToolResult(content=content, structured_content=outcome.structured, is_error=outcome.is_error)


def _response(message: Message, result: mcp.Result) -> dict[str, Any]:
    told = result.model_dump(by_alias=True, exclude_none=True)
    if message.is_modern:
        server = _server().model_dump(by_alias=True, exclude_none=True)
        told = {"resultType": "complete", **told, "_meta": {mcp.SERVER_INFO_META_KEY: server}}
    else:
        told = {name: value for name, value in told.items() if name not in _ONLY_MODERN}
    return {"jsonrpc": "2.0", "id": message.id, "result": told}


def _event(value: dict[str, Any]) -> bytes:
    return b"event: message\ndata: " + json_bytes(value) + b"\n\n"


EMPTY = mcp.EmptyResult()

_CAPABILITIES = mcp.ServerCapabilities(tools=mcp.ToolsCapability())


@functools.cache
def _server() -> mcp.Implementation:
    manifest = yaml.safe_load((Path(__file__).parents[3] / "manifest.yaml").read_text(encoding="utf-8"))
    return mcp.Implementation(name=manifest["name"], title=manifest["label"]["en_US"], version=manifest["version"])
