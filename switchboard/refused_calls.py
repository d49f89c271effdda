"""What Dify says of an app or a tool that it does not run, and of what it cannot do for plugins at all."""

import re

from switchboard.error_texts import Reason
from switchboard.errors import (
    BrokenInDify,
    InvocationError,
    NotConfigured,
    RefusedByDify,
    UnknownConversation,
    WrongKindOfApp,
)

NO_TRANSCRIPTION = (
    "Dify cannot transcribe for plugins today: its own API decodes the recording twice and then reads a file that it "
    "opened for writing."
)
_NO_COMPLETION_APPS = (
    "Dify cannot run completion apps for plugins today: its API starts the app without the `query` it then requires. "
    "Use a chat app or a workflow app instead."
)
_NO_FILES_FOR_APPS = (
    "Dify cannot hand a file that it keeps to an app that a plugin calls: it takes the file and the app for those of "
    "two users. Give a link to a file outside of Dify instead (`remote_url`), or its text as an input."
)
_QUERY_IS_MISSING = re.compile(r"'query'$|.*KeyError(?:: |\()'query'")
_CANNOT_READ_RECORDING = re.compile(
    r"(?:binascii\.Error: )?(?:Non-hexadecimal digit found|Odd-length string)$"
    r"|(?:io\.)?UnsupportedOperation\b|(?:not readable|read)$"
)
_NO_SUCH_FILE = re.compile(r"ToolFile \S{1,100} not found\b")
_FILE_NOT_DOWNLOADED = re.compile(r"Error downloading file: .{0,200}?\b404 for \S+/files/\S+[?&]sign=")
_NO_SUCH_CONVERSATION = re.compile(r"^Conversation not exists\b", re.IGNORECASE)
_NO_SUCH_APP = re.compile(r"\bapp not found\b", re.IGNORECASE)
_APP_NOT_CALLABLE = re.compile(r"\bunexpected app type\b|\bapp[ _]unavailable\b", re.IGNORECASE)


def refused_app(interface: str, reason: Reason, status: int) -> InvocationError | None:
    """Where Dify did not run an app, for a reason of its own."""
    said = str(reason)
    if _NO_SUCH_APP.search(said):
        return NotConfigured(
            f"The {interface} call could not start: {reason.readable()} This workspace has no app with this id. Choose "
            "the app again or correct its id, and publish the app if it is new."
        )
    if _APP_NOT_CALLABLE.search(said):
        return NotConfigured(
            f"The {interface} call could not start: {reason.readable()} The app is not published, or it is of a kind "
            "that plugins cannot call, such as those under Agents. Publish it in Dify, or choose another app."
        )
    said_nothing = status == 400 and reason.codes == ("invalid_param",) and not reason.message  # as Dify raises it
    if said_nothing or _NO_SUCH_CONVERSATION.search(reason.message):
        return UnknownConversation()
    # the app's own kind decides, so a completion app fails in the same way whatever it is called as
    if _QUERY_IS_MISSING.match(reason.message) or (interface == "completion app" and status == 500):
        return BrokenInDify(_NO_COMPLETION_APPS)
    if "missing query" in reason.message and interface in ("workflow app", "completion app"):  # chat apps ask for it
        return WrongKindOfApp("chat app", interface)
    if status == 400 and "is required in input form" in reason.message:
        how = _HOW_TO_GIVE_AN_INPUT.get(interface, _IN_INPUTS)
        return RefusedByDify(f"Dify refused the {interface} call (HTTP 400): {reason.readable()} {how}")
    return lost_file(reason.message)


_IN_INPUTS = "Give it in `inputs`."
_OR_A_WORKFLOW = "If the app is a workflow, run it with `workflow_app`, or over HTTP with POST /workflows/run."
_HOW_TO_GIVE_AN_INPUT = {
    "chat app": f"{_IN_INPUTS} {_OR_A_WORKFLOW}",
    "completion app": f"{_IN_INPUTS} {_OR_A_WORKFLOW}",
    "app tool": "Give it as an argument.",
}
"""By interface."""


def lost_file(message: str) -> BrokenInDify | None:
    """Where an app was given a file that Dify keeps for the plugin, and did not find it."""
    if _NO_SUCH_FILE.search(message) or _FILE_NOT_DOWNLOADED.search(message):
        return BrokenInDify(_NO_FILES_FOR_APPS)
    return None


def broken_model_call(interface: str, message: str) -> BrokenInDify | None:
    """Where Dify cannot call a model, whatever a plugin sends."""
    if interface == "speech2text" and _CANNOT_READ_RECORDING.match(message):
        return BrokenInDify(f"{NO_TRANSCRIPTION} The recording was sent correctly; there is nothing to set right here.")
    return None


_NO_SUCH_TOOL = re.compile(
    r"\b(?:plugin|builtin|api|workflow|mcp) provider .{1,300}? not found|\bInvalid plugin id\b"
    r"|\b[Tt]ool (?:with name )?\S+ not found\b|\bno default provider\b",
    re.IGNORECASE,
)
_PARAMETER_OF_A_TOOL = re.compile(r"\btool parameter (\S+) (?:not found in tool config|value .* not in options)")
_WHERE_TO_LOOK = (
    "Check the kind of tool, its provider and its name, and that it is installed and authorised under Tools. For a "
    "Swagger API or a workflow the provider is its id, not its name; for an MCP server it is the server identifier."
)


def refused_tool(reason: Reason, status: int) -> InvocationError | None:
    """Where Dify did not run another tool."""
    if match := _PARAMETER_OF_A_TOOL.search(reason.message):
        return RefusedByDify(
            f"The tool has a setting `{match[1]}` that is missing or wrong in `parameters`: {reason.readable()} "
            "A plugin gives a tool its settings too."
        )
    if _NO_SUCH_TOOL.search(reason.message):
        return NotConfigured(f"The tool call could not start: {reason.readable()} {_WHERE_TO_LOOK}")
    if status == 500 and not reason.is_from_provider:  # a tool that fails does so after Dify has answered with 200
        return NotConfigured(
            f"The tool call could not start, and Dify says no more than HTTP 500, as it does for a provider that it "
            f"does not know. {_WHERE_TO_LOOK}"
        )
    return None
