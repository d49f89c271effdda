r"""What Dify's error texts say: the reason within the wrapping, and that reason without keys.

A failure passes through the provider's plugin, Dify's API and the plugin daemon, and each wraps the text of the one
before: prefixes ("invoke llm model failed: request failed: "), JSON within JSON strings, Python's `repr` of JSON,
tracebacks, HTML pages of proxies.

    >>> reason_of('request failed: PluginInvokeError: {"error_type": "Slow", "message": "{\\"error\\": \\"Wait\\"}"}')
    Reason(message='Wait', codes=('Slow',), status=0)
"""

import html
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

_READ = 100_000  # characters of an error text; its traceback comes before its message
_CONSIDERED = 2_000  # characters of a message
_SHOWN = 500
_LONGEST_CODE = 100


_STATUS = re.compile(r"\b(?:HTTP|status(?: code)?:?|Error code:) ?([45]\d\d)\b", re.IGNORECASE)
_TIMED_OUT = re.compile(
    r"\bkilled by timeout|\bdeadline[ _]exceeded|\btimed[ -]?out\b|(?:请求|连接|响应|调用|读取)超时"
    # that it happened, not that a parameter is called so
    r"|\b(?:connection|connect|read|request|response|operation|server|upstream|gateway) time-?out\b"
    r"(?! (?:is|must|should|parameter|option|value|setting)\b)"
    r"|\btime-?out (?:exceeded|expired|reached|while|waiting|after|of \d)|^time-?out\W*$"
    r"|\b[A-Za-z]*Timeout(?:Error|Exception|Expired)\b|\b(?:Connect|Read|Write|Pool)Timeout\b",
    re.IGNORECASE,
)


class Reason(NamedTuple):
    """Why something failed, in the words of whoever failed first."""

    message: str
    """May hold keys; empty if there is no reason."""
    codes: tuple[str, ...]
    """Names for the kind of failure, from the outermost to the innermost: "invalid_param", "InvokeRateLimitError"."""
    status: int = 0
    """The HTTP status that the model's provider answered with, 0 if it is not told."""

    def __str__(self) -> str:
        return " ".join([self.message, *self.codes])

    @property
    def is_timeout(self) -> bool:
        """Whether something took too long; where there is an HTTP status, it decides."""
        return self.status in (408, 504) if self.status else bool(_TIMED_OUT.search(str(self)))

    @property
    def is_rate_limit(self) -> bool:
        """Whether a provider was asked too often: by its HTTP status, or by what the plugin SDK calls that."""
        return self.status == 429 or "InvokeRateLimitError" in self.codes or "] Rate Limit Error, " in self.message

    def readable(self) -> str:
        """The message with its innermost code, as a sentence of at most about 500 characters, and without keys."""
        code = f" ({self.codes[-1]})" if self.codes else ""
        text = hide_keys((self.message or "no reason given") + code)
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
    while True:  # ends: what is inside is smaller than what it is inside of
        if isinstance(said, str):
            said = said[:_READ]
            status = _status_in(said.partition("{")[0]) or status
        holder = said if isinstance(said, Mapping) else _object_in(said)
        inner = holder.get("message") or holder.get("error")
        if not inner:
            break
        code = holder.get("code")
        status = code if isinstance(code, int) and 400 <= code < 600 else status
        names = (holder.get(key) for key in ("code", "error_type", "type"))
        codes += [name[:_LONGEST_CODE] for name in names if isinstance(name, str) and name][:1]
        said = inner
    return Reason(_message(said if isinstance(said, str) else _as_json(said)), tuple(codes), status)


def _status_in(text: str) -> int:
    match = _STATUS.search(text)
    return int(match[1]) if match else 0


_HTML = re.compile(r"<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
_HTML_TITLE = re.compile(r"<title>([^<]{1,200})", re.IGNORECASE)
# of an object that is not JSON: Python's repr of one, or the first part of one that was too long to be read whole
_MESSAGE_KEY = re.compile(
    r"""(["'])(?:message|error)\1\s*:\s*(?:"((?:[^"\\]|\\.)++)(?:"|$)|'((?:[^'\\]|\\.)++)(?:'|$))""", re.DOTALL
)
_PREFIXES = re.compile(
    r"(?:(?:(?:invoke|read|fetch) [\w -]+ failed|request failed|unmarshal backwards invoke request failed"
    r"|PluginInvokeError):\s*|req_id: \S+\s+)+"
)


def _object_in(said: object) -> Mapping[str, Any]:
    """The object that begins at the first brace of a text; of one that is not JSON, its message."""
    start = said.find("{") if isinstance(said, str) else -1
    if not isinstance(said, str) or start < 0 or _HTML.search(said, 0, start):
        return {}
    try:
        found: dict[str, Any] = json.JSONDecoder().raw_decode(said, start)[0]
    except (ValueError, RecursionError):
        match = _MESSAGE_KEY.search(said, start)
        return {"message": _unescaped(match[2] or match[3])} if match else {}
    return found


def _unescaped(quoted: str) -> str:
    return re.sub(r"\\(.)", lambda escape: " " if escape[1] in "nrt" else escape[1], quoted, flags=re.DOTALL)


def _as_json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=str) if value else ""
    except RecursionError:
        return ""


def _message(text: str) -> str:
    text = text.strip()
    if prefixes := _PREFIXES.match(text):
        text = text[prefixes.end() :]
    text = text.split("Traceback (most recent call last)")[0]
    if page := _HTML.search(text):
        title = _HTML_TITLE.search(text, page.start())
        text = text[: page.start()] + (html.unescape(title[1]) if title else "")
    return " ".join(text[: 2 * _CONSIDERED].split())[:_CONSIDERED].rstrip(" :-")


_VALUE = r"""[^\s"'`&,;<>()\[\]{}\u3000-\u9fff\uff00-\uffef]"""
_END = r"""[^\s"'`&,;<>()\[\]{}\u3000-\u9fff\uff00-\uffef.:!?\\]"""
_SEPARATOR = r"""(?:\s+provided)?[\\"'\s]{0,5}[=:：][\\"'\s]{0,5}(?:(?i:bearer|basic|token)\s+)?"""
_KEYS = (
    (re.compile(r"://[^\s/?#]+@"), "://[hidden]@"),
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

    Hidden is what follows a name such as `api_key=` or `Authorization:`, the credentials in a URL, what begins as the
    keys of known providers do, and any 32 letters and digits in a row.
    """
    if len(text) > _CONSIDERED:
        text = text[:_CONSIDERED].rpartition(" ")[0] + "…"  # no half key at the end
    for pattern, replacement in _KEYS:
        text = pattern.sub(replacement, text)
    return text
