"""`GET /v1/models` and `/v1/models/<id>`: lists the models and apps in the settings.

One object serves the clients of two APIs, with the fields of both (OpenAI's and Anthropic's API references, "Models").
What else a key with the reach of the workspace can use is not listed: Dify tells no plugin which models there are.
"""

from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from endpoints.http.errors import NotFound
from endpoints.http.route import route
from endpoints.http.settings import APP_PREFIX, App, GroupSettings, Model
from endpoints.openai.wire.errors import openai_error
from endpoints.openai.wire.replies import json_reply
from switchboard.selectors import MAX_NAME


class ModelsEndpoint(Endpoint):
    @route(openai_error)
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        group = GroupSettings(settings)
        wanted = values.get("id")
        if wanted is None:
            entries = [*map(_entry, group.models()), *map(_entry, group.apps())]
            listed: dict[str, dict[str, Any]] = {}
            for entry in entries:
                listed.setdefault(entry["id"], entry)  # models of two types may share a name
            ids = list(listed)
            return json_reply(
                {
                    "object": "list",
                    "data": list(listed.values()),
                    "first_id": ids[0] if ids else None,
                    "last_id": ids[-1] if ids else None,
                    "has_more": False,
                }
            )
        if found := group.find(wanted):
            return json_reply(_entry(found))
        problem = f"The model `{wanted[:MAX_NAME]}` does not exist, or this key does not reach it."
        if group.reaches_workspace:
            problem = (
                f"The model `{wanted[:MAX_NAME]}` is not configured here. This key reaches others by their full ids, "
                "but only a request to one shows whether it exists."
            )
        raise NotFound(problem, field="model")


def _entry(configured: Model | App) -> dict[str, Any]:
    """Nobody tells a plugin when a model was made, and clients need a date."""
    if isinstance(configured, App):
        name, owner = APP_PREFIX + configured.name, "dify"
    else:
        name, owner = configured.name, configured.selector["provider"]
    return {
        "id": name,
        "object": "model",
        "created": 0,
        "owned_by": owner,
        "type": "model",
        "display_name": name,
        "created_at": "1970-01-01T00:00:00Z",
        "lifecycle": "active",
    }
