"""Rules on what the manifest and the other YAML files say."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from packaging.version import InvalidVersion, Version

from publishing import declaration_schemas as schemas
from publishing.declaration_schemas import Schema, problem_in, record, text
from publishing.plugin import MANIFEST, Plugin, listed

RESERVED = ("dify", "langgenius")
TEMPLATE_ICON = ("DIFY_MARKETPLACE_TEMPLATE_ICON_DO_NOT_USE", "M20 20 V80 M20 20 H60")
"""What is in the icons that Dify's CLI gives a new plugin."""


WITH_SOURCE = record({"extra": record({"python": record({"source": text()})})})


def declarations(plugin: Plugin) -> Iterator[str]:
    """The other rules take these as given."""
    asked: dict[str, list[Schema]] = {MANIFEST: [schemas.MANIFEST]}
    for path in listed(plugin.manifest.get("plugins"), "tools"):
        asked[path] = [schemas.TOOL_PROVIDER, WITH_SOURCE]
        asked |= {tool: [schemas.TOOL, WITH_SOURCE] for tool in listed(plugin.declared[path], "tools")}
    for path in listed(plugin.manifest.get("plugins"), "endpoints"):
        asked[path] = [schemas.ENDPOINT_GROUP]
        asked |= {each: [schemas.ENDPOINT, WITH_SOURCE] for each in listed(plugin.declared[path], "endpoints")}
    for path, declaration in {MANIFEST: plugin.manifest, **plugin.declared}.items():
        if declaration is not None and (problem := problem_in(declaration, {"allOf": asked[path]})):
            yield f"{path}: {problem}."


def identities(plugin: Plugin) -> Iterator[str]:
    author = plugin.manifest["author"]
    if any(name in author for name in RESERVED):
        yield f"{MANIFEST}: author may contain neither dify nor langgenius."
    for path, declaration in plugin.declared.items():
        if declaration and declaration.get("identity", {"author": author})["author"] != author:
            yield f"{path}: identity.author is not {author}, as in {MANIFEST}."
    if not re.fullmatch(r"https://[\w.-]+/\S+", plugin.manifest.get("repo", "https://not.yet/known")):
        yield f"{MANIFEST}: repo has to be an https address."


def created_in_the_past(plugin: Plugin) -> Iterator[str]:
    if datetime.fromisoformat(str(plugin.manifest["created_at"])) > datetime.now(UTC):
        yield f"{MANIFEST}: created_at lies in the future."


def runner(plugin: Plugin) -> Iterator[str]:
    meta = plugin.manifest["meta"]
    if f"{meta['runner']['entrypoint']}.py" not in plugin.contents.files:
        yield f"{MANIFEST}: the entrypoint {meta['runner']['entrypoint']}.py is not in the package."
    try:
        Version(str(meta.get("minimum_dify_version")))
    except InvalidVersion:
        yield f"{MANIFEST}: meta.minimum_dify_version has to be a version such as 1.15.0."


def icons(plugin: Plugin) -> Iterator[str]:
    shown = {MANIFEST: plugin.manifest}
    shown |= {path: (held or {}).get("identity", {}) for path, held in plugin.declared.items()}
    for path, identity in shown.items():
        for field in ("icon", "icon_dark"):
            if field in identity:
                yield from _icon(plugin, f"{path}: {field}", identity[field])


def _icon(plugin: Plugin, where: str, icon: str) -> Iterator[str]:
    if "/" in icon:
        yield f"{where} has to be a name in _assets/, not a path."
    elif f"_assets/{icon}" not in plugin.contents.files:
        yield f"{where}: _assets/{icon} is not in the package."
    else:
        content = plugin.contents.bytes_of(f"_assets/{icon}").decode(errors="replace")
        if not content.strip():
            yield f"{where}: _assets/{icon} is empty."
        if any(mark in content for mark in TEMPLATE_ICON):
            yield f"{where}: _assets/{icon} is the icon of Dify's template: draw one."
