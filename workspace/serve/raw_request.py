"""The request that a plugin gets: the caller's, as the plugin daemon copies it and Go writes it out.

Source: dify-plugin-daemon, `internal/service/endpoint.go`; Go, `net/http` and `net/url`.
"""

import re
from urllib.parse import quote, quote_plus, unquote_to_bytes

from workspace.serve.exchange import Exchange

BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
NEVER_PASSED = frozenset(
    {
        *("Host", "User-Agent", "Content-Length", "Transfer-Encoding", "Trailer"),  # written anew
        *("X-Forwarded-For", "X-Real-Ip", "X-Forwarded"),
        *("X-Original-Forwarded-For", "X-Original-Url", "X-Original-Host"),
        "Dify-Hook-Id",
    }
)
USUALLY_WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})


def copied_request(exchange: Exchange, body: bytes, *, hook: str, path: bytes) -> bytes:
    """The bytes of `raw_http_request`. `path` is what follows the hook, decoded."""
    headers = _by_name(exchange)
    host = exchange.header("X-Original-Host") or exchange.header("Host")
    if not exchange.header("Dify-Hook-Url"):
        scheme = "https" if exchange.header("X-Forwarded-Proto") == "https" else "http"
        headers["Dify-Hook-Url"] = [f"{scheme}://{host}/e/{hook}{path.decode('latin-1')}"]
    headers["Dify-Hook-Id"] = [hook]
    lines = [f"{exchange.method} {escaped_path(path)}{_query(exchange.target)} HTTP/1.1", f"Host: {host}"]
    agents = [value for name, value in exchange.headers if name.lower() == "user-agent"] or ["Go-http-client/1.1"]
    if agents[0]:
        lines.append(f"User-Agent: {agents[0]}")
    if exchange.version == "HTTP/1.0" and exchange.header("Connection").lower() not in ("close", "keep-alive"):
        lines.append("Connection: close")
    if body:
        lines.append(f"Content-Length: {len(body)}")
    elif exchange.method not in USUALLY_WITHOUT_BODY:  # Go writes a body of no bytes, of unknown length, in chunks
        lines.append("Transfer-Encoding: chunked")
        body = b"0\r\n\r\n"
    lines += [f"{name}: {one_line(value)}" for name in sorted(headers) for value in headers[name]]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def canonical(name: str) -> str:
    """A header's name as Go writes it: `x-FOO_bar` as `X-Foo_bar`."""
    return "-".join(part.capitalize() for part in name.split("-"))


def one_line(value: str) -> str:
    """A header's value as Go writes it."""
    return re.sub("[\r\n]", " ", value).strip(" \t")


def escaped_path(path: bytes) -> str:
    """As Go escapes a path of its own making."""
    return quote(path, safe="$&+,/:;=@-_.~")


def _by_name(exchange: Exchange) -> dict[str, list[str]]:
    """The headers that pass, their values in the order in which they came."""
    headers: dict[str, list[str]] = {}
    for name, value in exchange.headers:
        name = canonical(name)
        if name not in NEVER_PASSED and not (name == "Dify-Hook-Url" and not value):
            headers.setdefault(name, []).append(value)
    if headers.get("Pragma") == ["no-cache"]:
        headers.setdefault("Cache-Control", ["no-cache"])
    return headers


def _query(target: str) -> str:
    """Encoded anew and sorted by name; what Go cannot read is left out."""
    values: dict[bytes, list[bytes]] = {}
    _, mark, query = target.partition("?")
    for part in query.split("&"):
        if part and ";" not in part and not BAD_ESCAPE.search(part):
            name, _, value = part.replace("+", " ").partition("=")
            values.setdefault(unquote_to_bytes(name), []).append(unquote_to_bytes(value))
    encoded = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name in sorted(values) for value in values[name])
    return f"?{encoded}" if encoded or (mark and not query) else ""
