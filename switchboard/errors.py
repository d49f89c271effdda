"""What can go wrong, for tools and endpoints alike.

    SwitchboardError
    ├── InvalidInput          what the caller gave cannot be used
    └── InvocationError       a reverse invocation failed
        ├── NotPermitted      the manifest does not ask for it
        ├── NotConfigured     the model or app is not set up in the workspace
        ├── RefusedByDify     Dify looked at the request and said no
        ├── ProviderFailed    the model's provider or the app failed
        ├── TimedOut          Dify stopped sending
        ├── NoAnswer          the invocation ended without anything usable
        └── BrokenInDify      Dify itself cannot do this today, whatever a plugin sends

Messages say what is wrong, where it is set and what to do. They carry no traceback and no key.
"""

import binascii
import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dify_plugin.config.logger_format import plugin_logger_handler
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)
logger.addHandler(plugin_logger_handler)


class SwitchboardError(Exception):
    """The root of the tree; `str()` of it is for the person who set up the node or sent the request."""


class InvalidInput(SwitchboardError):
    """What the caller gave cannot be used. Raised before Dify is asked."""


class InvocationError(SwitchboardError):
    """A reverse invocation failed."""


class NotPermitted(InvocationError):
    """The plugin's manifest does not ask for this access."""


class NotConfigured(InvocationError):
    """The model or app is unknown to the workspace, or has no working credentials."""


class RefusedByDify(InvocationError):
    """Dify looked at the request and said no."""


class ProviderFailed(InvocationError):
    """The model's provider, or the app, failed while it was at work."""


class TimedOut(InvocationError):
    """Dify stopped sending."""


class NoAnswer(InvocationError):
    """The invocation ended without anything usable."""


class BrokenInDify(InvocationError):
    """Dify itself cannot do this today, whatever a plugin sends."""


@contextmanager
def reverse_invocation(interface: str) -> Iterator[None]:
    """Turn every failure of the `session` call inside into one of the errors above, and log one line without content.

    `interface` names what is called as Dify does: "llm", "rerank", "chat app", ... The SDK fails with a bare
    `Exception` whose text is all there is to know, so the text is read here and nowhere else. Generators of the SDK ask
    Dify only when they are iterated: iterate them inside.
    """
    try:
        yield
    except SwitchboardError as error:
        logger.warning("%s: %s", interface, type(error).__name__)
        raise
    except PydanticSerializationError as error:
        logger.warning("%s: InvalidInput", interface)
        if "surrogate" not in str(error):  # what else a JSON object can have against it
            raise InvalidInput("The input is nested too deeply to be sent.") from None
        raise InvalidInput(
            "The input holds half of a surrogate pair, which cannot be sent as UTF-8. "
            "Remove it, or replace it by U+FFFD."
        ) from None
    except ValidationError as error:
        logger.warning("%s: NoAnswer (%s)", interface, error.title)
        raise NoAnswer(f"Dify answered the {interface} call with something that is not a {error.title}.") from None
    except binascii.Error:  # the SDK decodes speech while it is iterated
        logger.warning("%s: NoAnswer (binascii)", interface)
        raise NoAnswer(f"Dify answered the {interface} call with something that is not hexadecimal.") from None
    except Exception as error:
        if type(error) is not Exception:
            raise
        translated = _translate(interface, str(error))
        logger.warning("%s: %s", interface, type(translated).__name__)
        raise translated from None


_NO_COMPLETION_APPS = (
    "Dify cannot run completion apps for plugins today: its API starts the app without the `query` it then requires. "
    "Use a chat app or a workflow app instead."
)
_QUERY_KEY_ERROR = ("request failed: 'query'", "\"'query'\"", "KeyError: 'query'")
_BROKEN_IN_DIFY = {
    "speech2text": (
        ("Non-hexadecimal digit found", "Odd-length string", "UnsupportedOperation", "not readable", "data is nil"),
        "Dify cannot transcribe for plugins today: its own API decodes the recording twice and then reads a file that "
        "it opened for writing. The recording was sent correctly; there is nothing to set right here.",
    ),
    "completion app": (("'query'", "KeyError", "status code: 500"), _NO_COMPLETION_APPS),
    # the app's own kind decides, so a completion app fails in the same way whatever it is called as
    "chat app": (_QUERY_KEY_ERROR, _NO_COMPLETION_APPS),
    "workflow app": (_QUERY_KEY_ERROR, _NO_COMPLETION_APPS),
}
_NOT_CONFIGURED = re.compile(
    r"provider_not_initialize|model_currently_not_support|provider_quota_exceeded"
    r"|credentials? .*not (?:been )?initialized"
    r"|Model \S+ not exist|Default model not found|app not found|unexpected app type|App unavailable|app_unavailable"
    r"|InvokeAuthorizationError|CredentialsValidateFailedError|Model schema not found",
    re.IGNORECASE,
)
_STATUS = re.compile(r"request failed with status code: (\d{3}) and respond with: (.*)", re.DOTALL)
_PERMISSION = re.compile(r"permission denied, you need to enable (\S+) access")
_FIELD = re.compile(r"Field validation for '(\w+)' failed on the '(\w+)' tag")
_KEY_LIKE = re.compile(r"\b(?:sk|pk|rk|key|app)-(?=[\w*.-]*[\d*])[\w*.-]{6,}|\bBearer\s+\S+|\b[A-Za-z0-9_-]{40,}\b")
_MAX_REASON = 500


