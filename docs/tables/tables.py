"""Which table stands in which document, and its rows."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from docs.tables import CannotMake
from docs.tables.code import Module, permission
from docs.tables.declared import LANGUAGES, MARK, Plugin, Routes, Setting, Tool, read
from docs.tables.markers import filled

SPEAKS = {
    "endpoints/openai/": "OpenAI",
    "endpoints/openai/rerank.py": "Cohere, Jina",
    "endpoints/anthropic/": "Anthropic",
    "endpoints/dify/": "Dify",
    "endpoints/mcp/": "MCP",
    "endpoints/connect/": "HTML",
    "endpoints/duck.py": "HTML",
    "endpoints/preflight.py": "CORS",
    "endpoints/not_found.py": "the API nearest",
}
"""The API of the routes below a folder, or of those that one file answers."""
OF_AN_APP = "/<app_id>"
ANY = "/<path:path>"
"""Matches every path but `/`, which stands beside it."""
FAILS = f" (**{MARK}**)"

KINDS_OF_TOOLS = ("model",), ("app",), ("workflow_node", "tool"), ("storage", "file")
"""By the first part of the first call of the session that a tool makes: `model` of `model.rerank`."""


class Words(NamedTuple):
    kinds: tuple[str, str, str, str]
    """Of tools, in their order above."""
    head: tuple[str, str]
    fails: str
    comma: str


WORDS = {
    "en_US": Words(("models", "apps", "nodes, other tools", "what is kept"), ("for", "tools"), FAILS, ", "),
    "zh_Hans": Words(
        ("模型", "应用", "节点与其他工具", "保存内容"), ("用于", "工具"), "（**目前在 Dify 中会失败**）", "、"
    ),
    "ja_JP": Words(
        ("モデル", "アプリ", "ノードと他のツール", "保存"),
        ("対象", "ツール"),
        "（**現在の Dify では失敗します**）",
        "、",
    ),
    "pt_BR": Words(
        ("modelos", "aplicativos", "nós e outras ferramentas", "o que é armazenado"),
        ("para", "ferramentas"),
        " (**hoje falha no Dify**)",
        ", ",
    ),
}
"""Of the README in each language."""

KINDS = {
    "secret-input": "secret",
    "model-selector": "model",
    "app-selector": "app",
    "text-input": "text",
    "array[tools]": "tools",
    "select": "choice",
    "boolean": "switch",
}
"""What a setting's type is called in the documents."""


def documents(root: Path) -> dict[str, tuple[str, str]]:
    """Each document with tables as it stands and as it should be. Raises CannotMake or PluginFolderError."""
    plugin = read(root)
    made = {}
    for document, tables in TABLES.items():
        try:
            text = (root / document).read_text(encoding="utf-8")
        except OSError as error:
            raise CannotMake(f"{document} cannot be read: {error.strerror}.") from None
        made[document] = (text, filled(document, text, {name: table(plugin) for name, table in tables.items()}))
    return made


def tools_by_kind(plugin: Plugin, language: str) -> str:
    words = WORDS[language]
    found: dict[str, list[str]] = {kind: [] for kind in words.kinds}
    for tool in plugin.tools:
        found[words.kinds[_kind(tool)]].append(f"`{tool.name}`{words.fails if tool.fails else ''}")
    return _table(words.head, ([kind, words.comma.join(tools)] for kind, tools in found.items()))


def what_tools_do(plugin: Plugin) -> str:
    return _table(("tool", "what it does"), ([f"`{tool.name}`", tool.description] for tool in plugin.tools))


def parameters_and_variables(plugin: Plugin) -> str:
    head = ("tool", "required", "optional", "variables")
    return _table(head, ([f"`{t.name}`", *map(_code, (t.required, t.optional, t.outputs))] for t in plugin.tools))


def calls_of_tools(plugin: Plugin) -> str:
    rows = []
    for tool in plugin.tools:
        module, mark = tool.module, FAILS if tool.fails else ""
        file = f"[`{tool.name}`](../{module.path}){mark}"
        rows.append([_code(module.calls), _permissions([module]), file, f"[test](../{tool.test})", module.to_mind])
    return _table(("session call", "permission", "tool", "test", "to mind"), rows)


