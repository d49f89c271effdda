"""A DSL file, as Dify exports it: one app, with its graph or its `model_config`.

It is read as Dify imports it (Dify, `services/app_dsl_service.py`): a missing `version` is "0.1.0", `kind` does not
matter.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from workspace.plugin.yaml_file import Loader

NEWEST = (0, 7, 0)
"""The version that Dify 1.17 writes. Dify asks before it imports a newer one."""
LARGEST = 10 * 1024 * 1024
"""Bytes; Dify imports no larger file."""

DEEPEST = 100
"""Collections in one another; files of Dify have a dozen."""


class DslError(Exception):
    """One sentence for people: what is wrong with a DSL file, and where."""


@dataclass(frozen=True)
class DslFile:
    """`app` is what the file says of the app itself, `content` all of it."""

    path: Path
    app: dict[str, Any]
    content: dict[str, Any]

    @property
    def name(self) -> str:
        """Of the file."""
        return self.path.name

    @property
    def app_id(self) -> str:
        """The stem of the file's name."""
        return self.path.stem

    @property
    def app_name(self) -> str:
        return str(self.app.get("name") or self.path.stem)

    @property
    def description(self) -> str:
        return str(self.app.get("description") or "").strip()

    @property
    def mode(self) -> str:
        return str(self.app.get("mode"))

    def mapping(self, content: dict[str, Any], key: str, *, where: str = "") -> dict[str, Any]:
        """What stands under a key of it; raises DslError where that is no mapping. `where` names the key for people."""
        value = content.get(key)
        if not isinstance(value, dict):
            raise DslError(f"{self.name} has no {where or key}, or it is no mapping.")
        return value

    def mappings(self, content: dict[str, Any], key: str) -> list[dict[str, Any]]:
        """The same for a list of mappings, which may be absent."""
        values = content.get(key) or []
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise DslError(f"{self.name}: {key} is no list of mappings.")
        return values


def read_dsl_file(path: Path) -> DslFile:
    """Raises DslError."""
    content = _content(path)
    _check_version(path.name, content.get("version") or "0.1.0")
    app = content.get("app")
    if not isinstance(app, dict) or not app:
        kind = content.get("kind")
        told = f": its kind is {kind!r}" if kind and kind != "app" else ""
        if isinstance(content.get("data"), str):
            raise DslError(f"{path.name} is an answer of Dify's API: the DSL file is the text in its `data`.")
        raise DslError(f"{path.name} holds no app{told}. It takes what Dify's Export DSL writes of an app.")
    return DslFile(path, app, content)


def _content(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LARGEST:
            raise DslError(f"{path.name} is larger than {LARGEST >> 20} MiB, which is what Dify takes.")
        written = path.read_bytes()
        content = _json_object(written)
        if content is None:
            if _depth(written) > DEEPEST:  # libyaml would not survive what is nested much deeper
                raise DslError(f"{path.name} is nested too deeply to be a DSL file.")
            content = yaml.load(written, Loader)
    except OSError as error:
        raise DslError(f"{path} cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" in line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be parsed"
        raise DslError(f"{path.name} is not YAML{line}: {problem}.") from None
    if not isinstance(content, dict):
        raise DslError(f"{path.name} is no DSL file: it holds no mapping.")
    return content


def _json_object(written: bytes) -> dict[str, Any] | None:
    """JSON is YAML too, but for characters that it escapes as two halves; None if it is none."""
    try:
        content = json.loads(written) if written.lstrip().startswith(b"{") else None
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _depth(written: bytes) -> int:
    depth = deepest = 0
    for event in yaml.parse(written, Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            deepest = max(deepest, depth)
            if depth > DEEPEST:
                break
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return deepest


def _check_version(name: str, version: object) -> None:
    if not isinstance(version, str):
        raise DslError(f'{name}: its version must be text: version: "{version}", in quotes.')
    numbers = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    if numbers is None:
        raise DslError(f"{name}: its version is {version!r}, which is none.")
    if tuple(int(number or 0) for number in numbers.groups()) > NEWEST:
        newest = ".".join(map(str, NEWEST))
        raise DslError(f"{name} has the DSL version {version}; {newest} is the newest that is known here.")
