"""The forms in which the APIs tell errors."""

from typing import Any, Literal

type Form = Literal["openai", "anthropic", "mcp", "dify"]


def form_of(path: str) -> Form:
    """The form of the API that a path belongs to."""
    if path.startswith("/mcp"):
        return "mcp"
    if path.startswith("/v1/messages"):
        return "anthropic"
    return "openai" if path.startswith(("/v1/", "/v2/")) or path == "/v1" else "dify"


def read_error(body: dict[str, Any]) -> tuple[Form, str]:
    """The form of an error and its message; of what has none of the forms, an AssertionError."""
    error = body.get("error")
    if "jsonrpc" in body:
        assert set(body) == {"jsonrpc", "id", "error"}
        assert {"code", "message"} <= set(error)
        return "mcp", error["message"]
    if "request_id" in body:
        assert set(body) == {"type", "error", "request_id"}
        assert body["type"] == "error"
        assert set(error) == {"type", "message"}
        return "anthropic", error["message"]
    if error:
        assert set(body) == {"error"}
        assert set(error) == {"message", "type", "param", "code"}
        return "openai", error["message"]
    assert set(body) == {"code", "message", "status"}
    return "dify", body["message"]
