"""Rules on the files of the package: which there are, and what may not be in them."""

import functools
import math
import re
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase

from publishing.archive import archive
from publishing.code_rules import data_of_modules, imported_modules
from publishing.plugin import MANIFEST, Plugin

MOST_BYTES = 1_000_000

SHIPPED = (
    *(MANIFEST, "main.py", "requirements.txt", "README.md", "PRIVACY.md", "LICENSE", ".difyignore"),
    *("readme/README_zh_Hans.md", "readme/README_ja_JP.md", "readme/README_pt_BR.md"),
)
"""What is in the package beside the icons, what the YAML names, and what that imports or reads."""

SECRETS = {
    "an API key": re.compile(r"\bsk-[A-Za-z0-9_-]{20,}"),
    "an access token": re.compile(
        r"\b(gh[pousr]_[A-Za-z0-9]{30,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|eyJ[\w-]{20,}\.)"
    ),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}
NAMED_SECRET = re.compile(
    r"""(?ix) (?:token|secret|passw(?:or)?d|api_?key|credential)\w* ["']? \s* [:=] \s* ["'] ([^"'\s]{12,}) ["']"""
)
HIGH_ENTROPY = 3.5
"""Bits a character; names and words stay below, random letters and digits of this length come above."""


def only_what_runs(plugin: Plugin) -> Iterator[str]:
    named = {*plugin.declared, *plugin.sources, *SHIPPED}
    runs = named | set(imported_modules(plugin)) | set(data_of_modules(plugin))
    for path in plugin.contents.files:
        if path not in runs and not fnmatchcase(path, "_assets/*.svg"):
            yield f"{path} does not run in Dify: leave it out with .difyignore."
    for missing in sorted(named - set(plugin.contents.files)):
        hint = ": tell git of it, with git add" if missing in plugin.contents.left_out else ""
        yield f"{missing} is not in the package{hint}."


def no_links(plugin: Plugin) -> Iterator[str]:
    for path in plugin.contents.files:
        if (plugin.contents.root / path).is_symlink():
            yield f"{path} is a symbolic link, whose target would ship: put the file there itself."


def small(plugin: Plugin) -> Iterator[str]:
    size = len(archive(plugin.contents))
    if size > MOST_BYTES:
        yield f"The package takes {size:,} bytes; it is to stay under {MOST_BYTES:,}."


def no_secrets(plugin: Plugin) -> Iterator[str]:
    """Says where, never what."""
    for path in plugin.contents.files:
        for number, kind in _secrets_in(plugin.contents.bytes_of(path)):
            yield f"{path}, line {number}, looks like {kind}."


@functools.cache
def _secrets_in(content: bytes) -> tuple[tuple[int, str], ...]:
    """The line and the kind of each."""
    found = []
    for number, line in enumerate(content.decode(errors="replace").splitlines(), 1):
        found += [(number, kind) for kind, pattern in SECRETS.items() if pattern.search(line)]
        if any(_entropy(literal) >= HIGH_ENTROPY for literal in NAMED_SECRET.findall(line)):
            found.append((number, "a secret in quotes"))
    return tuple(found)


def _entropy(text: str) -> float:
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())
