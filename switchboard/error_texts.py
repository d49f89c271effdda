r"""What Dify's error texts say: the reason within the wrapping, and that reason without keys.

A failure passes through the provider's plugin, Dify's API and the plugin daemon, and each wraps the text of the one
before: prefixes ("invoke llm model failed: request failed: "), JSON within JSON strings, Python's `repr` of JSON,
tracebacks, HTML pages of proxies.

    >>> reason_of('request failed: PluginInvokeError: {"error_type": "Slow", "message": "{\\"error\\": \\"Wait\\"}"}')
    Reason(message='Wait', codes=('Slow',), status=0, from_plugin=True)

What a model's provider says is told from what Dify says of itself: only that may change when it is asked again.
"""

import ast
import html
import itertools
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from switchboard.provider_words import MAY_PASS, OUT_OF_CREDIT, OVERLOADED, RATE_LIMITED, REFUSED, TIMED_OUT, TOO_LONG

_READ = 100_000  # characters of an error text; its traceback comes before its message
_CONSIDERED = 2_000  # characters of a message
_SHOWN = 500
_LONGEST_CODE = 100


_STATUS = re.compile(
    r"\b(?:HTTP(?:/[\d.]+)?|status(?:[ _-]?code)?|error code)[\"']? ?[:=]? ?[\"']?([45]\d\d)\b"
    r"|\b([45]\d\d) (?:Client|Server) Error\b|\berror '([45]\d\d) |\bError(?:,|:) <?([45]\d\d)>? (?=[A-Z])",
    re.IGNORECASE,
)
_PARAMETER_RULE = re.compile(
    r"(?:\[[^\]]{1,100}\] Error: )?Model Parameter (\S{1,100}) "
    r"(?:is required|should be(?: less than or equal to (\d+(?:\.\d+)?))?|type)\b"
)
_SDKS_WORDS = re.compile(
    r"\[[^\]]{1,100}\] ((?:(?:Rate Limit|Bad Request|Connection|Server Unavailable) )?Error"
    r"|Incorrect model credentials)\b"
)
"""How the plugin SDK begins what a provider's plugin raises: "[openai] Rate Limit Error, ..."."""
_PROVIDERS_CODES = {"completion_request_error", "rate_limit_error"}
"""What Dify's API calls the failure of a model."""
_RATE_LIMITS = {"InvokeRateLimitError", "rate_limit_error"}
_BAD_REQUESTS = {"InvokeBadRequestError", "invalid_request_error", "INVALID_ARGUMENT"}
_DIFYS_ERROR = {"code", "message", "status"}
_ASKING_AGAIN_HELPS = (408, 409, 425, 429)


class ParameterRule(NamedTuple):
    parameter: str
    most: float | None
    """The largest value that it may have, if it was larger."""


class Reason(NamedTuple):
    """Why something failed, in the words of whoever failed first."""

    message: str
    """May hold keys; empty if there is no reason."""
    codes: tuple[str, ...]
    """Names for the kind of failure, from the outermost to the innermost: "invalid_param", "InvokeRateLimitError"."""
    status: int = 0
    """The HTTP status that the model's provider answered with, 0 if it is not told."""
    from_plugin: bool = False
    """Whether another plugin has raised it, such as the one of the model's provider."""

    def __str__(self) -> str:
        return " ".join([self.message, *self.codes])

    @property
    def is_from_provider(self) -> bool:
        """Whether a model's provider or its plugin says it, and not Dify."""
        return self.from_plugin or not _PROVIDERS_CODES.isdisjoint(self.codes)

    @property
    def is_timeout(self) -> bool:
        """Whether something took too long; where there is an HTTP status, it decides."""
        return self.status in (408, 504) if self.status else bool(TIMED_OUT.search(str(self)))

    @property
    def is_rate_limit(self) -> bool:
        """Whether a provider was asked too often: by its HTTP status, or by what the plugin SDK calls that."""
        if (self.status and self.status != 429) or self.is_out_of_credit:
            return False
        return self.status == 429 or not _RATE_LIMITS.isdisjoint(self.codes) or bool(RATE_LIMITED.search(str(self)))

    @property
    def is_refusal(self) -> bool:
        """Whether a provider said no to the request itself, so that asking again changes nothing."""
        if self.is_too_long or (self.is_out_of_credit and not self.status >= 500):
            return True
        if self.status:
            return 400 <= self.status < 500 and self.status not in _ASKING_AGAIN_HELPS
        is_refused = not _BAD_REQUESTS.isdisjoint(self.codes) or (self.is_from_provider and REFUSED.search(str(self)))
        return bool(is_refused) and not MAY_PASS.search(self.message)

    @property
    def is_too_long(self) -> bool:
        """Whether the request is longer than the model's context."""
        return bool(TOO_LONG.search(str(self)))

    @property
    def is_out_of_credit(self) -> bool:
        """Whether a provider wants to be paid first."""
        return self.is_from_provider and bool(OUT_OF_CREDIT.search(str(self)))

    @property
    def parameter_rule(self) -> ParameterRule | None:
        """Which of Dify's own rules for a model's parameters it is, if one: a provider's plugin holds to them."""
        match = _PARAMETER_RULE.match(self.message)
        return ParameterRule(match[1], float(match[2]) if match[2] else None) if match else None

    @property
    def is_overload(self) -> bool:
        """Whether a provider says that it has too much to do, for whoever asks."""
        return self.status == 529 or (not 400 <= self.status < 500 and bool(OVERLOADED.search(str(self))))

    def readable(self) -> str:
        """The message as a sentence of at most about 500 characters, and without keys."""
        no_reason = f"no reason given but `{self.codes[-1]}`" if self.codes else "no reason given"
        text = hide_keys(self.message or no_reason)
        text = text.encode(errors="replace").decode()  # JSON can spell half a surrogate pair, and nobody can send it on
        if len(text) > _SHOWN:
            text = text[:_SHOWN] + "…"
        return text if text.endswith((".", "!", "?", "…", "。", "！", "？")) else text + "."


