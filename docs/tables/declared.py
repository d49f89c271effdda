"""What the plugin's YAML files declare, with what the tables say of it besides."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docs.tables import CannotMake
from docs.tables.code import Module, read_module, with_calls
from workspace.plugin.yaml_file import YamlFile

LANGUAGES = ("en_US", "zh_Hans", "ja_JP", "pt_BR")
MARK = "fails in Dify today"
"""In the English label of a tool that does."""


@dataclass(frozen=True)
class Tool:
    """`description` is the English one, the others are names in the order of the YAML file."""

    name: str
    description: str
    required: list[str]
    optional: list[str]
    outputs: list[str]
    fails: bool
    module: Module
    test: str
    """Its path."""


@dataclass(frozen=True)
class Routes:
    """Those that one file answers: each with its method and its path, such as ("GET", "/v1/models/<path:id>")."""

    routes: list[tuple[str, str]]
    module: Module
    calling: list[Module]
    """Where Dify is asked: the file, or others that it imports."""
    test: str


@dataclass(frozen=True)
class Setting:
    """Of the endpoints. Texts are in English; `options` have their labels by their values."""

    name: str
    label: str
    type: str
    required: bool
    help: str
    placeholder: str
    options: dict[str, str]


@dataclass(frozen=True)
class Plugin:
    tools: list[Tool]
    routes: list[Routes]
    settings: list[Setting]

    def fails(self, module: Module) -> bool:
        """Whether it makes a call that fails in Dify today, as the label of a tool that makes the same one says."""
        return any(tool.fails and set(tool.module.calls) & set(module.calls) for tool in self.tools)


def read(root: Path) -> Plugin:
    """Raises CannotMake or PluginFolderError, which are a sentence that names the file."""
    manifest = YamlFile(root, "manifest.yaml")
    declared = manifest.mapping("plugins")
    providers = [YamlFile(root, name) for name in manifest.names(declared, "tools")]
    groups = [YamlFile(root, name) for name in manifest.names(declared, "endpoints")]
    return Plugin(
        tools=[_tool(root, name) for provider in providers for name in provider.names(provider.content, "tools")],
        routes=[routes for group in groups for routes in _routes(root, group)],
        settings=[setting for group in groups for setting in _settings(group)],
    )


def _tool(root: Path, name: str) -> Tool:
    file = YamlFile(root, name)
    _check_languages(file)
    parameters = [content for _, content in file.items("parameters")]
    return Tool(
        name=file.text("identity.name"),
        description=file.text("description.human.en_US"),
        required=[str(each.get("name")) for each in parameters if each.get("required")],
        optional=[str(each.get("name")) for each in parameters if not each.get("required")],
        outputs=list(file.mapping("output_schema.properties")),
        fails=MARK in file.text("identity.label.en_US"),
        module=read_module(root, file.text("extra.python.source")),
        test=_test_of(root, file.text("extra.python.source")),
    )


def _routes(root: Path, group: YamlFile) -> Iterator[Routes]:
    answered: dict[str, list[tuple[str, str]]] = {}
    for name in group.names(group.content, "endpoints"):
        file = YamlFile(root, name)
        answered.setdefault(file.text("extra.python.source"), []).append((file.text("method"), file.text("path")))
    for source, routes in answered.items():
        module = read_module(root, source)
        if not module.summary:
            raise CannotMake(f"{source} does not say what the route does: begin its docstring with `POST /path`: what.")
        yield Routes(routes, module, with_calls(root, source), _test_of(root, source))


def _settings(group: YamlFile) -> Iterator[Setting]:
    _check_languages(group)
    for place, content in group.items("settings"):
        name = content.get("name", f"number {place + 1}")
        if not isinstance(content.get("name"), str) or not isinstance(content.get("type"), str):
            raise CannotMake(f"{group.name}: setting {name} lacks a name or a type.")
        yield Setting(
            name=name,
            label=_english(group, name, content, "label"),
            type=content["type"],
            required=bool(content.get("required")),
            help=_english(group, name, content, "help"),
            placeholder=_english(group, name, content, "placeholder") if "placeholder" in content else "",
            options={
                str(option.get("value")): _english(group, name, option, "label")
                for option in content.get("options") or []
            },
        )


def _english(group: YamlFile, setting: str, content: dict[str, Any], key: str) -> str:
    texts = content.get(key)
    if not isinstance(texts, dict) or "en_US" not in texts:
        raise CannotMake(f"{group.name}: setting {setting} lacks a {key} in {', '.join(LANGUAGES)}.")
    return str(texts["en_US"])


def _test_of(root: Path, source: str) -> str:
    path = Path(source)
    test = (Path("tests") / path.parent / f"test_{path.name}").as_posix()
    if not (root / test).is_file():
        raise CannotMake(f"{test} is missing: the tests of {source} belong there.")
    return test


def _check_languages(file: YamlFile) -> None:
    for where, texts in _texts(file.content, ()):
        for language in LANGUAGES:
            if not str(texts.get(language) or "").strip():
                raise CannotMake(f"{file.name} lacks {language} in {'.'.join(where)}: write it in all four languages.")


def _texts(node: Any, where: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """The place and the content of all that is written in languages."""
    if isinstance(node, dict):
        if set(LANGUAGES) & node.keys():
            yield where, node
        else:
            for key, value in node.items():
                yield from _texts(value, (*where, str(key)))
    elif isinstance(node, list):
        for place, value in enumerate(node):
            name = value.get("name", value.get("value", place)) if isinstance(value, dict) else place
            yield from _texts(value, (*where, str(name)))
