"""`GET /v1/models` and `/v1/models/<id>`: lists the models and apps in the settings.

Its form is that of the OpenAI API reference, "Models".

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
            return json_reply({"object": "list", "data": list(listed.values())})
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
    """`created` is 0 for all: nobody tells a plugin when a model was made, and clients need a number."""
    if isinstance(configured, App):
        return {"id": APP_PREFIX + configured.name, "object": "model", "created": 0, "owned_by": "dify"}
    return {"id": configured.name, "object": "model", "created": 0, "owned_by": configured.selector["provider"]}
