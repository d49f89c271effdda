"""The DSL files in a folder, as apps of the workspace."""

from pathlib import Path

from workspace.dify.apps.app import App
from workspace.dify.apps.conversations import Conversations
from workspace.workflows.apps import app_of, read_app_file
from workspace.workflows.dsl_file import DslError
from workspace.workflows.host import Host
from workspace.workflows.needs import CannotRun


def read_apps(folder: Path, host: Host, *, conversations: Path | None) -> tuple[dict[str, App], dict[str, str]]:
    """The apps by their id, the stem of the file's name; and by the file's name what keeps the others from running.

    `conversations` is the folder for those of chat apps, None to keep them in memory.
    """
    apps: dict[str, App] = {}
    problems: dict[str, str] = {}
    for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in (".yml", ".yaml")):
        memory = Conversations(conversations / path.stem if conversations else None)
        try:
            apps[path.stem] = app_of(read_app_file(path), host, conversations=memory)
        except DslError as error:
            problems[path.name] = str(error)
        except CannotRun as error:
            problems[path.name] = f"{path.name} cannot run here:{error}"
    return apps, problems
