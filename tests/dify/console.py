"""Dify's console API and the API of one app, as far as the tests need them.

    with Console(Address.from_environment()) as console:
        app_id = console.import_app(dsl)
        for event in console.run_draft(app_id, {"text": "Hello"}):
            ...

Source: Dify 1.16, `api/controllers/console` and `api/controllers/service_api`.
"""

import base64
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

LONGEST_CALL = 120.0
"""Seconds of silence after which a call has failed."""
LONGEST_INSTALLATION = 600.0
"""Seconds: Dify makes a virtual environment for the plugin, and fetches its packages."""


class ConsoleError(Exception):
    """What Dify's API answered to a call that it did not take."""

    def __init__(self, call: str, response: httpx.Response) -> None:
        super().__init__(f"{call}: HTTP {response.status_code} {response.text[:2000]}")
        self.status = response.status_code
        self.message = _message(response)


class Console:
    """Somebody who is logged in. Raises ConsoleError, and httpx.HTTPError where nobody answers."""

    def __init__(self, address: str, email: str, password: str) -> None:
        self.address = address.rstrip("/")
        self._opened = ExitStack()
        http = httpx.Client(base_url=f"{self.address}/console/api", timeout=LONGEST_CALL)
        self._http = self._opened.enter_context(http)
        given = {"email": email, "password": base64.b64encode(password.encode()).decode(), "remember_me": True}
        self.post("/login", given)
        self._http.headers["X-CSRF-Token"] = next(
            (c.value or "" for c in self._http.cookies.jar if "csrf" in c.name), ""
        )

    def __enter__(self) -> "Console":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._opened.close()

    def call(self, method: str, path: str, **options: Any) -> Any:
        """The JSON that comes back, None where nothing does."""
        response = self._http.request(method, path, **options)
        if response.status_code >= 300:
            raise ConsoleError(f"{method} {path}", response)
        return response.json() if response.content else None

    def get(self, path: str, **params: Any) -> Any:
        return self.call("GET", path, params=params)

    def post(self, path: str, body: Any = None) -> Any:
        return self.call("POST", path, json={} if body is None else body)

    def pages(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """All that a list has."""
        found, page = [], 1
        while True:
            answer = self.get(path, page=page, limit=100, **params)
            found += answer["data"]
            if not answer["has_more"]:
                return found
            page += 1

    @property
    def cookies(self) -> dict[str, str]:
        """Those that a browser needs to be logged in as well."""
        return {cookie.name: cookie.value or "" for cookie in self._http.cookies.jar}

    @property
    def version(self) -> str:
        """That of Dify: "1.16.0"."""
        return str(self.get("/version", current_version="")["version"])

    # --- plugins

    def plugins(self) -> dict[str, dict[str, Any]]:
        """What is installed, by "author/name"."""
        listed = self.get("/workspaces/current/plugin/list", page=1, page_size=256)["plugins"]
        return {plugin["plugin_id"]: plugin for plugin in listed}

    def install(self, package: Path) -> str:
        """Its unique identifier. Another build of an installed version changes nothing: uninstall that first."""
        identifier = self.upload(package)
        self.install_uploaded(identifier)
        return identifier

    def upload(self, package: Path) -> str:
        """The unique identifier of a package that Dify keeps, and has not installed yet."""
        path = "/workspaces/current/plugin/upload/pkg"
        files = {"pkg": (package.name, package.read_bytes(), "application/octet-stream")}
        return str(self.call("POST", path, files=files)["unique_identifier"])

    def install_uploaded(self, identifier: str) -> None:
        task = self.post("/workspaces/current/plugin/install/pkg", {"plugin_unique_identifiers": [identifier]})
        until = time.monotonic() + LONGEST_INSTALLATION
        while not task.get("all_installed"):
            state = self.get(f"/workspaces/current/plugin/tasks/{task['task_id']}")["task"]
            if state["status"] == "success":
                break
            if state["status"] == "failed" or time.monotonic() > until:
                raise RuntimeError(f"Dify did not install {identifier}: {json.dumps(state['plugins'])[:2000]}")
            time.sleep(0.5)

    def uninstall(self, plugin_id: str) -> bool:
        """Whether it was installed."""
        plugin = self.plugins().get(plugin_id)
        if plugin:
            self.post("/workspaces/current/plugin/uninstall", {"plugin_installation_id": plugin["installation_id"]})
        return plugin is not None

    # --- models

    def add_model(self, provider: str, model: str, model_type: str, credentials: dict[str, Any]) -> None:
        path = f"/workspaces/current/model-providers/{provider}/models/credentials"
        body = {"model": model, "model_type": model_type, "credentials": credentials, "name": "check"}
        self.post(path, body)

    def models(self, provider: str) -> list[tuple[str, str]]:
        """Name and type of those that were added."""
        found = self.get(f"/workspaces/current/model-providers/{provider}/models")["data"]
        return [(each["model"], each["model_type"]) for each in found]

    def remove_model(self, provider: str, model: str, model_type: str) -> None:
        """With its credentials, which would stay. One that is not there is none to remove."""
        of_model = {"model": model, "model_type": model_type}
        path = f"/workspaces/current/model-providers/{provider}/models"
        for credential in self.get(f"{path}/credentials", **of_model)["available_credentials"]:
            self.call("DELETE", f"{path}/credentials", json={**of_model, "credential_id": credential["credential_id"]})
        if (model, model_type) in self.models(provider):
            self.call("DELETE", path, json=of_model)

    def default_model(self, model_type: str) -> tuple[str, str] | None:
        """Provider and model, None where none is set."""
        found = self.get("/workspaces/current/default-model", model_type=model_type)["data"]
        return (found["provider"]["provider"], found["model"]) if found else None

    def set_default_model(self, model_type: str, provider: str | None, model: str | None) -> None:
        setting = {"model_type": model_type, "provider": provider, "model": model}
        self.post("/workspaces/current/default-model", {"model_settings": [setting]})

    # --- apps

    def apps(self, name: str) -> list[dict[str, Any]]:
        """Those whose name holds this."""
        return list(self.get("/apps", page=1, limit=100, name=name)["data"])

    def all_apps(self) -> list[dict[str, Any]]:
        return self.pages("/apps")

    def agents(self, name: str) -> list[dict[str, Any]]:
        """The New Agents whose name begins with this; none in a Dify that knows no such."""
        try:
            return [each for each in self.pages("/agent") if each["name"].startswith(name)]
        except ConsoleError as error:
            if error.status == 404:
                return []
            raise

    def delete_agent(self, agent_id: str) -> None:
        self.call("DELETE", f"/agent/{agent_id}")

    def upload_file(self, name: str, content: bytes) -> dict[str, Any]:
        """What a start variable of type file takes."""
        kept = self.call("POST", "/files/upload", files={"file": (name, content)})
        kind = "audio" if name.endswith((".mp3", ".wav")) else "image" if name.endswith(".png") else "document"
        return {"type": kind, "transfer_method": "local_file", "upload_file_id": kept["id"], "url": ""}

    def import_app(self, dsl: str) -> str:
        """The id of the app that a DSL file makes."""
        found = self.imported(dsl)
        if found["status"] == "failed":
            raise RuntimeError(f"Dify did not import the app: {found.get('error')}")
        return str(found["app_id"])

    def imported(self, dsl: str) -> dict[str, Any]:
        """What Dify says of a DSL file: its `status` is "completed", "completed-with-warnings" or "failed"."""
        found: dict[str, Any] = self.post("/apps/imports", {"mode": "yaml-content", "yaml_content": dsl})
        if found["status"] == "pending":
            found = self.post(f"/apps/imports/{found['id']}/confirm")
        return found

    def publish(self, app_id: str) -> None:
        self.post(f"/apps/{app_id}/workflows/publish", {"marked_name": "", "marked_comment": ""})

    def delete_app(self, app_id: str) -> None:
        self.call("DELETE", f"/apps/{app_id}")

    def run_draft(self, app_id: str, inputs: dict[str, Any], query: str | None = None) -> Iterator[dict[str, Any]]:
        """The events of a draft's run; `query` is for a chatflow."""
        path, body = f"/apps/{app_id}/workflows/draft/run", {"inputs": inputs}
        if query is not None:
            path, body = f"/apps/{app_id}/advanced-chat/workflows/draft/run", {"inputs": inputs, "query": query}
        with self._http.stream("POST", path, json=body) as response:
            if response.status_code >= 300:
                response.read()
                raise ConsoleError(f"POST {path}", response)
            yield from _events(response)

    def service(self, app_id: str) -> "Service":
        keys = self.get(f"/apps/{app_id}/api-keys")["data"]
        return self.service_of((keys[0] if keys else self.post(f"/apps/{app_id}/api-keys"))["token"])

    def service_of(self, key: str) -> "Service":
        return Service(
            self._opened.enter_context(httpx.Client(base_url=f"{self.address}/v1", timeout=LONGEST_CALL)), key
        )

    # --- endpoint groups

    def add_endpoints(self, identifier: str, name: str, settings: dict[str, Any]) -> None:
        body = {"plugin_unique_identifier": identifier, "name": name, "settings": settings}
        self.post("/workspaces/current/endpoints/create", body)

    def endpoints(self, plugin_id: str) -> list[dict[str, Any]]:
        path = "/workspaces/current/endpoints/list/plugin"
        return list(self.get(path, page=1, page_size=100, plugin_id=plugin_id)["endpoints"])

    def all_endpoints(self) -> list[dict[str, Any]]:
        return list(self.get("/workspaces/current/endpoints/list", page=1, page_size=100)["endpoints"])

    def remove_endpoints(self, endpoint_id: str) -> None:
        self.post("/workspaces/current/endpoints/delete", {"endpoint_id": endpoint_id})


class Service:
    """One app over Dify's API for programs."""

    def __init__(self, http: httpx.Client, key: str) -> None:
        self._http = http
        self._http.headers["Authorization"] = f"Bearer {key}"

    def events(self, path: str, body: dict[str, Any], *, seconds: float = LONGEST_CALL) -> Iterator[dict[str, Any]]:
        """Those of a streamed run: `/chat-messages`, `/workflows/run`. httpx.ReadTimeout after silence of `seconds`."""
        asked = {"inputs": {}, "response_mode": "streaming", **body}
        with self._http.stream("POST", path, json=asked, timeout=seconds) as response:
            if response.status_code >= 300:
                response.read()
                raise ConsoleError(f"POST {path}", response)
            yield from _events(response)


def _message(response: httpx.Response) -> str:
    """Dify's own words, as far as there are any."""
    try:
        said = response.json()
    except ValueError:
        return response.text[:300]
    return str(said["message"] if isinstance(said, dict) and said.get("message") else said)


def _events(response: httpx.Response) -> Iterator[dict[str, Any]]:
    for line in response.iter_lines():
        if line.startswith("data:") and line.strip() != "data: [DONE]":
            yield json.loads(line[5:])
