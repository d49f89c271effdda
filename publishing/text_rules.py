"""Rules on README.md, PRIVACY.md and the dependencies."""

import re
import tomllib
from collections.abc import Iterator
from itertools import chain

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import Version

from publishing.contents import CannotPackage
from publishing.plugin import Plugin

HAN = re.compile("[\u2e80-\u2fdf\u3005\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
TEMPLATE_PRIVACY = ("Please fill in the privacy policy", "Replace this template")
REQUIREMENTS = "requirements.txt"
PROJECT = "pyproject.toml"
SDK = re.compile(r"dify[-_]plugin\b")
OLDEST_SDK = Version("0.9.0")


def readme(plugin: Plugin) -> Iterator[str]:
    text = _text(plugin, "README.md")
    if not text.strip():
        yield "README.md is missing or empty."
        return
    in_folder = plugin.contents.in_folder("README.md").decode()
    outside = FENCED.sub(lambda fence: "\n" * fence[0].count("\n"), in_folder)
    for number, line in enumerate(outside.splitlines(), 1):
        if HAN.search(line):
            yield f"README.md, line {number}, has Chinese characters outside a ``` block: it has to be in English."
    repo = plugin.manifest.get("repo")
    if repo and not re.search(rf"{re.escape(str(repo))}(?![/\w-])", text):
        yield f"README.md does not link the source, {repo}."


def privacy(plugin: Plugin) -> Iterator[str]:
    named = plugin.manifest.get("privacy")
    if not named or named not in plugin.contents.files:
        yield "manifest.yaml: privacy has to name a file in the package, PRIVACY.md."
        return
    text = _text(plugin, str(named))
    if not text.strip() or any(mark in text for mark in TEMPLATE_PRIVACY):
        yield f"{named} is empty or the template's."
    tools = [path.removesuffix(".yaml").split("/")[-1] for path in plugin.declared if path.startswith("tools/")]
    routes = [re.sub(r"/?<[^>]*>", "", str((held or {}).get("path", ""))) for held in plugin.declared.values()]
    for each in dict.fromkeys(tools + routes):
        if each.strip("/") and f"`{each}`" not in text:
            yield f"{named} does not say where the data goes that {each} is given."


def dependencies_are_bounded(plugin: Plugin) -> Iterator[str]:
    """In requirements.txt, and in every group of pyproject.toml, which is looked at though it does not ship."""
    for where, line in [*_shipped(plugin), *_of_the_project(plugin)]:
        requirement = _requirement(line)
        if requirement is None:
            yield f"{where}: {line} is not a requirement."
            continue
        operators = {each.operator for each in requirement.specifier}
        if requirement.url or not ("==" in operators or ({">", ">="} & operators and {"<", "<="} & operators)):
            yield f"{where}: {line} has no bound on both sides."


def sdk_is_recent(plugin: Plugin) -> Iterator[str]:
    lines = [line for _, line in _shipped(plugin) if SDK.match(line)]
    if not lines:
        yield f"{REQUIREMENTS} does not name dify_plugin."
    for line in lines:
        requirement = _requirement(line)
        lowest = [each for each in requirement.specifier if each.operator in ("==", ">=")] if requirement else []
        if "~=" in line or len(lowest) != 1 or Version(lowest[0].version) < OLDEST_SDK:
            yield f"{REQUIREMENTS}: {line} has to say `>=` or `==` and a version from {OLDEST_SDK} on."


def _requirement(line: str) -> Requirement | None:
    try:
        return Requirement(line)
    except InvalidRequirement:
        return None


def _shipped(plugin: Plugin) -> list[tuple[str, str]]:
    lines = [line.split("#")[0].strip() for line in _text(plugin, REQUIREMENTS).splitlines()]
    return [(REQUIREMENTS, line) for line in lines if line]


def _of_the_project(plugin: Plugin) -> list[tuple[str, str]]:
    project = plugin.contents.root / PROJECT
    if not project.is_file():
        return []
    try:
        content = tomllib.loads(plugin.contents.text_of(PROJECT))
    except tomllib.TOMLDecodeError as error:
        raise CannotPackage(f"{PROJECT} is not TOML: {error}.") from None
    own = content.get("project", {})
    groups = chain(
        [own.get("dependencies", [])],
        own.get("optional-dependencies", {}).values(),
        content.get("dependency-groups", {}).values(),
    )
    return [(PROJECT, line) for line in chain.from_iterable(groups) if isinstance(line, str)]


def _text(plugin: Plugin, path: str) -> str:
    return plugin.contents.text_of(path) if path in plugin.contents.files else ""
