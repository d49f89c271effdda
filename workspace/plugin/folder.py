"""Reads what a plugin folder declares: manifest.yaml, its tool providers and their tools, its endpoints.

Only what the workspace needs is asked for; the rest of a manifest may be as it likes. Every problem is one sentence
that names the file.
"""

import difflib
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workspace.plugin.errors import PluginFolderError
from workspace.plugin.yaml_file import YamlFile


class Text(str):
    """A text in English, or in whatever language comes first; `translations` has it in each, by Dify's names:
    `{"en_US": "Text", "zh_Hans": "文本"}`. A text that is written without a language is English.
    """

    translations: dict[str, str]

    def __new__(cls, text: str = "", translations: dict[str, str] | None = None) -> "Text":
        self = super().__new__(cls, text)
        self.translations = translations or ({"en_US": text} if text else {})
        return self


@dataclass(frozen=True)
class Option:
    value: str
    label: Text


@dataclass(frozen=True)
class Parameter:
    """A tool's parameter, a provider's credential or a setting of the endpoints.

    `type` is Dify's name: "string", "file", "model-selector", ...
    """

    name: str
    type: str
    form: str
    required: bool
    default: Any
    options: tuple[Option, ...]
    minimum: float | None
    maximum: float | None
    scope: str
    multiple: bool
    label: Text
    description: Text
    placeholder: Text = Text()  # noqa: RUF009 - it is not changed
    llm_description: str = ""
    """For the model of an agent."""


@dataclass(frozen=True)
class Tool:
    provider: str
    name: str
    label: Text
    description: Text
    llm_description: str
    parameters: tuple[Parameter, ...]
    output_schema: dict[str, Any]


@dataclass(frozen=True)
class ToolProvider:
    name: str
    label: Text
    credentials: tuple[Parameter, ...]
    tools: tuple[Tool, ...]


@dataclass(frozen=True)
class Endpoint:
    """A route. `path` is as werkzeug's rules are: "/v1/models/<path:id>". What is hidden is not shown in Dify."""

    method: str
    path: str
    hidden: bool

    @property
    def route(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class EndpointGroup:
    settings: tuple[Parameter, ...]
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True)
class PluginFolder:
    """`manifest` is manifest.yaml as it stands. `group` is None for a plugin without endpoints. `own_python` says that
    `python` is of the folder's own `.venv`."""

    path: Path
    manifest: dict[str, Any] = field(repr=False)
    author: str
    name: str
    version: str
    entrypoint: str
    providers: tuple[ToolProvider, ...]
    group: EndpointGroup | None
    python: Path
    own_python: bool

    @property
    def permission(self) -> dict[str, Any]:
        """What the manifest asks for under resource.permission, `{}` if nothing."""
        resource = self.manifest.get("resource")
        permission = resource.get("permission") if isinstance(resource, dict) else None
        return permission if isinstance(permission, dict) else {}

    @property
    def label(self) -> Text:
        return _text(self.manifest.get("label")) or Text(self.name)

    @property
    def description(self) -> Text:
        return _text(self.manifest.get("description"))

    @property
    def tools(self) -> tuple[Tool, ...]:
        return tuple(tool for provider in self.providers for tool in provider.tools)

    def tool(self, name: str) -> Tool:
        """The tool of that name, or `provider/name` where two providers have one. Raises PluginFolderError."""
        found = [tool for tool in self.tools if name in (tool.name, f"{tool.provider}/{tool.name}")]
        if len(found) == 1:
            return found[0]
        if found:
            choice = " or ".join(f"{tool.provider}/{tool.name}" for tool in found)
            raise PluginFolderError(f"{self.name} has more than one tool {name!r}: write {choice}.")
        names = {tool.name.lower(): tool.name for tool in self.tools}
        if close := difflib.get_close_matches(name.lower(), names):
            known = f"did you mean {' or '.join(names[one] for one in close)}?"
        else:
            known = f"it has {', '.join(names.values()) or 'no tools'}."
        raise PluginFolderError(f"{self.name} has no tool {name!r}: {known}")

    def provider(self, name: str) -> ToolProvider:
        return next(provider for provider in self.providers if provider.name == name)


