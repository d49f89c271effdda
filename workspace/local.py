"""All of the local workspace that stands in Dify's place, put together: the only place that knows all its parts.

dify = local_dify(manifest, OfflineModels(), folder=Path("data"))
PluginProcess(plugin, dify.handle)
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from workspace.dify import Dify, DifyApi
from workspace.dify.api import Node
from workspace.dify.apps.app import App
from workspace.dify.tools import PluginTools
from workspace.engines import Models
from workspace.plugin.file_server import FileServer
from workspace.plugin.selectors import DEFAULT_MODELS
from workspace.wire import Payload
from workspace.workflows.host import Host
from workspace.workflows.own_apps import own_apps


def local_dify(
    manifest: dict[str, Any],
    models: Models,
    *,
    folder: Path | None = None,
    known_models: Collection[str] | None = None,
    fail_like_dify: bool = False,
    apps: dict[str, App] | None = None,
    tools: PluginTools | None = None,
    files: FileServer | None = None,
    default_model: str = "",
    agent_models: Mapping[str, str] = DEFAULT_MODELS,
    context_tokens: int = 4096,
) -> Dify:
    """`folder` keeps storage and conversations (None: no storage, conversations in memory). The other options are those
    of `DifyApi`."""

    def run_one(node: Node) -> Payload:
        # imported here because the engine takes its time to load
        from workspace.workflows.free_node import run_node

        return run_node(node, Host(models, default_model=default_model))

    api = DifyApi(
        models,
        folder=folder,
        known_models=known_models,
        fail_like_dify=fail_like_dify,
        workflows=own_apps(models, model=default_model, conversations=folder / "conversations" if folder else None),
        run_node=run_one,
        apps=apps,
        tools=tools,
        files=files,
        default_model=default_model,
        agent_models=agent_models,
        context_tokens=context_tokens,
    )
    return Dify(manifest, api, folder=folder)
