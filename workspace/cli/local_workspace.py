"""The local workspace as a command has chosen it, in Dify's place for a plugin."""

import argparse
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workspace.cli import saved_files
from workspace.cli.command_line import UsageError
from workspace.cli.selector_notes import notes_on_apps, notes_on_models
from workspace.cli.terminal import note
from workspace.plugin.file_server import FileServer
from workspace.plugin.folder import Parameter, PluginFolder
from workspace.plugin.selectors import DEFAULT_MODELS, model_selector

if TYPE_CHECKING:
    from workspace.dify import Dify
    from workspace.dify.apps.app import App
    from workspace.workflows.host import Host
    from workspace.workflows.plugin_tools import PluginTools


def model_server() -> str:
    """The server that answers for models, "" where the workspace's own engines do."""
    return os.environ.get("OPENAI_BASE_URL", "")


def default_models(options: argparse.Namespace) -> dict[str, str]:
    """What stands for a model that nobody picked. A server has models of its own, whose names are not known here."""
    models = {} if model_server() else dict(DEFAULT_MODELS)
    return models | ({"llm": options.default_model} if options.default_model else {})


def credentials(options: argparse.Namespace) -> dict[str, str]:
    given: dict[str, str] = {}
    for credential in options.credential:
        name, separator, value = credential.partition("=")
        if not separator:
            raise UsageError("a credential is written --credential NAME=VALUE.")
        given[name] = value
    return given


def workflow_host(
    options: argparse.Namespace, files: FileServer | None = None, tools: "PluginTools | None" = None
) -> "Host":
    """The models and what else stands behind workflows; `tools` are those of the plugin under work."""
    # imported here because the engines take their time, which listing tools need not wait for
    from workspace.engines.environment import models_from_environment
    from workspace.workflows.host import Host

    default_model: str = model_selector(default_models(options).get("llm", ""), scope="llm")["model"]
    return Host(
        models_from_environment(),
        default_model=default_model,
        files=files,
        tools=tools,
        allow_code=options.allow_code,
    )


def local_workspace(
    folder: PluginFolder,
    options: argparse.Namespace,
    host: "Host",
    parameters: Iterable[Parameter] = (),
    values: Mapping[str, Any] | None = None,
) -> "Dify":
    """Says which apps cannot run, and what is to know about the models and apps among the values of the parameters."""
    from workspace.local import local_dify

    dify = local_dify(
        folder.manifest,
        host.models,
        folder=options.data_dir,
        fail_like_dify=options.as_dify,
        apps={**_apps(options, host)},
        tools=host.tools,
        files=host.files,
        default_model=host.default_model,
        agent_models=default_models(options),
    )
    parameters = list(parameters)
    for line in notes_on_apps(parameters, values or {}, dify.apps):
        note(line)
    for line in () if model_server() else notes_on_models(parameters, values or {}, host.models.describe):
        note(line)
    return dify


def _apps(options: argparse.Namespace, host: "Host") -> "dict[str, App]":
    from workspace.workflows.folder import read_apps

    if options.apps is None:
        return {}
    try:
        apps, problems = read_apps(options.apps, host, conversations=options.data_dir / "conversations")
    except OSError as error:
        raise UsageError(f"--apps {options.apps}: {error.strerror}.") from None
    for problem in problems.values():
        note(f"note: --apps leaves out {problem}")
    return apps


def prepare(folder: Path, option: str) -> None:
    """Make sure that files can be kept in the folder that the option names, or in one of it."""
    try:
        saved_files.prepare(folder)
    except OSError as error:
        raise UsageError(f"{option}: no file can be kept there: {error.strerror}.") from None


def describe_python(folder: PluginFolder) -> str:
    if folder.own_python:
        return f"{folder.python} (its own .venv)"
    why = "its .venv has no Python in it" if (folder.path / ".venv").is_dir() else "it has no .venv of its own"
    return f"{folder.python} (this Python: {why})"
