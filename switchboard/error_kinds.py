"""Which of the errors a failure of a reverse invocation is, told by what the SDK raises and by Dify's texts.

Texts that are Dify's own are known here, those of its plugin daemon in `daemon_texts`; what is within them is read in
`error_texts`.
"""

import binascii
import re
from collections.abc import Mapping
from typing import Any

import httpx
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from switchboard.daemon_texts import OWN_WORDS
from switchboard.error_texts import Reason, reason_of
from switchboard.errors import (
    BrokenInDify,
    InvalidInput,
    InvocationError,
    NoAnswer,
    NotConfigured,
    ProviderFailed,
    RefusedByDify,
    SwitchboardError,
    TimedOut,
    WrongKindOfApp,
)


def from_event(interface: str, event: Mapping[str, Any]) -> InvocationError:
    """See `reverse_invocation.error_event`."""
    status = event.get("status")
    reason = reason_of({"code": event.get("code"), "message": event.get("message") or "no reason given"})
    # 500 says no more than that the app failed
    return _from_reason(interface, reason, status if isinstance(status, int) and status != 500 else 0)


def from_exception(interface: str, error: Exception) -> SwitchboardError | None:
    """None for what no failing call raises. See `reverse_invocation.reverse_invocation`."""
    match error:
        case SwitchboardError():
            return error
        case PydanticSerializationError() if "surrogate" in str(error):
            return InvalidInput(
                "The input holds half of a surrogate pair, which cannot be sent as UTF-8. "
                "Remove it, or replace it by U+FFFD."
            )
        case PydanticSerializationError():  # what else a JSON object can have against it
            return InvalidInput("The input is nested too deeply to be sent.")
        case ValidationError(title="dict[str,any]"):  # over HTTP, where the SDK splits lines at U+0085 too
            return NoAnswer(
                f"Dify's answer to the {interface} call could not be read. Most likely it holds the character U+0085: "
                "where a plugin is hosted serverless, Dify's plugin SDK tears an answer in two there."
            )
        case ValidationError():
            return NoAnswer(f"Dify answered the {interface} call with something that is not a {error.title}.")
        case ValueError() if _raised_by_unhexlify(error):
            return NoAnswer(f"Dify answered the {interface} call with something that is not hexadecimal.")
        case httpx.HTTPError():
            return _from_transport(interface, error)
        case OSError() if interface == "file upload":  # as all errors of `requests`, with which the SDK posts a file
            return _from_upload(error)
        case KeyError(args=("session_id",)):  # how the SDK reads the daemon's refusal over HTTP
            return NoAnswer(
                f"Dify's plugin daemon no longer knows the run that made the {interface} call; it forgets a run after "
                "30 minutes. Run it again."
            )
        case _ if type(error) is Exception:
            return _from_text(interface, str(error))
    return None


def _raised_by_unhexlify(error: ValueError) -> bool:
    """The SDK decodes speech while it is iterated. Text that is not even ASCII is a `ValueError` and nothing more."""
    return isinstance(error, binascii.Error) or (type(error) is ValueError and "only ASCII characters" in str(error))


def _from_transport(interface: str, error: httpx.HTTPError) -> InvocationError:
    """Only a plugin that is hosted serverless calls its daemon over HTTP."""
    name = type(error).__name__
    if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout):
        return TimedOut(
            f"Dify's plugin daemon fell silent during the {interface} call ({name}). Try a faster model or a shorter "
            "input, or raise MAX_INVOCATION_TIMEOUT of the plugin daemon."
        )
    if isinstance(error, httpx.ReadError | httpx.RemoteProtocolError):
        return ProviderFailed(f"The answer to the {interface} call was cut off: Dify closed the connection ({name}).")
    return NoAnswer(
        f"The {interface} call did not reach Dify's plugin daemon ({name}). Check that the daemon runs and that "
        "DIFY_PLUGIN_DAEMON_URL leads to it."
    )


def _from_upload(error: OSError) -> InvocationError:
    """A plugin posts a file to Dify itself, at an address that Dify has made for it."""
    name = type(error).__name__
    if "JSON" in name:
        return NoAnswer("Dify answered the file upload call with something that is not JSON.")
    failure = TimedOut if "Timeout" in name else NoAnswer
    return failure(
        f"The file could not be handed to Dify ({name}). Check that INTERNAL_FILES_URL or FILES_URL of your Dify "
        "server is set to an address that can be reached from the plugin daemon."
    )


_HTTP_ANSWER = re.compile(
    r"(?:[\w -]+ failed: )*request failed with status code: (\d{3}) and respond with: (.*)"
    r"|upload file failed, status code: (\d{3}), response: (.*)",
    re.DOTALL,
)
_DATA_IS_NIL = re.compile(r"(?:(?:invoke|fetch|upload) [\w -]+ failed: )?data is nil\s*$")


def _from_text(interface: str, text: str) -> InvocationError:
    if match := _HTTP_ANSWER.match(text):
        return _from_reason(interface, reason_of(match[2] or match[4]), int(match[1] or match[3]))
    reason = reason_of(text)
    for pattern, error, sentence in OWN_WORDS:
        if match := pattern.search(text):
            return error(sentence.format(*match.groups(), interface=interface, reason=reason.readable()))
    if _DATA_IS_NIL.match(text):
        return _without_reason(interface)
    return _from_reason(interface, reason)


