"""Which table stands in which document, and its rows."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from docs.tables import CannotMake
from docs.tables.code import Module, permission
from docs.tables.declared import LANGUAGES, MARK, Plugin, Routes, Setting, read
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
"""The API of the routes below a folder, or of those that one file answers, in the order of the README."""
OF_AN_APP = "/<app_id>"
ANY = "/<path:path>"
"""Matches every path but `/`, which stands beside it."""


class Words(NamedTuple):
    tool: str
    does: str
    api: str
    there_is: str
    fails: str
    comma: str


WORDS = {
    "en_US": Words("tool", "what it does", "API", "what there is", f" (**{MARK}**)", ", "),
    "zh_Hans": Words("工具", "作用", "API", "可用接口", "（**目前在 Dify 中会失败**）", "、"),
    "ja_JP": Words("ツール", "機能", "API", "使えるもの", "（**現在の Dify では失敗します**）", "、"),
    "pt_BR": Words("ferramenta", "o que faz", "API", "o que há", " (**hoje falha no Dify**)", ", "),
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


def tools_in_words(plugin: Plugin, language: str) -> str:
    words = WORDS[language]
    return _table((words.tool, words.does), ([f"`{tool.name}`", tool.description[language]] for tool in plugin.tools))


def paths_by_api(plugin: Plugin, language: str) -> str:
    """Those of an app stand without it, and those of one model not at all."""
    words = WORDS[language]
    paths: dict[str, list[str]] = {api: [] for api in SPEAKS.values()}
    for each in plugin.routes:
        own = [] if _catches_all(each) else each.routes
        short = dict.fromkeys(path.removeprefix(OF_AN_APP) for _, path in own)
        shown = [path for path in short if not any(path.startswith(f"{other}/<") for other in short)]
        mark = words.fails if plugin.fails(each.module) else ""
        paths[_speaks(each.module)] += [f"`{path}`{mark}" for path in shown]
    rows = [[api.replace(", ", words.comma), words.comma.join(shown)] for api, shown in paths.items() if shown]
    return _table((words.api, words.there_is), rows)


def parameters_and_variables(plugin: Plugin) -> str:
    head = ("tool", "required", "optional", "variables")
    return _table(head, ([f"`{t.name}`", *map(_code, (t.required, t.optional, t.outputs))] for t in plugin.tools))


def calls_of_tools(plugin: Plugin) -> str:
    rows = []
    for tool in plugin.tools:
        module, mark = tool.module, WORDS["en_US"].fails if tool.fails else ""
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
    return ", ".join(names) + (WORDS["en_US"].fails if plugin.fails(each.module) else "")


def _catches_all(each: Routes) -> bool:
    return any(path == ANY for _, path in each.routes)


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


def _of_a_readme(language: str) -> dict[str, Callable[[Plugin], str]]:
    return {"tools": partial(tools_in_words, language=language), "routes": partial(paths_by_api, language=language)}


TABLES: dict[str, dict[str, Callable[[Plugin], str]]] = {
    "README.md": _of_a_readme("en_US"),
    **{f"readme/README_{language}.md": _of_a_readme(language) for language in LANGUAGES if language != "en_US"},
    "docs/tools.md": {"tools": parameters_and_variables},
    "docs/reverse-invocations.md": {"tools": calls_of_tools, "routes": calls_of_routes},
    "docs/http-api.md": {"routes": what_routes_do, "settings": settings},
}
"""By document and name."""
