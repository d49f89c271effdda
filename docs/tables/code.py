"""What the plugin's Python says of itself: the calls of the SDK's session that it makes, and its docstrings."""

import ast
import functools
import re
from dataclasses import dataclass, replace
from pathlib import Path

from docs.tables import CannotMake
from publishing.code_rules import NEEDS, why_it_does_not_compile

_CALL = re.compile(r"(?:self\.)?session\.((?:model|app|workflow_node|tool|file)\.\w+|storage)")
_TO_MIND = "To mind: "
_NEED_NOTHING = ("file",)


@dataclass(frozen=True)
class Module:
    """`path` is from the root. `summary` is what its docstring says first, after a colon, `to_mind` its paragraph that
    begins so, "" without one. `calls` are such as "model.llm" or "app.chat", `imports` the paths of other modules."""

    path: str
    summary: str
    to_mind: str
    calls: tuple[str, ...]
    imports: tuple[str, ...]


@functools.cache
def read_module(root: Path, path: str) -> Module:
    """Raises CannotMake."""
    try:
        source = (root / path).read_bytes()
    except OSError as error:
        raise CannotMake(f"{path} cannot be read: {error.strerror}.") from None
    if problem := why_it_does_not_compile(source):
        raise CannotMake(f"{path} does not compile: {problem}.")
    module = _parse(path, source)
    return replace(module, imports=tuple(path for path in module.imports if (root / path).is_file()))


@functools.cache
def _parse(path: str, source: bytes) -> Module:
    """With whatever it imports, as if it were all of this project."""
    tree = ast.parse(source)
    first, *others = [" ".join(part.split()) for part in (ast.get_docstring(tree) or "").split("\n\n")]
    return Module(
        path=path,
        summary=first.partition(": ")[2].removesuffix("."),
        to_mind=next(
            (part.removeprefix(_TO_MIND).removesuffix(".") for part in others if part.startswith(_TO_MIND)), ""
        ),
        calls=_calls(tree),
        imports=tuple(dict.fromkeys(_imports(tree))),
    )


def with_calls(root: Path, path: str) -> list[Module]:
    """Those that call the session: a module, and what it imports, and so on."""
    reached = {path: read_module(root, path)}
    left = [path]
    while left:
        for imported in reached[left.pop(0)].imports:
            if imported not in reached:
                reached[imported] = read_module(root, imported)
                left.append(imported)
    return [module for module in reached.values() if module.calls]


def permission(call: str) -> str:
    """What the manifest has to ask for, such as "model.llm"; "" if nothing."""
    group = call.partition(".")[0]
    if group in _NEED_NOTHING:
        return ""
    needed = NEEDS.get(call) or NEEDS.get(group)
    if not needed:
        raise CannotMake(f"publishing/code_rules.py does not say which permission `{call}` needs.")
    return needed


def _calls(tree: ast.Module) -> tuple[str, ...]:
    found = [
        (node.lineno, node.col_offset, match[1])
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and (match := _CALL.fullmatch(_dotted(node)))
    ]
    return tuple(dict.fromkeys(call for *_, call in sorted(found)))


def _dotted(node: ast.expr) -> str:
    """`self.session.model.llm` for what is written so, "" for what is no chain of names."""
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return before and f"{before}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _imports(tree: ast.Module) -> list[str]:
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    return [name.replace(".", "/") + ".py" for name in names]