def wrong_kind_of_app(found: str, wanted: str) -> NotConfigured:
    """The app is of another kind than the call: "chat app", "workflow app" or "completion app"."""
    return NotConfigured(
        f"The app is a {found}, not a {wanted}. Choose another app, or run this one with {found.replace(' ', '_')}."
    )


def error_event(interface: str, event: Mapping[str, Any]) -> InvocationError:
    """What Dify reports within a stream instead of raising: `{"event": "error", "status", "code", "message"}`."""
    code, status = event.get("code"), event.get("status")
    text = json.dumps({"code": code, "message": event.get("message") or "no reason given"})
    if broken := _broken_in_dify(interface, text):
        return broken
    refused = isinstance(status, int) and 400 <= status < 500
    if refused and code != "completion_request_error":  # that one comes with 400, and is the model's provider failing
        return _from_status(interface, int(status or 0), text)
    return _failure(interface, text)


def _broken_in_dify(interface: str, text: str) -> BrokenInDify | None:
    markers, sentence = _BROKEN_IN_DIFY.get(interface, ((), ""))
    return BrokenInDify(sentence) if any(marker in text for marker in markers) else None


def _translate(interface: str, text: str) -> InvocationError:
    if broken := _broken_in_dify(interface, text):
        return broken
    if match := _PERMISSION.search(text):
        return NotPermitted(
            f"Dify refused the {interface} call: this plugin's manifest does not ask for {match[1]} access. "
            "Its author has to enable it under resource.permission in manifest.yaml and release it again."
        )
    if match := re.search(r"exited without response after (\d+) seconds", text):
        return TimedOut(
            f"Dify sent nothing for {match[1]} seconds in answer to the {interface} call. Try a faster model or a "
            "shorter input, or raise MAX_INVOCATION_TIMEOUT of the plugin daemon."
        )
    if re.search(r"killed by timeout|deadline exceeded|Client\.Timeout|timed? ?out", text, re.IGNORECASE):
        return TimedOut(f"The {interface} call took longer than it may: {readable_reason(text)}")
    if text.startswith("No response"):
        return NoAnswer(f"Dify ended the {interface} call without an answer. Its log says more.")
    if text.startswith("Failed to parse response"):
        return NoAnswer(f"Dify answered the {interface} call in a form that the plugin SDK cannot read.")
    if match := _FIELD.search(text):
        return RefusedByDify(
            f"Dify's plugin daemon refused the {interface} call: the field {match[1]} is not valid ({match[2]})."
        )
    if "data is nil" in text:
        return NotConfigured(
            f'Dify rejected the {interface} call and lost the reason on the way (it says only "data is nil"). Check '
            "that the model or app chosen still exists in this workspace and has valid credentials."
        )
    if "missing query" in text and interface in ("workflow app", "completion app"):  # only chat apps ask for it
        return wrong_kind_of_app("chat app", interface)
    if match := _STATUS.search(text):
        return _from_status(interface, int(match[1]), match[2])
    if re.search(r"\bEOF\b|failed to read data|connection reset|broken pipe", text, re.IGNORECASE):
        return ProviderFailed(f"The answer to the {interface} call was cut off: Dify closed the connection.")
    return _failure(interface, text)


def _from_status(interface: str, status: int, body: str) -> InvocationError:
    if _NOT_CONFIGURED.search(body):
        return NotConfigured(_not_configured(interface, body))
    reason = readable_reason(body)
    if status >= 500:
        return ProviderFailed(f"The {interface} call failed inside Dify (HTTP {status}): {reason}")
    return RefusedByDify(f"Dify refused the {interface} call (HTTP {status}): {reason}")


def _failure(interface: str, text: str) -> InvocationError:
    if _NOT_CONFIGURED.search(text):
        return NotConfigured(_not_configured(interface, text))
    return ProviderFailed(f"The {interface} call failed: {readable_reason(text)}")


def _not_configured(interface: str, text: str) -> str:
    return (
        f"The {interface} call could not start: {readable_reason(text)} "
        "Check the model or app chosen here, and its provider under Settings > Model Provider."
    )


def readable_reason(text: str) -> str:
    """What a person needs of Dify's error text: the innermost message, without prefixes, tracebacks and keys."""
    for _ in range(4):
        start = text.find("{")
        try:
            value: Any = json.JSONDecoder().raw_decode(text, start)[0] if start >= 0 else None
        except ValueError:
            break
        inner = isinstance(value, dict) and (value.get("message") or value.get("error"))
        if not inner:
            break
        code = value.get("code") or value.get("error_type")
        text = inner if isinstance(inner, str) else str(inner)
        if isinstance(code, str) and "{" not in text:
            text = f"{text} ({code})"
    text = text.split("Traceback (most recent call last)")[0]
    text = re.sub(r"^(?:(?:invoke|read) [\w -]+ failed: |request failed: |PluginInvokeError: )+", "", text.strip())
    text = _KEY_LIKE.sub("[hidden]", " ".join(text.split()))
    if len(text) > _MAX_REASON:
        text = text[:_MAX_REASON] + "…"
    text = text or "no reason given"
    return text if text.endswith((".", "!", "?", "…")) else text + "."
