"""Dify's plugin daemon: started, and told what to do as Dify tells it.

Source: dify-plugin-daemon, `internal/server/http_server.go`, `internal/types/app/config.go`.
"""

import os
import subprocess
import time
import uuid
from pathlib import Path
from typing import Any

import httpx

from tests.daemon.prerequisites import ROOT, Programs
from tests.daemon.processes import Processes, free_port, start_postgres, start_redis

SERVER_KEY = "test-key"
INSTALLATION = 600.0
"""Seconds that an installation may take; it loads packages."""


class PluginDaemon:
    """A running daemon whose Dify is at `inner_api_url`. `url` is where it serves, `debugging` where plugins connect.

    `configured` are further variables of its environment.
    """

    def __init__(
        self, programs: Programs, processes: Processes, *, inner_api_url: str, inner_api_key: str, **configured: str
    ) -> None:
        self._programs = programs
        self._folder = processes.folder
        port, debugging_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.debugging = f"127.0.0.1:{debugging_port}"
        self.plugin_input = self._folder / "plugin-input"
        """What the daemon wrote to the plugin, line by line; see `in_the_plugin`."""
        environment = {
            **_environment(programs, self._folder),
            "PYTHONPATH": str(
                Path(__file__).with_name("in_the_plugin")
            ),  # a plugin gets all of the daemon's environment
            "KEEP_PLUGIN_INPUT": str(self.plugin_input),
            "SERVER_PORT": str(port),
            "PLUGIN_REMOTE_INSTALLING_PORT": str(debugging_port),
            "DIFY_INNER_API_URL": inner_api_url,
            "DIFY_INNER_API_KEY": inner_api_key,
            "DB_PORT": str(start_postgres(processes, initdb=programs.initdb, postgres=programs.postgres)),
            "REDIS_PORT": str(start_redis(processes, redis=programs.redis)),
            **configured,
        }
        _run([programs.cli, "migrate"], env=environment, cwd=self._folder)
        processes.start("daemon", [programs.daemon], port=port, env=environment, cwd=self._folder)
        self._client = httpx.Client(
            base_url=f"{self.url}/plugin/{uuid.uuid4()}/", headers={"X-Api-Key": SERVER_KEY}, timeout=60
        )

    def close(self) -> None:
        self._client.close()

    def install(self, plugin: Path) -> str:
        """Package the plugin in a folder and install it; its unique identifier."""
        package = self._folder / "plugin.difypkg"
        _run([self._programs.cli, "plugin", "package", str(plugin), "-o", str(package)], cwd=self._folder)
        uploaded = self._ask(
            "POST", "management/install/upload/package", files={"dify_pkg": (package.name, package.read_bytes())}
        )
        identifier = str(uploaded["unique_identifier"])
        wanted = {"plugin_unique_identifiers": [identifier], "source": "package", "metas": [{}]}
        task = self._ask("POST", "management/install/identifiers", json=wanted)
        deadline = time.monotonic() + INSTALLATION
        while not task.get("all_installed"):
            state = self._ask("GET", f"management/install/tasks/{task['task_id']}")
            if state["status"] == "success":
                break
            if state["status"] == "failed" or time.monotonic() > deadline:
                raise RuntimeError(f"the plugin is not installed: {state}")
            time.sleep(0.2)
        return identifier

    def debugging_key(self) -> str:
        """The key with which a plugin connects, as the page of Dify shows it."""
        return str(self._ask("POST", "debugging/key", json={})["key"])

    def debugged(self) -> str | None:
        """The unique identifier of the plugin that is connected, None if there is none."""
        found = self._ask("GET", "management/list", params={"page": 1, "page_size": 100})["list"]
        return next((each["plugin_unique_identifier"] for each in found if each["runtime_type"] == "remote"), None)

    def set_up_endpoints(self, identifier: str, settings: dict[str, Any]) -> str:
        """Set up the plugin's group of endpoints; the address at which it is served."""
        group = {"plugin_unique_identifier": identifier, "user_id": "admin", "name": "test", "settings": settings}
        self._ask("POST", "endpoint/setup", json=group)
        [endpoint] = self._ask("GET", "endpoint/list", params={"page": 1, "page_size": 100})
        return f"{self.url}/e/{endpoint['hook_id']}"

    def call_tool(self, identifier: str, provider: str, tool: str, parameters: dict[str, Any]) -> str:
        """Run a tool of an installed plugin to its end; what the daemon streamed."""
        call = {"provider": provider, "tool": tool, "tool_parameters": parameters, "credentials": {}}
        return self._client.post(
            "dispatch/tool/invoke",
            headers={"X-Plugin-ID": identifier.split(":")[0]},
            json={"user_id": "user", "data": {**call, "credential_type": "api-key"}},
        ).text

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        answer = self._client.request(method, path, **options).json()
        if answer.get("code") != 0:
            raise RuntimeError(f"the daemon refused {path}: {answer.get('message')}")
        return answer["data"]


def _run(command: list[str], **options: Any) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def _environment(programs: Programs, folder: Path) -> dict[str, str]:
    working = folder / "plugins"
    working.mkdir()
    cache = subprocess.run([programs.uv, "cache", "dir"], capture_output=True, text=True, check=True, cwd=ROOT)
    (working / ".uv-cache").symlink_to(cache.stdout.strip())  # so that packages are loaded once
    passed_on = {name: os.environ[name] for name in ("HOME", "LANG", "SSL_CERT_FILE") if name in os.environ}
    return {
        **passed_on,
        "PATH": os.pathsep.join([str(Path(programs.python).parent), os.environ["PATH"]]),
        "UV_PATH": programs.uv,
        "PYTHON_INTERPRETER_PATH": programs.python,
        "PLATFORM": "local",
        "GIN_MODE": "release",
        "SERVER_HOST": "127.0.0.1",
        "SERVER_KEY": SERVER_KEY,
        "PLUGIN_WORKING_PATH": str(working),
        "PLUGIN_INSTALLED_PATH": "installed",
        "PLUGIN_PACKAGE_CACHE_PATH": "packages",
        "PLUGIN_MEDIA_CACHE_PATH": "assets",
        "PLUGIN_STORAGE_TYPE": "local",
        "PLUGIN_STORAGE_LOCAL_ROOT": str(folder / "storage"),
        "PERSISTENCE_STORAGE_PATH": "persistence",
        "PLUGIN_REMOTE_INSTALLING_HOST": "127.0.0.1",
        "FORCE_VERIFYING_SIGNATURE": "false",
        "PIP_MIRROR_AUTO_DETECT": "false",
        "REDIS_HOST": "127.0.0.1",
        "DB_TYPE": "postgresql",
        "DB_HOST": "127.0.0.1",
        "DB_USERNAME": "postgres",
        "DB_PASSWORD": "unused",
        "DB_DATABASE": "dify_plugin",
        "DB_SSL_MODE": "disable",
    }
