"""`GET /v1/models` and `/v1/models/<id>`: the models and apps that the key reaches."""

from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from switchboard.http.errors import NotFound
from switchboard.http.route import route
from switchboard.http.settings import APP_PREFIX, GroupSettings
from switchboard.openai_api.errors import openai_error
from switchboard.openai_api.replies import json_reply


class ModelsEndpoint(Endpoint):
    @route(openai_error)
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        group = GroupSettings(settings)
        names = [model.name for model in group.models()] + [APP_PREFIX + app.name for app in group.apps()]
        listed = {name: {"id": name, "object": "model", "created": 0, "owned_by": "dify"} for name in names}
        wanted = values.get("id")
        if wanted is None:
            return json_reply({"object": "list", "data": list(listed.values())})
        if wanted not in listed:
            raise NotFound(f"The model `{wanted}` does not exist, or this key does not reach it.", field="model")
        return json_reply(listed[wanted])
