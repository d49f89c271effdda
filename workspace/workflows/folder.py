"""The DSL files in a folder, as apps of the workspace."""

from pathlib import Path

from workspace.dify.apps.conversations import Conversations
from workspace.workflows.app import DslApp
from workspace.workflows.dsl import DslError, read_workflow
from workspace.workflows.host import Host
from workspace.workflows.needs import CannotRun


def read_apps(folder: Path, host: Host, *, conversations: Path | None) -> tuple[dict[str, DslApp], dict[str, str]]:
    """The apps by their id, the stem of the file's name; and by the file's name what keeps the others from running.

    `conversations` is the folder for those of chatflows, None to keep them in memory.
    """
    apps: dict[str, DslApp] = {}
    problems: dict[str, str] = {}
    for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in (".yml", ".yaml")):
        memory = Conversations(conversations / path.stem if conversations else None)
        try:
            apps[path.stem] = DslApp(read_workflow(path), host, conversations=memory)
        except DslError as error:
            problems[path.name] = str(error)
        except CannotRun as error:
            problems[path.name] = f"{path.name} cannot run here:{error}"
    return apps, problems