def calls_of_routes(plugin: Plugin) -> str:
    rows = []
    for each in plugin.routes:
        others = [module for module in each.calling if module.path != each.module.path]
        files = [f"[endpoint](../{each.module.path})", *(f"[{Path(m.path).stem}](../{m.path})" for m in others)]
        calls = _code(dict.fromkeys(call for module in each.calling for call in module.calls))
        test = f"[test](../{each.test})"
        rows.append([_routes(plugin, each), calls, _permissions(each.calling), ", ".join(files), test])
    return _table(("route", "session call", "permission", "code", "test"), rows)


def what_routes_do(plugin: Plugin) -> str:
    rows = ([_routes(plugin, each), _speaks(each.module), each.module.summary] for each in plugin.routes)
    return _table(("route", "speaks", "what it does"), rows)


def settings(plugin: Plugin) -> str:
    return _table(("setting", "in the form", "what it is for"), map(_setting, plugin.settings))


def _setting(setting: Setting) -> list[str]:
    kind = KINDS.get(setting.type, setting.type) + ", required" * setting.required
    told = setting.help
    if setting.options:
        told += f" {' or '.join(f'`{value}` ({label})' for value, label in setting.options.items())}."
    if setting.placeholder:
        told += f" Such as `{setting.placeholder}`."
    return [f"`{setting.name}`", f"*{setting.label}*: {kind}", told]


def _routes(plugin: Plugin, each: Routes) -> str:
    """`POST [/<app_id>]/parameters` are two of them."""
    paths = [path for _, path in each.routes]
    if _catches_all(each):
        return "`OPTIONS` on any path" if {method for method, _ in each.routes} == {"OPTIONS"} else "anything else"
    names = []
    for method, path in each.routes:
        if OF_AN_APP + path in paths:
            names.append(f"`{method} [{OF_AN_APP}]{path}`")
        elif not (path.startswith(OF_AN_APP) and path.removeprefix(OF_AN_APP) in paths):
            names.append(f"`{method} {path}`")
    return ", ".join(names) + (FAILS if plugin.fails(each.module) else "")


def _catches_all(each: Routes) -> bool:
    return any(path == ANY for _, path in each.routes)


def _kind(tool: Tool) -> int:
    """Its place in KINDS_OF_TOOLS."""
    for call in tool.module.calls:
        for place, parts in enumerate(KINDS_OF_TOOLS):
            if call.partition(".")[0] in parts:
                return place
    raise CannotMake(f"docs/tables/tables.py does not say in KINDS_OF_TOOLS of which kind {tool.module.path} is.")


def _speaks(module: Module) -> str:
    known = [place for place in SPEAKS if module.path.startswith(place)]
    if not known:
        raise CannotMake(f"docs/tables/tables.py does not say in SPEAKS which API {module.path} speaks.")
    return SPEAKS[max(known, key=len)]


def _permissions(modules: Iterable[Module]) -> str:
    return _code(dict.fromkeys(name for module in modules for call in module.calls if (name := permission(call))))


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _table(head: tuple[str, ...], rows: Iterable[list[str]]) -> str:
    lines = ["|" + "---|" * len(head)]
    lines += [f"| {' | '.join(map(_cell, row))} |" for row in rows]
    return "\n".join([f"| {' | '.join(head)} |", *lines])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


TABLES: dict[str, dict[str, Callable[[Plugin], str]]] = {
    "README.md": {"tools": partial(tools_by_kind, language="en_US")},
    **{
        f"readme/README_{language}.md": {"tools": partial(tools_by_kind, language=language)}
        for language in LANGUAGES
        if language != "en_US"
    },
    "docs/tools.md": {"tools": what_tools_do, "parameters": parameters_and_variables},
    "docs/reverse-invocations.md": {"tools": calls_of_tools, "routes": calls_of_routes},
    "docs/http-api.md": {"routes": what_routes_do, "settings": settings},
}
"""By document and name."""