def _without_reason(interface: str) -> InvocationError:
    """Where a call does not stream, the daemon loses what Dify's API answers with HTTP 400, 404 or 500."""
    lost = 'lost the reason on the way (it says only "data is nil")'
    check = "that the model or app chosen still exists in this workspace and has valid credentials."
    if interface == "file upload":
        return NoAnswer(f"Dify gave no address to send the file to, and {lost}. Its log says more.")
    if interface == "speech2text":
        return BrokenInDify(f"Most likely {_NO_TRANSCRIPTION} But Dify {lost}, so check also {check}")
    return NotConfigured(f"Dify rejected the {interface} call and {lost}. Check {check}")


_NOT_CONFIGURED = re.compile(
    r"provider_not_initialize|model_currently_not_support|provider_quota_exceeded|app_unavailable|model_not_found"
    r"|InvokeAuthorizationError|CredentialsValidateFailedError"
    r"|\bcredentials? .{0,100}?not (?:been )?initialized"
    r"|\bmodel:? \S+ (?:(?:does|is|was) )?not (?:exist|found)\b|could not find (?:the )?model\b"
    r"|\bprovider \S+ (?:(?:does|is|was) )?not (?:exist|found)\b"
    r"|\bmodel provider .{0,100}?\bquota (?:is |has been )?(?:exceeded|exhausted)"
    r"|\bquota for .{0,100}?\bmodel provider has been exhausted"
    r"|default model not found|\bapp not found|unexpected app type|\bapp unavailable",
    re.IGNORECASE,
)


def _from_reason(interface: str, reason: Reason, status: int = 0) -> InvocationError:
    """`status` is what Dify's API answered with, where that is known."""
    error = _by_reason(interface, reason, status)
    error.code = reason.codes[0] if reason.codes else ""  # the outermost is Dify's own
    return error


def _by_reason(interface: str, reason: Reason, status: int) -> InvocationError:
    if interface == "tool" and (refusal := _refused_tool(reason)):
        return refusal
    if _NOT_CONFIGURED.search(str(reason)):
        return NotConfigured(
            f"The {interface} call could not start: {reason.readable()} "
            "Check the model or app chosen here, and its provider under Integrations > Model Provider."
        )
    if broken := _broken_in_dify(interface, reason.message, status):
        return broken
    if "missing query" in reason.message and interface in ("workflow app", "completion app"):  # chat apps ask for it
        return WrongKindOfApp("chat app", interface)
    if status in (408, 504):
        return TimedOut(f"The {interface} call took longer than it may (HTTP {status}): {reason.readable()}")
    asked_too_often = 429 if reason.is_rate_limit else 0
    if status >= 500:
        return ProviderFailed(
            f"The {interface} call failed inside Dify (HTTP {status}): {reason.readable()}", status=asked_too_often
        )
    # 400 is also what comes with the failure of a model's provider
    if status >= 400 and "completion_request_error" not in reason.codes:
        refused = f"Dify refused the {interface} call (HTTP {status}): {reason.readable()}"
        return RefusedByDify(refused, status=502 if status == 401 else status)
    if reason.is_timeout:
        return TimedOut(f"The {interface} call took longer than it may: {reason.readable()}")
    return ProviderFailed(f"The {interface} call failed: {reason.readable()}", status=asked_too_often)


_NO_SUCH_TOOL = re.compile(
    r"\b(?:plugin|builtin|api|workflow|mcp) provider .{1,300}? not found|\bInvalid plugin id\b"
    r"|\b[Tt]ool (?:with name )?\S+ not found\b|\bno default provider\b",
    re.IGNORECASE,
)
_PARAMETER_OF_A_TOOL = re.compile(r"\btool parameter (\S+) (?:not found in tool config|value .* not in options)")


def _refused_tool(reason: Reason) -> InvocationError | None:
    """Where Dify did not run another tool, or that tool is not set up."""
    if match := _PARAMETER_OF_A_TOOL.search(reason.message):
        return RefusedByDify(
            f"The tool has a setting `{match[1]}` that is missing or wrong in `parameters`: {reason.readable()} "
            "A plugin gives a tool its settings too."
        )
    if _NO_SUCH_TOOL.search(reason.message):
        return NotConfigured(
            f"The tool call could not start: {reason.readable()} Check the kind of tool, its provider and its name, "
            "and that it is installed and authorised under Tools."
        )
    if _NOT_CONFIGURED.search(str(reason)):  # the other tool says so, of a model or app of its own
        return NotConfigured(f"The tool call failed: {reason.readable()}")
    return None


_NO_COMPLETION_APPS = (
    "Dify cannot run completion apps for plugins today: its API starts the app without the `query` it then requires. "
    "Use a chat app or a workflow app instead."
)
_NO_TRANSCRIPTION = (
    "Dify cannot transcribe for plugins today: its own API decodes the recording twice and then reads a file that it "
    "opened for writing."
)
_QUERY_IS_MISSING = re.compile(r"'query'$|.*KeyError(?:: |\()'query'")
_CANNOT_READ_RECORDING = re.compile(
    r"(?:binascii\.Error: )?(?:Non-hexadecimal digit found|Odd-length string)$"
    r"|(?:io\.)?UnsupportedOperation\b|(?:not readable|read)$"
)


def _broken_in_dify(interface: str, message: str, status: int) -> BrokenInDify | None:
    if interface == "speech2text" and _CANNOT_READ_RECORDING.match(message):
        return BrokenInDify(
            f"{_NO_TRANSCRIPTION} The recording was sent correctly; there is nothing to set right here."
        )
    # the app's own kind decides, so a completion app fails in the same way whatever it is called as
    if interface.endswith("app") and _QUERY_IS_MISSING.match(message):
        return BrokenInDify(_NO_COMPLETION_APPS)
    if interface == "completion app" and status == 500:
        return BrokenInDify(_NO_COMPLETION_APPS)
    return None
