"""The local workspace around a plugin, as the options of a command have it."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from workspace.cli import saved_files
from workspace.cli.command_line import UsageError
from workspace.plugin.file_server import FileServer
from workspace.plugin.folder import PluginFolder
from workspace.plugin.selectors import DEFAULT_MODELS, model_selector

if TYPE_CHECKING:
    from workspace.dify import Dify
    from workspace.engines import Models
    from workspace.workflows.app import DslApp
    from workspace.workflows.host import Host
    from workspace.workflows.plugin_tools import PluginTools


def server() -> str:
    """The server that answers for models, "" where the workspace's own engines do."""
    return os.environ.get("OPENAI_BASE_URL", "")


def default_models(options: argparse.Namespace) -> dict[str, str]:
    """What stands for a model that nobody picked. A server has models of its own, whose names are not known here."""
    models = {} if server() else dict(DEFAULT_MODELS)
    return models | ({"llm": options.default_model} if options.default_model else {})


def default_model(options: argparse.Namespace) -> str:
    """The name of the language model alone."""
    name: str = model_selector(default_models(options).get("llm", ""), scope="llm")["model"]
    return name


def credentials(options: argparse.Namespace) -> dict[str, str]:
    given: dict[str, str] = {}
    for credential in options.credential:
        name, separator, value = credential.partition("=")
        if not separator:
            raise UsageError("a credential is written --credential NAME=VALUE.")
        given[name] = value
    return given


def prepare(save_dir: Path) -> None:
    try:
        saved_files.prepare(save_dir)
    except OSError as error:
        raise UsageError(f"--save-dir {save_dir}: no file can be kept there: {error.strerror}.") from None


def python_of(folder: PluginFolder) -> str:
    if folder.own_python:
        return f"{folder.python} (its own .venv)"
    why = "its .venv has no Python in it" if (folder.path / ".venv").is_dir() else "it has no .venv of its own"
    return f"{folder.python} (this Python: {why})"


def host_of(
    options: argparse.Namespace, models: "Models", files: FileServer | None, tools: "PluginTools | None"
) -> "Host":
    from workspace.workflows.host import Host

    return Host(
        models,
        default_model=default_model(options),
        files=files,
        tools=tools,
        allow_code=options.allow_code,
    )


def apps_of(options: argparse.Namespace, host: "Host") -> "tuple[dict[str, DslApp], list[str]]":
    """The apps in the folder of --apps, and a line for each file in it that cannot run."""
    from workspace.workflows.folder import read_apps

    if options.apps is None:
        return {}, []
    try:
        apps, problems = read_apps(options.apps, host, conversations=options.data_dir / "conversations")
    except OSError as error:
        raise UsageError(f"--apps {options.apps}: {error.strerror}.") from None
    return apps, [f"note: --apps leaves out {problem}" for problem in problems.values()]


def dify_of(
    folder: PluginFolder,
    options: argparse.Namespace,
    models: "Models",
    files: FileServer,
    apps: "dict[str, DslApp]",
    tools: "PluginTools",
) -> "Dify":
    from workspace.dify import Dify

    return Dify(
        folder.manifest,
        models,
        folder=options.data_dir,
        fail_like_dify=options.fail_like_dify,
        apps={**apps},
        tools=tools,
        files=files,
        default_model=default_model(options),
        agent_models=default_models(options),
    )