def readable_reason(text: str) -> str:
    """What a person needs of Dify's error text: the innermost message, without prefixes, tracebacks and keys."""
    return reason_of(text).readable()


def reason_of(said: object) -> Reason:
    """The reason in an error text, or in an error that is JSON already."""
    codes: list[str] = []
    status = 0
    from_plugin = False
    while True:  # ends: what is inside is smaller than what it is inside of
        if isinstance(said, str):
            said = said[:_READ]
            before = said.partition("{")[0]
            status = _status_in(before) or status
            named = _SDKS_WORDS.search(before)
            from_plugin = from_plugin or bool(named) or "PluginInvokeError" in before
            codes += [_name_in_sdk(named[1])] if named else []
        holder = said if isinstance(said, Mapping) else _object_in(said)
        from_plugin = from_plugin or "error_type" in holder
        inner = holder.get("message") or holder.get("error")
        if not inner and set(holder) != _DIFYS_ERROR:
            break
        code = holder.get("code")
        status = code if isinstance(code, int) and 400 <= code < 600 else status
        names = (holder.get(key) for key in ("code", "error_type", "type"))
        codes += [name[:_LONGEST_CODE] for name in names if isinstance(name, str) and name][:1]
        said = inner or ""
    return Reason(_message(said if isinstance(said, str) else _as_json(said)), tuple(codes), status, from_plugin)


def _name_in_sdk(words: str) -> str:
    """ "Rate Limit Error" is what the SDK has of InvokeRateLimitError."""
    return f"Invoke{words.replace(' ', '')}" if words.endswith("Error") else "InvokeAuthorizationError"


def _status_in(text: str) -> int:
    match = _STATUS.search(text)
    return int(next(filter(None, match.groups()))) if match else 0


_HTML = re.compile(r"<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
_HTML_TITLE = re.compile(r"<title>([^<]{1,200})", re.IGNORECASE)
# of the first part of an object that was too long to be read whole, and the like
_MESSAGE_KEY = re.compile(
    r"""(["'])(?:message|error)\1\s*:\s*(?:"((?:[^"\\]|\\.)++)(?:"|$)|'((?:[^'\\]|\\.)++)(?:'|$))""", re.DOTALL
)
_PREFIXES = re.compile(
    r"(?:(?:(?:invoke|read|fetch) [\w -]+ failed|request failed|unmarshal backwards invoke request failed"
    r"|Run failed|PluginInvokeError):\s*|req_id: \S+\s+)+"
)


def _object_in(said: object) -> Mapping[str, Any]:
    """The object that begins at the first brace of a text; of one that is not JSON, its message."""
    start = said.find("{") if isinstance(said, str) else -1
    if not isinstance(said, str) or start < 0 or _HTML.search(said, 0, start):
        return {}
    try:
        found: dict[str, Any] = json.JSONDecoder().raw_decode(said, start)[0]
    except (ValueError, RecursionError):
        return _python_object_in(said, start)
    return found


def _python_object_in(said: str, start: int) -> Mapping[str, Any]:
    """Python's `repr` of an object, as clients of providers write what was answered; of what is none, its message."""
    try:
        found = ast.literal_eval(said[start : said.rfind("}") + 1])
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        match = _MESSAGE_KEY.search(said, start)
        return {"message": _unescaped(match[2] or match[3])} if match else {}
    return found if isinstance(found, dict) else {}


def _unescaped(quoted: str) -> str:
    return re.sub(r"\\(.)", lambda escape: " " if escape[1] in "nrt" else escape[1], quoted, flags=re.DOTALL)


def _as_json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=str) if value else ""
    except RecursionError:
        return ""


