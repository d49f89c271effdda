"""Which of the errors a failure of a reverse invocation is, told by what the SDK raises and by Dify's texts.

Texts of Dify's plugin daemon are known in `daemon_texts`, what Dify says of an app or a tool that it did not run in
`refused_calls`; what is within a text is read in `error_texts`.
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
    RefusedByProvider,
    SwitchboardError,
    TimedOut,
)
from switchboard.refused_calls import (
    NO_TRANSCRIPTION,
    broken_model_call,
    lost_file,
    refused_app,
    refused_tool,
)


def from_event(interface: str, event: Mapping[str, Any]) -> InvocationError:
    """See `reverse_invocation.error_event`."""
    status = event.get("status")
    reason = reason_of({"code": event.get("code"), "message": event.get("message") or "no reason given"})
    # 500 says no more than that the app failed
    return _from_reason(interface, reason, status if isinstance(status, int) and status != 500 else 0)


def from_run(what: str, error: str) -> InvocationError:
    """See `reverse_invocation.failed_run`."""
    reason = reason_of(error)
    sentence = f"{what}: {reason.readable()}"
    if broken := lost_file(reason.message):
        return broken
    if rule := reason.parameter_rule:
        return RefusedByDify(sentence, parameter=rule.parameter, most=rule.most)
    if not reason.is_from_provider:
        return ProviderFailed(sentence, status=429 if reason.is_rate_limit else 0)
    if reason.is_timeout:
        return TimedOut(sentence)
    if reason.is_refusal and not reason.is_rate_limit:
        return RefusedByProvider(sentence, status=_refusals_status(reason), code=_providers_code(reason))
    return ProviderFailed(sentence, status=429 if reason.is_rate_limit else 503 if reason.is_overload else 0)


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
    check = "that the model chosen still exists in this workspace and has valid credentials."
    if interface == "app parameters":
        return NotConfigured(
            f"Dify rejected the {interface} call and {lost}. Most likely the app is not published: publish it in Dify, "
            "and check that it still exists in this workspace."
        )
    if interface == "file upload":
        return NoAnswer(f"Dify gave no address to send the file to, and {lost}. Its log says more.")
    if interface == "speech2text":
        return BrokenInDify(f"Most likely {NO_TRANSCRIPTION} But Dify {lost}, so check also {check}")
    return NotConfigured(f"Dify rejected the {interface} call and {lost}. Check {check}")


_NOT_CONFIGURED = re.compile(
    r"provider_not_initialize|model_currently_not_support|provider_quota_exceeded|model_not_found"
    r"|InvokeAuthorizationError|CredentialsValidateFailedError"
    r"|\bincorrect (?:model credentials|API key) provided\b|\binvalid_api_key\b"
    r"|\bcredentials? .{0,100}?not (?:been )?initialized"
    r"|\bmodel:? \S+ (?:(?:does|is|was) )?not (?:exist|found)\b|could not find (?:the )?model\b"
    r"|\bprovider \S+ (?:(?:does|is|was) )?not (?:exist|found)\b"
    r"|\bmodel provider .{0,100}?\bquota (?:is |has been )?(?:exceeded|exhausted)"
    r"|\bquota for .{0,100}?\bmodel provider has been exhausted"
    r"|default model not found",
    re.IGNORECASE,
)


def _from_reason(interface: str, reason: Reason, status: int = 0) -> InvocationError:
    """`status` is what Dify's API answered with, where that is known."""
    error = _by_reason(interface, reason, status)
    outermost = reason.codes[0] if reason.codes else ""
    # Dify calls all kinds of failure "invalid_param", and a provider's refusal has the provider's own code, if any
    is_told = outermost != "invalid_param" or isinstance(error, RefusedByDify)
    if is_told and not (error.code or isinstance(error, RefusedByProvider)):
        error.code = outermost
    return error


def _by_reason(interface: str, reason: Reason, status: int) -> InvocationError:
    if interface == "tool" and (refusal := refused_tool(reason, status)):
        return refusal
    if "app" in interface.split() and (refusal := refused_app(interface, reason, status)):
        return refusal
    if _NOT_CONFIGURED.search(str(reason)):
        return _not_configured(interface, reason)
    if broken := broken_model_call(interface, reason.message):
        return broken
    if status in (408, 504):
        return TimedOut(f"The {interface} call took longer than it may (HTTP {status}): {reason.readable()}")
    if rule := reason.parameter_rule:
        refused = f"Dify refused the {interface} call: {reason.readable()}"
        return RefusedByDify(refused, parameter=rule.parameter, most=rule.most)
    if not reason.is_from_provider:  # 400 and 500 are also what comes with the failure of a model's provider
        if status >= 500:
            return ProviderFailed(f"The {interface} call failed inside Dify (HTTP {status}): {reason.readable()}")
        if status >= 400:
            refused = f"Dify refused the {interface} call (HTTP {status}): {reason.readable()}"
            return RefusedByDify(refused, status=502 if status == 401 else status)
    return _by_provider(interface, reason)


def _not_configured(interface: str, reason: Reason) -> NotConfigured:
    if interface == "tool":  # the other tool says so, of a model or an app of its own
        return NotConfigured(f"The tool call failed: {reason.readable()}")
    model = "a model that the app uses" if "app" in interface.split() else "the model chosen here"
    return NotConfigured(
        f"The {interface} call could not start: {reason.readable()} "
        f"Check {model}, and its provider under Integrations > Model Provider."
    )


def _by_provider(interface: str, reason: Reason) -> InvocationError:
    """What a model's provider, or another plugin, has failed with."""
    if reason.is_timeout:
        return TimedOut(f"The {interface} call took longer than it may: {reason.readable()}")
    if reason.is_rate_limit:
        return ProviderFailed(f"The {interface} call failed: {reason.readable()}", status=429)
    if reason.is_overload:
        return ProviderFailed(f"The {interface} call failed: {reason.readable()}", status=503)
    is_own_word = interface == "tool" and not (reason.status or reason.is_too_long)  # which is no provider's
    if reason.is_refusal and not is_own_word:
        told = f" (HTTP {reason.status})" if reason.status else ""
        return RefusedByProvider(
            f"The provider refused the {interface} call{told}: {reason.readable()}",
            status=_refusals_status(reason),
            code=_providers_code(reason),
        )
    return ProviderFailed(f"The {interface} call failed: {reason.readable()}")


def _refusals_status(reason: Reason) -> int:
    """0 for the usual one; who must pay first is told so with the status that his client knows for it."""
    return 429 if reason.status == 429 and reason.is_out_of_credit else 0


_CODE_OF_A_PROVIDER = re.compile(r"(?!invalid_param$|completion_request_error$)[a-z][a-z0-9_]*")


def _providers_code(reason: Reason) -> str:
    """The innermost code, unless it is one of Dify's or the name of a class."""
    if reason.is_too_long:
        return "context_length_exceeded"
    innermost = reason.codes[-1] if reason.codes else ""
    return innermost if _CODE_OF_A_PROVIDER.fullmatch(innermost) else ""
