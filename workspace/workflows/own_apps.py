"""The workspace's own apps that run as graphs: `chatflow.yml` and `workflow.yml` beside this file."""

from pathlib import Path

from workspace.dify.apps.conversations import Conversations
from workspace.engines import Models
from workspace.workflows.app import DslApp
from workspace.workflows.dsl import read_workflow
from workspace.workflows.host import Host

HERE = Path(__file__).parent


def own_apps(models: Models, *, model: str, conversations: Path | None) -> dict[str, DslApp]:
    """By their ids; `conversations` is the folder for those of chatflows, None to keep them in memory."""
    host = Host(models, default_model=model, allow_code=True)  # its own files, not a stranger's
    return {
        app_id: DslApp(
            read_workflow(HERE / f"{app_id}.yml"),
            host,
            conversations=Conversations(conversations / app_id if conversations else None),
        )
        for app_id in ("chatflow", "workflow")
    }