_TRACEBACK = re.compile(r'Traceback \(most recent call last\):?|^[ \t]*File "[^"\n]*", line \d+', re.MULTILINE)


def _without_traceback(text: str) -> str:
    """What stands before a traceback, or else the exception at its end, which is not indented as the frames are."""
    first = _TRACEBACK.search(text)
    if not first:
        return text
    if before := text[: first.start()].strip(" \n\t:-"):
        return before
    last = text.rpartition("Traceback (most recent call last)")[2].splitlines()[1:]
    after_frames = itertools.dropwhile(_is_indented, last)
    return "\n".join(itertools.takewhile(lambda line: not _is_indented(line), after_frames))


def _is_indented(line: str) -> bool:
    return line[:1].isspace()


def _message(text: str) -> str:
    text = text.strip()
    if prefixes := _PREFIXES.match(text):
        text = text[prefixes.end() :]
    text = _without_traceback(text)
    if page := _HTML.search(text):
        title = _HTML_TITLE.search(text, page.start())
        text = text[: page.start()] + (html.unescape(title[1]) if title else "")
    return " ".join(text[: 2 * _CONSIDERED].split())[:_CONSIDERED].rstrip(" :-")


_VALUE = r"""[^\s"'`&,;<>()\[\]{}\u3000-\u9fff\uff00-\uffef]"""
_END = r"""[^\s"'`&,;<>()\[\]{}\u3000-\u9fff\uff00-\uffef.:!?\\]"""
_SEPARATOR = r"""(?:\s+provided)?[\\"'\s]{0,5}[=:：][\\"'\s]{0,5}(?:(?i:bearer|basic|token)\s+)?"""
_KEYS = (
    (re.compile(r"://[^\s/?#]+@"), "://[hidden]@"),
    (re.compile(r"""([?&](?:[\w-]{0,40}sign(?:ature)?|sig)=)[^\s&#"']+""", re.IGNORECASE), r"\1[hidden]"),
    (re.compile(rf"((?i:api[-_ ]?key|secret|password|authorization){_SEPARATOR}){_VALUE}*{_END}"), r"\1[hidden]"),
    # "Missing required key: messages" and "Unexpected token: 7" name no key
    (
        re.compile(rf"((?i:key|token)(?!:\s*(?:[a-z_]{{1,20}}|\d{{1,6}})(?![\w*-])){_SEPARATOR}){_VALUE}*{_END}"),
        r"\1[hidden]",
    ),
    (re.compile(rf"\b((?i:bearer)\s+)(?!(?:token|auth)){_VALUE}*{_END}"), r"\1[hidden]"),
    (re.compile(r"\bAIza[\w-]{20,}|\beyJ[\w-]{10,}\.[\w.-]*[\w-]"), "[hidden]"),
    (
        re.compile(
            r"\b(?:(?:sk|pk|rk|key|app)-|(?:sk|pk|rk|hf|gsk|nvapi|xai|pplx|r8)[-_])"
            r"(?=[\w*.…-]*(?:[\d*]|[A-Za-z]{20}))[\w*.…-]{5,}[\w*-]"
        ),
        "[hidden]",
    ),
    (
        re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{32,}[\w-]*(?:\.[\w-]+)*"),
        "[hidden]",
    ),
)


def hide_keys(text: str) -> str:
    """The first 2,000 characters with [hidden] in place of everything that is, or might be, a key or password.

    Hidden is what follows a name such as `api_key=` or `Authorization:`, the credentials and the signature in a URL,
    what begins as the keys of known providers do, and any 32 letters and digits in a row.
    """
    if len(text) > _CONSIDERED:
        text = text[:_CONSIDERED].rpartition(" ")[0] + "…"  # no half key at the end
    for pattern, replacement in _KEYS:
        text = pattern.sub(replacement, text)
    return text
