"""A plugin's folder as the rules look at it: what goes into the package, and what its YAML declares."""

import functools
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from publishing import contents
from publishing.contents import CannotPackage, Contents
from publishing.declaration_schemas import without_nulls
from publishing.shipped_readme import README, shipped

MANIFEST = "manifest.yaml"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # fifteen times as fast where libyaml is there


@dataclass(frozen=True)
class Plugin:
    """`declared` are the YAML files that the manifest leads to, by path; a path that leads nowhere has None."""

    contents: Contents
    manifest: dict[str, Any]
    declared: dict[str, dict[str, Any] | None]

    @property
    def name(self) -> str:
        return f"{self.manifest.get('name')}-{self.manifest.get('version')}"

    @property
    def sources(self) -> list[str]:
        """The Python files that the YAML names."""
        return [held["extra"]["python"]["source"] for held in self.declared.values() if held and "extra" in held]

    @property
    def modules(self) -> list[str]:
        """The Python files of the package."""
        return [path for path in self.contents.files if path.endswith(".py")]


def read(root: Path) -> Plugin:
    """Raises CannotPackage where there is no package to look at, or no manifest in it."""
    found = contents.read(root)
    manifest = _mapping(found, MANIFEST)
    if manifest is None:
        raise CannotPackage(f"{MANIFEST} is not in the package: it has to be in the folder, in git and not ignored.")
    found = replace(found, made=_readmes(found, str(manifest.get("repo") or "")))
    declared: dict[str, dict[str, Any] | None] = {}
    for kind in ("tools", "endpoints"):
        for path in listed(manifest.get("plugins"), kind):
            declared[path] = _mapping(found, path)
            for below in listed(declared[path], kind):
                declared[below] = _mapping(found, below)
    return Plugin(found, manifest, declared)


def listed(holder: Any, key: str) -> list[str]:
    paths = holder.get(key) if isinstance(holder, dict) else None
    return [path for path in paths if isinstance(path, str)] if isinstance(paths, list) else []


def _readmes(found: Contents, repo: str) -> dict[str, bytes]:
    source = repo if repo.startswith("https://") else ""  # what else stands there breaks a rule
    paths = filter(README.fullmatch, found.files)
    return {path: shipped(found.text_of(path), path, source).encode() for path in paths}


def _mapping(found: Contents, path: str) -> dict[str, Any] | None:
    if path not in found.files:
        return None
    try:
        content = _yaml(found.bytes_of(path))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CannotPackage(f"{path} is not YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(content, dict):
        raise CannotPackage(f"{path} holds no mapping.")
    return content


@functools.cache
def _yaml(source: bytes) -> Any:
    return without_nulls(yaml.load(source, Loader=_LOADER))
