"""What stands in Dify's place for a plugin that runs in the local workspace.

    dify = Dify(manifest, api, folder=Path("data"))
    for reply in dify.handle("rerank", {"provider": "p", "model": "m", "query": "q", "docs": ["a"], ...}):
        ...

Each invocation is checked in the order of the real thing: the plugin daemon's permission check, its decoding and field
validation, then what Dify's API refuses; the texts are theirs. Storage is the daemon's own; everything else is asked of
`DifyApi`, whose errors are told in the daemon's words.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workspace.dify import permissions
from workspace.dify.api import DifyApi
from workspace.dify.apps.app import App
from workspace.dify.fields import decode
from workspace.dify.refusals import check_node_response, reported
from workspace.dify.storage import Storage
from workspace.wire import Payload


class Dify:
    """A `wire.Handler` in `handle`; `folder` keeps storage (None: there is none)."""

    def __init__(self, manifest: dict[str, Any], api: DifyApi, *, folder: Path | None = None) -> None:
        self.api = api
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
