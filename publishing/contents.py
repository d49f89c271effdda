"""What goes into the package: the files that git tracks and .difyignore lets through."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from publishing import difyignore


class CannotPackage(Exception):
    """Why there is no package; one sentence."""


@dataclass(frozen=True)
class Contents:
    """`files` are paths relative to `root`, with slashes, sorted. `left_out` are those that .difyignore would let
    through, but that git does not track: Dify's own CLI would ship them. `made` is what ships in place of files. A file
    is read once, when it is asked for."""

    root: Path
    files: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    made: Mapping[str, bytes] = field(default_factory=dict)
    _read: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    def bytes_of(self, path: str) -> bytes:
        return self.made[path] if path in self.made else self.in_folder(path)

    def in_folder(self, path: str) -> bytes:
        if path not in self._read:
            self._read[path] = (self.root / path).read_bytes()
        return self._read[path]

    def text_of(self, path: str) -> str:
        """Raises CannotPackage where it is no text."""
        try:
            return self.bytes_of(path).decode("utf-8")
        except UnicodeDecodeError:
            raise CannotPackage(f"{path} is not UTF-8.") from None


def read(root: Path) -> Contents:
    """Look into a plugin's folder. Where it is no git repository, all files in it count. Raises CannotPackage."""
    try:
        ignore = difyignore.read(root)
    except FileNotFoundError:
        raise CannotPackage(
            f"There is no {difyignore.NAME} in {root}, so Dify's CLI would ship what lies there."
        ) from None
    except UnicodeDecodeError:
        raise CannotPackage(f"{difyignore.NAME} is not UTF-8.") from None
    except difyignore.UnreadablePattern as error:
        raise CannotPackage(str(error)) from None
    present = [path for path in _files(root, ignore) if ignore.lets_through(path)]
    tracked = tracked_by_git(root)
    if tracked is None:
        return Contents(root, tuple(present))
    if missing := sorted(path for path in tracked - set(present) if ignore.lets_through(path)):
        raise CannotPackage(f"git tracks {missing[0]}, which is not there: restore it, or remove it from git too.")
    return Contents(
        root,
        tuple(path for path in present if path in tracked),
        tuple(path for path in present if path not in tracked),
    )


def _files(root: Path, ignore: difyignore.DifyIgnore) -> list[str]:
    """All files, as Dify's CLI walks, sorted; folders that are left out are not entered."""
    found = []
    for folder, folders, names in os.walk(root):
        below = Path(folder).relative_to(root)
        folders[:] = [name for name in folders if _enters(ignore, (below / name).as_posix())]
        found += [(below / name).as_posix() for name in names]
    return sorted(found)


def _enters(ignore: difyignore.DifyIgnore, folder: str) -> bool:
    return ignore.lets_through(f"{folder}/any file")


def tracked_by_git(root: Path) -> set[str] | None:
    """The files that git tracks; None where the folder is not the top of a git repository."""
    if not (root / ".git").exists():
        return None
    try:
        listed = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, check=True)
    except FileNotFoundError:
        raise CannotPackage("git is needed to tell what belongs to the project, and was not found.") from None
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode(errors="replace").strip().rstrip(".")
        raise CannotPackage(f"git cannot list the files: {reason}.") from None
    return set(listed.stdout.decode().split("\0")) - {""}
