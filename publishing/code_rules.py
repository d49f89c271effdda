"""Rules on the Python of the package. A module is parsed once, whoever asks."""

import ast
import functools
import re
from collections import defaultdict
from collections.abc import Iterator

from publishing.plugin import Plugin

ASKED_ABOUT = {"eval", "exec", "open", "subprocess", "importlib"}
"""Calls and modules that the marketplace's reviewers want explained."""

NEEDS = {
    "model.llm": "model.llm",
    "model.llm_structured_output": "model.llm",
    "model.summary": "model.llm",
    "model.text_embedding": "model.text_embedding",
    "model.rerank": "model.rerank",
    "model.tts": "model.tts",
    "model.speech2text": "model.speech2text",
    "model.moderation": "model.moderation",
    "app": "app",
    "workflow_node": "node",
    "tool": "tool",
    "storage": "storage",
}
"""The permission that each part of the SDK's session needs. `session.file` needs none."""
CALLED = re.compile(r"(?:self\.)?session\.(model\.\w+|app|workflow_node|tool|storage)")


def python_compiles(plugin: Plugin) -> Iterator[str]:
    for path in plugin.modules:
        if problem := why_it_does_not_compile(plugin.contents.bytes_of(path)):
            yield f"{path} does not compile: {problem}."


def nothing_to_explain(plugin: Plugin) -> Iterator[str]:
    for path in plugin.modules:
        for number, name in _names_used(plugin.contents.bytes_of(path)):
            if name in ASKED_ABOUT:
                yield f"{path}, line {number}, uses `{name}`, which reviewers want explained: do without."


def permissions_equal_use(plugin: Plugin) -> Iterator[str]:
    """What the packaged code calls of the session, and what the manifest asks for, are the same."""
    sources = map(plugin.contents.bytes_of, plugin.modules)
    used = {NEEDS[part] for source in sources for part in _session_parts(source) if part in NEEDS}
    if plugin.manifest["plugins"].get("endpoints"):
        used.add("endpoint")
    asked = set()
    for group, flags in plugin.manifest["resource"].get("permission", {}).items():
        if flags.get("enabled") is True:
            single = [f"{group}.{flag}" for flag, on in flags.items() if on is True and flag != "enabled"]
            asked |= set(single) if group == "model" else {group}
    yield from (f"manifest.yaml asks for {name}, which nothing uses." for name in sorted(asked - used))
    yield from (f"manifest.yaml does not ask for {name}, which is used." for name in sorted(used - asked))


def imported_modules(plugin: Plugin) -> Iterator[str]:
    """The files that other modules of the package import, or import from below."""
    imported = {name for path in plugin.modules for name in _imports(plugin.contents.bytes_of(path))}
    with_packages = {name.rsplit(".", dots)[0] for name in imported for dots in range(name.count(".") + 1)}
    for path in plugin.modules:
        if path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") in with_packages:
            yield path


def data_of_modules(plugin: Plugin) -> Iterator[str]:
    """The files that a module of the same folder names in its code, in order to read them."""
    beside: dict[str, list[str]] = defaultdict(list)
    for path in plugin.contents.files:
        beside[path.rpartition("/")[0]].append(path)
    for path in plugin.modules:
        names = _texts(plugin.contents.bytes_of(path))
        yield from (each for each in beside[path.rpartition("/")[0]] if each.rpartition("/")[2] in names)


@functools.cache
def why_it_does_not_compile(source: bytes) -> str:
    """ "" if it compiles."""
    try:
        compile(source, "module", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        return str(error)
    return ""


@functools.cache
def _tree(source: bytes) -> ast.Module:
    """That of an empty module where it does not compile, which is a rule of its own."""
    return ast.Module([], []) if why_it_does_not_compile(source) else ast.parse(source)


@functools.cache
def _texts(source: bytes) -> frozenset[str]:
    nodes = ast.walk(_tree(source))
    return frozenset(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


@functools.cache
def _imports(source: bytes) -> frozenset[str]:
    """The full names of what a module imports, and of the modules it imports from."""
    found: set[str] = set()
    for node in ast.walk(_tree(source)):
        match node:
            case ast.Import(names=names):
                found |= {alias.name for alias in names}
            case ast.ImportFrom(module=str(module), names=names):
                found |= {module, *(f"{module}.{alias.name}" for alias in names)}
    return frozenset(found)


@functools.cache
def _names_used(source: bytes) -> tuple[tuple[int, str], ...]:
    """Functions called by their bare name, and modules imported, with their lines."""
    found = []
    for node in ast.walk(_tree(source)):
        match node:
            case ast.Call(func=ast.Name(id=name)):
                found.append((node.lineno, name))
            case ast.Import(names=names):
                found += [(node.lineno, alias.name.split(".")[0]) for alias in names]
            case ast.ImportFrom(module=str(module)):
                found.append((node.lineno, module.split(".")[0]))
    return tuple(found)


@functools.cache
def _session_parts(source: bytes) -> frozenset[str]:
    """`model.llm` for `self.session.model.llm.invoke(...)`, for each of the kind in a module."""
    chains = (ast.unparse(node) for node in ast.walk(_tree(source)) if isinstance(node, ast.Attribute))
    return frozenset(found[1] for chain in chains if (found := CALLED.fullmatch(chain)))
