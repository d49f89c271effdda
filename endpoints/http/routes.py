"""The routes there are, for the answer to a request for one that is not."""

import difflib
import functools

from werkzeug.routing import Map, Rule

ROUTES = {
    "/": "GET",
    "/v1/chat/completions": "POST",
    "/v1/responses": "POST",
    "/v1/messages": "POST",
    "/mcp": "POST",
    "/v1/models": "GET",
    "/v1/models/<path:id>": "GET",
    "/v1/messages/count_tokens": "POST",
    "/v1/embeddings": "POST",
    "/v1/audio/speech": "POST",
    "/v1/moderations": "POST",
    "/v1/rerank": "POST",
    "/v2/rerank": "POST",
    "/chat-messages": "POST",
    "/workflows/run": "POST",
    "/parameters": "GET",
    "/files/upload": "POST",
    "/v1/audio/transcriptions": "POST",
    "/completion-messages": "POST",
    "/<app_id>/chat-messages": "POST",
    "/<app_id>/workflows/run": "POST",
    "/<app_id>/completion-messages": "POST",
    "/<app_id>/parameters": "GET",
    "/<app_id>/files/upload": "POST",
    "/duck/<app_id>": "GET",
}
"""The method of each path, as in the YAML files of `endpoints/` and in the order of the group."""


_INSTEAD = {
    "/v1/completions": "/v1/chat/completions",
    "/v1/complete": "/v1/messages",
    "/v1/messages/batches": "/v1/messages",
    "/v1/reranking": "/v1/rerank",
    "/api/chat": "/v1/chat/completions",
    "/api/generate": "/v1/chat/completions",
    "/api/embed": "/v1/embeddings",
    "/api/embeddings": "/v1/embeddings",
    "/api/tags": "/v1/models",
}
"""Known APIs that are not here; Ollama's begin with /api."""

_LONGEST = 200
"""Characters of a path in which a route is looked for."""


def methods_of(path: str) -> list[str]:
    """The methods that a path takes, none if there is no such path."""
    adapter = _map().bind("localhost")
    return sorted(set(adapter.allowed_methods(path)) - {"HEAD"})


def similar_route(path: str) -> str | None:
    """The route that a caller may have meant, such as one whose `/v1` was left out of the base URL.

    What stands in front of a known path, such as the address of another server's API, is passed over.
    """
    path = path.rstrip("/").lower()
    if len(path) > _LONGEST:
        return None
    routes = [route for route in ROUTES if "<" not in route]
    ends = [path[at:] for at, character in enumerate(path) if character == "/"]
    for end in (each for found in ends for each in (found, f"/v1{found}")):
        if end in _INSTEAD or end in routes:
            return _INSTEAD.get(end, end)
    for end in ends:
        if close := difflib.get_close_matches(end, routes, n=1, cutoff=0.8):
            return close[0]
    return None


@functools.cache
def _map() -> Map:
    return Map([Rule(path, methods=[method], endpoint=path) for path, method in ROUTES.items()], merge_slashes=False)
