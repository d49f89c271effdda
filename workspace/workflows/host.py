"""What stands behind the nodes of a workflow here: what Dify's engine leaves to its host."""

import threading
from dataclasses import dataclass, field

from workspace.engines import Models
from workspace.engines.passages import Passages
from workspace.plugin.file_server import FileServer
from workspace.workflows.plugin_tools import PluginTools

MOST_RUNS = 20


@dataclass(frozen=True)
class Host:
    """`default_model` answers for models of the provider "local". Without `files` a workflow can have no files, without
    `tools` no tool nodes, without `knowledge` no knowledge retrieval; code and HTTP nodes run only with `allow_code`.
    `runs` has a place for each run that is open.
    """

    models: Models
    default_model: str = ""
    files: FileServer | None = None
    tools: PluginTools | None = None
    allow_code: bool = False
    knowledge: Passages | None = None
    runs: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(MOST_RUNS))
