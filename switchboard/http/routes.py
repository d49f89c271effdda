"""The routes there are, for the answer to a request for one that is not."""

import functools

from werkzeug.routing import Map, Rule

ROUTES = {
    "/duck/<app_id>": "GET",
    "/chat-messages": "POST",
    "/<app_id>/chat-messages": "POST",
    "/completion-messages": "POST",
    "/<app_id>/completion-messages": "POST",
    "/workflows/run": "POST",
    "/<app_id>/workflows/run": "POST",
    "/parameters": "GET",
    "/<app_id>/parameters": "GET",
    "/files/upload": "POST",
    "/<app_id>/files/upload": "POST",
    "/v1/chat/completions": "POST",
    "/v1/embeddings": "POST",
    "/v1/audio/speech": "POST",
    "/v1/audio/transcriptions": "POST",
    "/v1/moderations": "POST",
    "/v1/rerank": "POST",
    "/v2/rerank": "POST",
    "/v1/models": "GET",
    "/v1/models/<path:id>": "GET",
}
"""The method of each path, as in the YAML files of `endpoints/`."""


def methods_of(path: str) -> list[str]:
    """The methods that a path takes, none if there is no such path."""
    adapter = _map().bind("localhost")
    return sorted(set(adapter.allowed_methods(path)) - {"HEAD"})


@functools.cache
def _map() -> Map:
    return Map([Rule(path, methods=[method], endpoint=path) for path, method in ROUTES.items()], merge_slashes=False)
