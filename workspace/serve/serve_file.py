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


@dataclass(frozen=True)
class Example:
    """A request to try a route with, or what is known of one: `path` is the route's own where none is given."""

    endpoint: Endpoint
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    """`{"json": ...}`, `{"form": ["name=value", "file=@path"]}` or nothing."""
    save: str

    def curl(self, url: str) -> str:
        """The command, for endpoints at this address."""
        words = ["curl", "-N", url + self.path]
        for name, value in self.headers.items():
            words += ["-H", f"{name}: {value}"]
        if "json" in self.body:
            words += ["-H", "Content-Type: application/json", "-d", json.dumps(self.body["json"], ensure_ascii=False)]
        for part in self.body.get("form", []):
            words += ["-F", part]
        implied = "POST" if self.body else "GET"
        if self.endpoint.method == "HEAD":
            words.append("--head")
        elif self.endpoint.method != implied:
            words += ["-X", self.endpoint.method]
        if self.save:
            words += ["-o", self.save]
        return shlex.join(words)


def examples(group: EndpointGroup, file: ServeFile) -> list[Example]:
    """One for each route, in the order of the group. Raises ParameterError."""
    refuse_unknown(file.requests, [endpoint.route for endpoint in group.endpoints], "requests: there is no route")
    headers = {str(name): str(value) for name, value in file.headers.items()}
    return [_example(endpoint, file.requests.get(endpoint.route) or {}, headers) for endpoint in group.endpoints]


def curl_lines(group: EndpointGroup, file: ServeFile, url: str) -> list[str]:
    """A command for each route in the order of the group, for a hidden one if the file has a request for it. Raises
    ParameterError."""
    found = examples(group, file)
    return [one.curl(url) for one in found if not one.endpoint.hidden or one.endpoint.route in file.requests]


def _example(endpoint: Endpoint, request: Any, headers: dict[str, str]) -> Example:
    if not isinstance(request, dict):
        raise ParameterError(f"requests: {endpoint.route} must be a mapping.")
    refuse_unknown(request, ["path", "json", "form", "save"], f"requests: {endpoint.route} takes no")
    form = request.get("form", [])
    if not isinstance(form, list):
        raise ParameterError(f"requests: form of {endpoint.route} must be a list, such as [file=@a.txt, n=1].")
    body = {"json": request["json"]} if "json" in request else {}
    if "form" in request:
        body["form"] = [str(part) for part in form]
    return Example(endpoint, str(request.get("path", endpoint.path)), headers, body, str(request.get("save", "")))
