"""Recordings of a real Dify: JSON Lines in `recorded/VERSION/`, with what differs from run to run replaced.

`invocations.jsonl` has what a plugin asked and every reply or the error, `messages.jsonl` what a tool node made of the
messages of a tool, `parameters.jsonl` what reached a tool for each way to give a parameter,
`console.jsonl` the type that the workflow editor shows for an output of each schema.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

type Recording = dict[str, dict[str, Any]]
"""The lines of one file by their case."""

FOLDER = Path(__file__).parent / "recorded"
FOLLOWED = "1.16.0-rc1"
"""The version of Dify that the local workspace is held to; recordings of others may lie beside its."""
NAMES = ("invocations", "messages", "parameters")
"""What is recorded of each version, and asked of the local workspace too."""

_IN_TEXTS = (
    (re.compile(r'(?<!\\)(\\*)"traceback\1": ?\1"Traceback .*?(?<!\\)\1"(?=[},])', re.DOTALL), r"\1traceback\1"),
    (re.compile(r"\breq_id: \w+ "), ""),
    (re.compile(r"\?timestamp=[^\"\s)]*"), "?signature"),
    (re.compile(r"https?://[\w.-]+(?::\d+)?(?=[/\"' ]|$)"), "http://address"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "hash"),
    (re.compile(r"(?<=dify-file-ref:)[\w=-]+"), "id"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{32}\b"), "id"),
    (re.compile(r"(?<=stat )/\S+/(?=[^/\s]+:)"), "/folder/"),
)
"""What differs from run to run within a text, and what stands for it."""
_TIMES = re.compile(r"(_at|_time|latency|_to_first_token|_to_generate|expiration_time|time_to_\w+)$")
_FIGURES = re.compile(r"(^tokens|_tokens|price|price_unit|unit_price|_steps|size|_limit|^index)$")
_OF_DIFY_ALONE = ("process_data", "system_parameters", "form_token")
"""What Dify notes for itself, with sentences of its own, and what its administrator has set."""
_NAMES_FOR_IDS = ("sys.app_id", "sys.user_id", "sys.workflow_id")
"""Which need not be UUIDs in the local workspace."""
LONG = 600
"""Characters beyond which a text that is no error is only measured."""


def replaced(value: Any, key: str = "") -> Any:
    """The same with the names of ids, times, figures and addresses in their place. `None` and types stay."""
    match value:
        case _ if key in _OF_DIFY_ALONE and value:
            return key
        case str() if key in _NAMES_FOR_IDS:
            return "id"
        case dict():
            return {name: replaced(each, name) for name, each in value.items()}
        case list() if value and all(isinstance(each, float) for each in value):
            return ["figures"]
        case list():
            return [replaced(each, key) for each in value]
        case bool() | None:
            return value
        case int() | float() if _TIMES.search(key):
            return "time"
        case int() | float() if _FIGURES.search(key) or isinstance(value, float):
            return "figure"
        case str() if value and _TIMES.search(key):
            return "time"
        case str() if value and _FIGURES.search(key):
            return "figure"
        case str() if len(value) > 400 and re.fullmatch(r"[0-9a-f]+", value):
            return "bytes"
        case str():
            for pattern, word in _IN_TEXTS:
                value = pattern.sub(word, value)
            return value if len(value) <= LONG or "Error" in value else f"{len(value)} characters"
    return value


def joined(replies: list[Any]) -> list[Any]:
    """The same with replies that say the same but for a piece of text, one after the other, made one."""
    found: list[Any] = []
    for reply in replies:
        if found and (one := _both(found[-1], reply)) is not None:
            found[-1] = one
        else:
            found.append(reply)
    return found


def _both(one: Any, other: Any) -> Any:
    """None where they differ in more than one text that grows."""
    for path in (("answer",), ("delta", "message", "content"), ("data", "text"), ("result",)):
        a, b = _at(one, path), _at(other, path)
        texts = isinstance(a, str) and isinstance(b, str) and bool(a and b)
        if texts and replaced(_with(one, path, "")) == replaced(_with(other, path, "")):
            return _with(one, path, a + b)
    return None


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _with(value: Any, path: tuple[str, ...], text: str) -> Any:
    first, *rest = path
    return {**value, first: _with(value[first], tuple(rest), text) if rest else text}


def write(version: str, name: str, lines: Iterable[dict[str, Any]]) -> None:
    folder = FOLDER / version
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")


def read(version: str, name: str) -> Recording:
    lines = (FOLDER / version / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return {line["case"]: line for line in map(json.loads, lines)}
