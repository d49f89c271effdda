"""What can go wrong with a plugin that the workspace runs. Every message is for people.

PluginError
├── PluginFolderError   the folder's YAML cannot be used; the message names the file
├── PluginStartError    the process did not become ready
├── PluginGone          the process ended or was killed; whoever waited for it gets this
├── PluginTimeout       the plugin did not finish in time; it goes on running, as in Dify
├── PluginCallError     the plugin answered a call with an error
└── OutputError         the plugin's messages are none that Dify's API accepts
"""

import json
import re
from typing import Any

from workspace.plugin.json_lines import go_json


class PluginError(Exception):
    """Something about the plugin: see the module's docstring for the tree."""


class PluginFolderError(PluginError):
    """A file of the plugin is missing, is not YAML, or lacks a key."""


class PluginStartError(PluginError):
    """The plugin's process ended, or said nothing, before its first heartbeat."""


class PluginGone(PluginError):
    """The plugin's process is there no longer."""


class PluginTimeout(PluginError):
    """A call took longer than Dify lets it."""


class OutputError(PluginError):
    """Dify's API would refuse what the plugin put out."""


class PluginCallError(PluginError):
    """A call failed in the plugin.

    `error_type` is the class name of the exception the plugin raised, or a name of the daemon's own
    ("invoke_dify_error", "unmarshal_error"); `details` is what came with it, for the SDK a "traceback".
    """

    def __init__(self, error_type: str, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.details = details or {}


def invoke_error(error: PluginCallError) -> str:
    """What Dify's API says of a tool or a model whose plugin answered with an error, after the daemon has written it.

    Source: Dify, `core/plugin/impl/exc.py`.
    """
    raised = {"args": error.details, "error_type": error.error_type, "message": str(error)}
    return f"PluginInvokeError: {go_json(raised)}"


_INVOKE_ERROR = re.compile(r'(?:PluginInvokeError: )?(\{"args":.*\})', re.DOTALL)


def in_a_sentence(error: str) -> str:
    """An error of Dify's for people: the message alone in place of what `invoke_error` writes."""

    def message(written: re.Match[str]) -> str:
        try:
            return str(json.loads(written[1])["message"])
        except (ValueError, KeyError):
            return written[0]

    return _INVOKE_ERROR.sub(message, error)


def node_error(error: PluginError, provider: str) -> str:
    """What the tool node of a workflow shows. Source: Dify, `core/workflow/nodes/tool`."""
    if not isinstance(error, PluginCallError):
        return str(error)
    return (
        f"An error occurred in the {provider}, please contact the author of {provider} for help, "
        f"error type: {error.error_type}, error details: {error}"
    )
