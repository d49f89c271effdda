"""The local workspace as a command has chosen it, in Dify's place for a plugin."""

import argparse
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from workspace.cli.selector_notes import notes_on_apps, notes_on_models
from workspace.cli.terminal import note
from workspace.plugin.file_server import FileServer
from workspace.plugin.folder import Parameter, PluginFolder
from workspace.plugin.selectors import DEFAULT_MODELS, model_selector

if TYPE_CHECKING:
    from workspace.dify import Dify


def model_server() -> str:
    """The server that answers for models, "" where the workspace's own engines do."""
    return os.environ.get("OPENAI_BASE_URL", "")


def default_models(options: argparse.Namespace) -> dict[str, str]:
    """What stands for a model that nobody picked. A server has models of its own, whose names are not known here."""
    models = {} if model_server() else dict(DEFAULT_MODELS)
    return models | ({"llm": options.default_model} if options.default_model else {})


def local_workspace(
    folder: PluginFolder,
    files: FileServer,
    options: argparse.Namespace,
    parameters: Iterable[Parameter],
    values: Mapping[str, Any],
) -> "Dify":
    """Says what is to know about the models and apps among the values of these parameters."""
    # imported here because the engines take their time, which listing tools need not wait for
    from workspace.dify import Dify
    from workspace.engines import models_from_environment

    models = models_from_environment()
    dify = Dify(
        folder.manifest,
        models,
        folder=options.data_dir,
        fail_like_dify=options.as_dify,
        upload_url=files.upload_url,
        default_model=model_selector(default_models(options).get("llm", ""), scope="llm")["model"],
    )
    parameters = list(parameters)
    for line in notes_on_apps(parameters, values, dify.apps):
        note(line)
    for line in () if model_server() else notes_on_models(parameters, values, models.describe):
        note(line)
    return dify


def describe_python(folder: PluginFolder) -> str:
    if folder.own_python:
        return f"{folder.python} (its own .venv)"
    why = "its .venv has no Python in it" if (folder.path / ".venv").is_dir() else "it has no .venv of its own"
    return f"{folder.python} (this Python: {why})"