def read_plugin_folder(path: Path) -> PluginFolder:
    """Read a plugin folder. Raises PluginFolderError."""
    path = path.absolute()
    if not path.is_dir():
        raise PluginFolderError(f"{path} is no folder.")
    manifest = YamlFile(path, "manifest.yaml")
    plugins = manifest.mapping("plugins", required=False)
    own_python = path / ".venv" / "bin" / "python"
    folder = PluginFolder(
        path=path,
        manifest=manifest.content,
        author=manifest.text("author"),
        name=manifest.text("name"),
        version=manifest.text("version"),
        entrypoint=manifest.text("meta.runner.entrypoint"),
        providers=tuple(_read_provider(path, name) for name in manifest.names(plugins, "tools")),
        group=next((_read_group(path, name) for name in manifest.names(plugins, "endpoints")[-1:]), None),
        python=own_python if own_python.exists() else Path(sys.executable),
        own_python=own_python.exists(),
    )
    module = path / folder.entrypoint.replace(".", "/")
    if not module.with_suffix(".py").is_file() and not (module / "__main__.py").is_file():
        raise PluginFolderError(
            f"manifest.yaml names the entrypoint {folder.entrypoint!r}, but there is no {module}.py."
        )
    return folder


def _read_provider(root: Path, name: str) -> ToolProvider:
    file = YamlFile(root, name)
    provider = file.text("identity.name")
    declared = file.mapping("credentials_for_provider", required=False)
    credentials = [
        _parameter(file, {**content, "name": key}, where=f"credentials_for_provider.{key}")
        for key, content in declared.items()
        if isinstance(content, dict)
    ]
    return ToolProvider(
        name=provider,
        label=_text(file.get("identity.label")) or Text(provider),
        credentials=tuple(credentials),
        tools=tuple(_read_tool(root, tool, provider) for tool in file.names(file.content, "tools")),
    )


def _read_tool(root: Path, name: str, provider: str) -> Tool:
    file = YamlFile(root, name)
    tool = file.text("identity.name")
    schema = file.mapping("output_schema", required=False)
    llm_description = file.get("description.llm")
    return Tool(
        provider=provider,
        name=tool,
        label=_text(file.get("identity.label")) or Text(tool),
        description=_text(file.get("description.human")),
        llm_description=llm_description if isinstance(llm_description, str) else "",
        parameters=tuple(
            _parameter(file, content, where=f"parameters[{index}]") for index, content in file.items("parameters")
        ),
        output_schema=schema,
    )


def _read_group(root: Path, name: str) -> EndpointGroup:
    """Of several groups Dify declares the last."""
    file = YamlFile(root, name)
    settings = [_parameter(file, content, where=f"settings[{index}]") for index, content in file.items("settings")]
    return EndpointGroup(
        settings=tuple(settings),
        endpoints=tuple(_read_endpoint(root, endpoint) for endpoint in file.names(file.content, "endpoints")),
    )


def _read_endpoint(root: Path, name: str) -> Endpoint:
    file = YamlFile(root, name)
    return Endpoint(method=file.text("method"), path=file.text("path"), hidden=bool(file.get("hidden")))


def _parameter(file: YamlFile, content: dict[str, Any], *, where: str) -> Parameter:
    for key in ("name", "type"):
        if not isinstance(content.get(key), str):
            raise PluginFolderError(f"{file.name} lacks {where}.{key}, or it is no text.")
    options = content.get("options") or []
    return Parameter(
        name=content["name"],
        type=content["type"],
        form=str(content.get("form", "form")),
        required=bool(content.get("required")),
        default=content.get("default"),
        options=tuple(
            Option(str(option["value"]), _text(option.get("label")) or Text(str(option["value"])))
            for option in options
            if isinstance(option, dict) and "value" in option
        ),
        minimum=content.get("min"),
        maximum=content.get("max"),
        scope=str(content.get("scope") or ""),
        multiple=bool(content.get("multiple")),
        label=_text(content.get("label")) or Text(content["name"]),
        description=_text(content.get("human_description")) or _text(content.get("help")),
        placeholder=_text(content.get("placeholder")),
        llm_description=str(content.get("llm_description") or ""),
    )


def _text(texts: object) -> Text:
    """Of an i18n object, of which only what is text is taken."""
    if isinstance(texts, str):
        return Text(texts.strip())
    if not isinstance(texts, dict):
        return Text()
    translations = {str(language): text.strip() for language, text in texts.items() if isinstance(text, str)}
    translations = {language: text for language, text in translations.items() if text}
    return Text(translations.get("en_US") or next(iter(translations.values()), ""), translations)
