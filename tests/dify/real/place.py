"""A Dify with Switchboard in it, models that answer and fail as they are to, and apps that are made when asked for."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest

from publishing.archive import archive
from publishing.plugin import read
from tests.dify import apps, made, models, offline, prerequisites
from tests.dify.console import Console
from tests.dify.forwarding import forwarding
from tests.dify.knowledge import add_knowledge
from tests.dify.real.settings import KEY, SETTINGS
from tests.served import ROOT
from tests.workspace.workflows.dsl_files import end, given, start, tool, variable
from workspace.plugin.folder import read_plugin_folder

FOLDER = read_plugin_folder(ROOT)
"""The plugin that is asked."""
PLUGIN = f"{FOLDER.author}/{FOLDER.name}"
PROVIDER = f"{PLUGIN}/{FOLDER.providers[0].name}"
"""The provider of its tools."""
REACHED_AT = "DIFY_REACHES_ME"
"""Names the address that this machine has for Dify, where that is not 127.0.0.1."""


class Place:
    """`url` is where its endpoints are: "http://localhost/e/abc"."""

    def __init__(self, console: Console, identifier: str, opened: ExitStack) -> None:
        self.console = console
        self.identifier = identifier
        self._opened = opened
        self._made: dict[str, str] = {}

    def app_id(self, name: str, *, dsl: str = "") -> str:
        """That of an app of `apps.APPS`, or of a DSL file that has a name here; published if it can be."""
        if name not in self._made:
            publish = name not in apps.UNPUBLISHED
            self._made[name] = made.add_app(
                self.console, dsl or OF_THE_TIER.get(name) or apps.APPS[name], publish=publish
            )
        return self._made[name]

    def app(self, name: str) -> dict[str, Any]:
        """As an app selector has it."""
        return {"app_id": self.app_id(name), "inputs": {}, "files": []}

    @cached_property
    def knowledge(self) -> str:
        """The id of a knowledge base with the passages of the examples."""
        return add_knowledge(self.console, (ROOT / "examples/inputs/passages.txt").read_text(encoding="utf-8"))

    @cached_property
    def url(self) -> str:
        name = f"{apps.PREFIX} endpoints"
        settings = {setting: value(self) if callable(value) else value for setting, value in SETTINGS.items()}
        self.console.add_endpoints(self.identifier, name, settings)
        [group] = [each for each in self.console.endpoints(PLUGIN) if each["name"] == name]
        return str(group["url"]).rstrip("/")

    @cached_property
    def http(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {KEY}"}
        return self._opened.enter_context(httpx.Client(base_url=self.url, headers=headers, timeout=120))

    def moderation_model(self) -> dict[str, Any]:
        """One that the workspace has, since `openai_api_compatible` has none."""
        listed = self.console.get("/workspaces/current/models/model-types/moderation")["data"]
        for found in ((each["provider"], one["model"]) for each in listed for one in each["models"]):
            return {"provider": found[0], "model": found[1], "model_type": "moderation"}
        pytest.skip("moderation is left out: the workspace has no model for it")

    def run_tool(self, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """The data of the end of its node: `status`, `outputs`, `error`. A value that is bytes is a file of them."""
        variables, inputs, values = [variable("text", "paragraph")], {}, {}
        for parameter, value in parameters.items():
            values[parameter] = value
            if isinstance(value, bytes):
                variables.append(variable(parameter, "file", **ANY_FILE))
                inputs[parameter] = self.console.upload_file("sample.mp3" if parameter == "audio" else "a.txt", value)
                values[parameter] = ["start", parameter]
        kinds = {each.name: each for each in FOLDER.tool(name).parameters}
        settings = {each: value for each, value in values.items() if kinds[each].form == "form"}
        node = tool(name, provider=PROVIDER, node_id="tool", settings=settings)
        node["data"]["tool_parameters"] = {each: given(value) for each, value in values.items() if each not in settings}
        made_of = [start(*variables), node, end(text=["tool", "text"])]
        app_id = made.add_app(self.console, apps.dsl(f"tool {name}", made_of), publish=False)
        events = list(self.console.run_draft(app_id, inputs))
        ended = [event["data"] for event in events if event["event"] == "node_finished"]
        return next(data for data in ended if data["node_id"] == "tool")


COUNTS = apps.llm("counts", prompt="{{#sys.query#}}")
COUNTS["data"]["memory"] = {"window": {"enabled": False, "size": 50}, "query_prompt_template": "{{#sys.query#}}"}
OF_THE_TIER = {
    "agent": apps.chat(
        "agent", "calls-a-tool", mode="agent-chat", tools=(apps.agent_tool("storage", provider=PROVIDER),)
    ),
    "chatbot that is slow": apps.chat("chatbot that is slow", "slow"),
    "chatbot that counts": apps.chat("chatbot that counts", "counts"),
    "agent that counts": apps.chat("agent that counts", "counts", mode="agent-chat"),
    "chatflow that counts": apps.dsl(
        "chatflow that counts", [start(), COUNTS, apps.answer("{{#llm.text#}}")], mode="advanced-chat"
    ),
}
"""Apps that no recording is of."""
ANY_FILE = {
    "allowed_file_types": ["document", "image", "audio"],
    "allowed_file_upload_methods": ["local_file"],
    "allowed_file_extensions": [],
}


@contextmanager
def prepared(console: Console, folder: Path, say: Callable[[str], None]) -> Iterator[Place]:
    """A place, and nothing of it any more afterwards. Raises NotReady before it has changed anything."""
    with ExitStack() as opened:
        say(f"Dify {console.version} at {console.address}")
        package = folder / "switchboard.difypkg"
        package.write_bytes(archive(read(FOLDER.path).contents))
        identifier = prerequisites.upload(console, package)
        made.remove_all(console)
        before = made.listed(console)
        opened.callback(made.check_left_as_it_was, console, before, say, PLUGIN)
        opened.callback(made.remove_all, console)
        opened.callback(say, "removing what was made")
        prerequisites.check_worker(console)
        served = opened.enter_context(models.serving_models())
        say("models")
        prerequisites.add_models(console, _reached(opened, served.server_port, "/v1"), made.wanted_models())
        served.tried.set()
        port = opened.enter_context(offline.serving_offline_models(folder))
        prerequisites.add_models(console, _reached(opened, port, "/e/hook/v1"), made.offline_models())
        say(f"installing {identifier[:60]}")
        opened.enter_context(made.installed_instead(console, PLUGIN, identifier))
        say("asking")
        yield Place(console, identifier, opened)


def _reached(opened: ExitStack, port: int, path: str) -> str:
    """The address that a port of loopback has for Dify."""
    address = os.environ.get(REACHED_AT, "")
    if not address:
        return f"http://127.0.0.1:{port}{path}"
    return f"http://{address}:{opened.enter_context(forwarding(port))}{path}"
