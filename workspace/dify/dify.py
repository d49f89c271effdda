"""What stands in Dify's place for a plugin that runs in the local workspace.

    dify = Dify(manifest, models, folder=Path("data"))
    for reply in dify.handle("rerank", {"provider": "p", "model": "m", "query": "q", "docs": ["a"], ...}):
        ...

Each invocation is checked in the order of the real thing: the plugin daemon's permission check, its decoding and field
validation, then what Dify's API refuses; the texts are theirs. Storage is the daemon's own; everything else is asked of
`DifyApi`, whose errors are told in the daemon's words.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from workspace.dify import permissions
from workspace.dify.api import DifyApi
from workspace.dify.apps.app import App
from workspace.dify.fields import decode
from workspace.dify.refusals import check_node_response, reported
from workspace.dify.storage import Storage
from workspace.dify.tools import PluginTools
from workspace.engines import Models
from workspace.plugin.file_server import FileServer
from workspace.plugin.selectors import DEFAULT_MODELS
from workspace.wire import Payload


class Dify:
    """A `wire.Handler` in `handle`.

    `folder` keeps storage and conversations (None: no storage, conversations in memory). The other options are those
    of `DifyApi`.
    """

    def __init__(
        self,
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
    ) -> None:
        self.api = DifyApi(
            models,
            folder=folder,
            known_models=known_models,
            fail_like_dify=fail_like_dify,
            apps=apps,
            tools=tools,
            files=files,
            default_model=default_model,
            agent_models=agent_models,
            context_tokens=context_tokens,
        )
        self._manifest = manifest
        self._storage = Storage(manifest, folder / "storage" if folder else None)

    @property
    def apps(self) -> dict[str, App]:
        """The apps of the workspace, by their id."""
        return self.api.apps

    def handle(self, invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
        """Yields Dify's replies to one reverse invocation; raises `DifyError` with the text that the plugin sees."""
        permissions.check(self._manifest, invoke_type)
        request = decode(invoke_type, payload)
        if invoke_type == "storage":
            yield self._storage.answer(request)
            return
        for reply in reported(invoke_type, self.api.answer(invoke_type, request)):
            if invoke_type.startswith("node_") and reply is not None:
                check_node_response(invoke_type, reply)
            yield reply
