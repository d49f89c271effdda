"""The file of `python -m workspace serve --settings`: the settings of the endpoints, and requests to try them with.

settings:
  api_key: test-key
headers:                                   # of every request
  Authorization: Bearer test-key
requests:                                  # by route, as the plugin declares it; all of it is optional
  POST /v1/embeddings:
    json: {input: Good morning.}
  POST /v1/audio/speech:
    json: {input: Good morning.}
    save: morning.mp3
  POST /v1/audio/transcriptions:
    form: [file=@morning.mp3]
  GET /apps/<app_id>:
    path: /apps/chatbot?query=hello
"""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workspace.plugin.folder import Endpoint, EndpointGroup
from workspace.plugin.parameters import ParameterError, refuse_unknown
from workspace.plugin.yaml_file import YamlFile


@dataclass(frozen=True)
class ServeFile:
    settings: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, Any] = field(default_factory=dict)
    requests: dict[str, Any] = field(default_factory=dict)


def read_serve_file(path: Path) -> ServeFile:
    """Raises PluginFolderError for what is no such file, ParameterError for what does not belong into it."""
    file = YamlFile(path.parent, path.name)
    try:
        json.dumps(file.content, allow_nan=False)
    except (TypeError, ValueError):
        raise ParameterError(f"{path.name} holds what JSON cannot, such as a date that is not in quotes.") from None
    refuse_unknown(file.content, ["settings", "headers", "requests"], f"{path.name} takes no")
    return ServeFile(
        file.mapping("settings", required=False),
        file.mapping("headers", required=False),
        file.mapping("requests", required=False),
    )


def curl_lines(group: EndpointGroup, file: ServeFile, url: str) -> list[str]:
    """A command for each route that is not hidden, in the order of the group. Raises ParameterError."""
    refuse_unknown(file.requests, [endpoint.route for endpoint in group.endpoints], "requests: there is no route")
    return [
        _curl(endpoint, file.requests.get(endpoint.route) or {}, file.headers, url)
        for endpoint in group.endpoints
        if not endpoint.hidden
    ]


def _curl(endpoint: Endpoint, request: Any, headers: Mapping[str, Any], url: str) -> str:
    if not isinstance(request, dict):
        raise ParameterError(f"requests: {endpoint.route} must be a mapping.")
    refuse_unknown(request, ["path", "json", "form", "save"], f"requests: {endpoint.route} takes no")
    words = ["curl", "-N", url + str(request.get("path", endpoint.path))]
    for name, value in headers.items():
        words += ["-H", f"{name}: {value}"]
    if "json" in request:
        words += ["-H", "Content-Type: application/json", "-d", json.dumps(request["json"], ensure_ascii=False)]
    form = request.get("form", [])
    if not isinstance(form, list):
        raise ParameterError(f"requests: form of {endpoint.route} must be a list, such as [file=@a.txt, n=1].")
    for part in form:
        words += ["-F", str(part)]
    implied = "POST" if {"json", "form"} & request.keys() else "GET"
    if endpoint.method == "HEAD":
        words.append("--head")
    elif endpoint.method != implied:
        words += ["-X", endpoint.method]
    if "save" in request:
        words += ["-o", str(request["save"])]
    return shlex.join(words)
