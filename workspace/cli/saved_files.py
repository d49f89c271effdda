"""The files a tool puts out, kept in a folder of one's choice."""

import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from workspace.plugin.outputs import OutputFile

LONGEST_NAME = 240
"""Bytes; file systems take 255, and a number may have to be added."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")


@dataclass
class SavedFiles:
    """By the place of the file among the outputs: where it is, or why it could not be saved."""

    paths: dict[int, Path] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)


def prepare(folder: Path) -> None:
    """Make the folder, if it is not there, and try whether files can be written to it. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def save_files(files: Iterable[OutputFile], folder: Path) -> SavedFiles:
    """Write files into a folder, under their own names as far as these can be used and are free."""
    saved = SavedFiles()
    for place, file in enumerate(files):
        try:
            saved.paths[place] = _write(folder, _usable(file.filename), file.data)
        except (OSError, ValueError) as error:
            saved.problems[place] = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return saved


def _usable(filename: str) -> Path:
    """The last part of a name, without control characters and cut to a length that file systems take."""
    name = Path(_UNPRINTABLE.sub("_", Path(filename).name))
    if name.name in ("", ".."):
        return Path("file")
    suffix = _cut(name.suffix, 40)
    return Path(_cut(name.stem, LONGEST_NAME - len(suffix.encode())) + suffix)


def _cut(text: str, length: int) -> str:
    return text.encode(errors="replace")[:length].decode(errors="ignore")


def _write(folder: Path, name: Path, data: bytes) -> Path:
    path, number = folder / name, 2
    while True:
        try:
            with path.open("xb") as file:
                file.write(data)
        except FileExistsError:
            path, number = folder / f"{name.stem}-{number}{name.suffix}", number + 1
        else:
            return path
