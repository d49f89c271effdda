"""A YAML file that is read for a few of its keys. Every problem is one sentence that names the file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from workspace.plugin.errors import PluginFolderError

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # several times faster where libyaml is there


class YamlFile:
    """One YAML file in a folder, a mapping at its top. Keys are written with dots. Raises PluginFolderError."""

    def __init__(self, root: Path, name: str) -> None:
        self.name = name
        try:
            content = yaml.load((root / name).read_bytes(), Loader)
        except OSError as error:
            raise PluginFolderError(f"{name} cannot be read in {root}: {error.strerror}.") from None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = f" in line {mark.line + 1}" if mark else ""
            problem = getattr(error, "problem", None) or "it cannot be parsed"
            raise PluginFolderError(f"{name} is not YAML{line}: {problem}.") from None
        if not isinstance(content, dict):
            raise PluginFolderError(f"{name} holds no mapping.")
        self.content: dict[str, Any] = content

    def get(self, path: str) -> Any:
        value: Any = self.content
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def text(self, path: str) -> str:
        value = self.get(path)
        if value is None or isinstance(value, dict | list) or not str(value):
            raise PluginFolderError(f"{self.name} lacks {path}, or it is no text.")
        return str(value)

    def mapping(self, path: str, *, required: bool = True) -> dict[str, Any]:
        value = self.get(path)
        if value is None and not required:
            return {}
        if not isinstance(value, dict):
            raise PluginFolderError(f"{self.name}: {path} must be a mapping.")
        return value

    def names(self, mapping: dict[str, Any], key: str) -> list[str]:
        """A list of file names, empty if there is none."""
        names = mapping.get(key) or []
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise PluginFolderError(f"{self.name}: {key} must be a list of file names.")
        return names

    def items(self, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """The mappings in a list, with their places."""
        values = self.content.get(key) or []
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise PluginFolderError(f"{self.name}: {key} must be a list of mappings.")
        return enumerate(values)
