"""Reads .difyignore as Dify's CLI does, which is not quite as git reads .gitignore.

A pattern without a slash, or with one at its end only, matches at any depth; with another slash it is taken from the
root. A slash at the end means folders. `!pattern` brings nothing back there, and `./pattern` and `pattern # note` match
nothing, so these are refused here rather than read.
"""

import functools
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

NAME = ".difyignore"


class UnreadablePattern(ValueError):
    """A pattern that does not do in Dify's CLI what it says."""


@dataclass(frozen=True)
class Pattern:
    parts: tuple[str, ...]
    from_root: bool
    folders_only: bool

    def matches(self, path: tuple[str, ...], *, is_folder: bool) -> bool:
        """Whether it leaves out this very path; what is below a folder that it leaves out is not asked about."""
        if self.folders_only and not is_folder:
            return False
        compared = path if self.from_root else path[-1:]
        return len(compared) == len(self.parts) and all(map(fnmatchcase, compared, self.parts))


@dataclass(frozen=True)
class DifyIgnore:
    patterns: tuple[Pattern, ...]

    def lets_through(self, path: str) -> bool:
        """Whether the file at this path, relative to the plugin's folder and with slashes, goes into the package."""
        return not _leaves_out(self.patterns, path)


@functools.cache
def _leaves_out(patterns: tuple[Pattern, ...], path: str) -> bool:
    parts = tuple(path.split("/"))
    return any(
        pattern.matches(parts[:depth], is_folder=depth < len(parts))
        for depth in range(1, len(parts) + 1)
        for pattern in patterns
    )


def read(folder: Path) -> DifyIgnore:
    """The patterns of the folder's .difyignore. Raises UnreadablePattern; FileNotFoundError if there is no such file,
    without which Dify's CLI would go by .gitignore."""
    lines = [line.strip() for line in (folder / NAME).read_text(encoding="utf-8").splitlines()]
    return DifyIgnore(tuple(_pattern(line) for line in lines if line and not line.startswith("#")))


def _pattern(line: str) -> Pattern:
    if line.startswith(("!", "./")) or "**" in line or re.search(r"\s", line):
        raise UnreadablePattern(
            f"`{line}` in {NAME} does not do in Dify's CLI what it says: write names with slashes, `*` and `?`."
        )
    body = line.removesuffix("/")
    return Pattern(tuple(body.lstrip("/").split("/")), from_root="/" in body, folders_only=line.endswith("/"))
