"""Rules on the files of the package: which there are, and what may not be in them."""

import ast
import functools
import math
import re
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase

from publishing.archive import archive
from publishing.plugin import Plugin
from publishing.python_source import tree, why_it_does_not_compile

MOST_BYTES = 1_000_000

SHIPPED = {
    "manifest.yaml": ("manifest.yaml",),
    "main.py": ("main.py",),
    "requirements.txt": ("requirements.txt",),
    "README.md": ("README.md",),
    "PRIVACY.md": ("PRIVACY.md",),
    "LICENSE": ("LICENSE",),
    ".difyignore": (".difyignore",),
    "_assets": ("*.svg", "*.png"),
    "readme": ("README_zh_Hans.md", "README_ja_JP.md", "README_pt_BR.md"),
    "provider": ("*.py", "*.yaml"),
    "tools": ("*.py", "*.yaml"),
    "endpoints": ("*.py", "*.yaml"),
    "switchboard": ("*.py",),
}
"""What may be in the package: at its top, and of which names. All but `readme` has to be there."""

LEFTOVERS = (
    *(".env", ".env.*", ".git", ".gitignore", ".gitattributes", ".github", ".venv", "venv", "node_modules"),
    *("__pycache__", "*.pyc", "*.pyo", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".tox", ".cache"),
    *(".idea", ".vscode", "*.swp", "*.swo", "*~", ".DS_Store", "Thumbs.db", "*.log", "*.bak", "*.orig", "*.rej"),
    *("*.pem", "*.key", "*.p12", "*.pfx", "*.crt", "id_rsa*", "id_ed25519*", ".netrc", ".npmrc", ".pypirc"),
    *("*.difypkg", "*.zip", "*.tar", "*.gz", "*.whl", "*.sqlite", "*.db"),
)
"""Names of files and folders that never ship, wherever they lie."""

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

ASKED_ABOUT = {"eval", "exec", "open", "subprocess", "importlib"}
"""Calls and modules that the marketplace's reviewers want explained."""


def only_what_runs(plugin: Plugin) -> Iterator[str]:
    for path in plugin.contents.files:
        allowed = SHIPPED.get(path.split("/")[0])
        if not allowed or not any(fnmatchcase(path.split("/")[-1], name) for name in allowed):
            yield f"{path} does not run in Dify: leave it out with .difyignore."
    tops = {path.split("/")[0] for path in plugin.contents.files}
    for missing in sorted(SHIPPED.keys() - tops - {"readme"}):
        yield f"{missing} is not in the package."


def no_leftovers(plugin: Plugin) -> Iterator[str]:
    for path in plugin.contents.files:
        if any(fnmatchcase(part, name) for part in path.split("/") for name in LEFTOVERS):
            yield f"{path} must never ship: remove it from git, and leave it out with .difyignore."


def no_links(plugin: Plugin) -> Iterator[str]:
    for path in plugin.contents.files:
        if (plugin.contents.root / path).is_symlink():
            yield f"{path} is a symbolic link, whose target would ship: put the file there itself."


def declared_files_ship(plugin: Plugin) -> Iterator[str]:
    for path, declaration in plugin.declared.items():
        if declaration is None:
            hint = ": tell git of it, with git add" if path in plugin.contents.left_out else ""
            yield f"{path} is declared, but not in the package{hint}."
            continue
        source = declaration.get("extra", {}).get("python", {}).get("source")
        if source and source not in plugin.contents.files:
            yield f"{source} is named by {path}, but not in the package."


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


def python_compiles(plugin: Plugin) -> Iterator[str]:
    for path in plugin.modules:
        if problem := why_it_does_not_compile(plugin.contents.bytes_of(path)):
            yield f"{path} does not compile: {problem}."


def nothing_to_explain(plugin: Plugin) -> Iterator[str]:
    for path in plugin.modules:
        for number, name in _names_used(plugin.contents.bytes_of(path)):
            if name in ASKED_ABOUT:
                yield f"{path}, line {number}, uses `{name}`, which reviewers want explained: do without."


@functools.cache
def _names_used(source: bytes) -> tuple[tuple[int, str], ...]:
    """Functions called by their bare name, and modules imported, with their lines."""
    found = []
    for node in ast.walk(tree(source)):
        match node:
            case ast.Call(func=ast.Name(id=name)):
                found.append((node.lineno, name))
            case ast.Import(names=names):
                found += [(node.lineno, alias.name.split(".")[0]) for alias in names]
            case ast.ImportFrom(module=str(module)):
                found.append((node.lineno, module.split(".")[0]))
    return tuple(found)
