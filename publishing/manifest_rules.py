"""Rules on what the manifest and the other YAML files say."""

import ast
import functools
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from packaging.version import InvalidVersion, Version

from publishing.plugin import Plugin
from publishing.python_source import tree

LANGUAGES = ("en_US", "zh_Hans", "ja_JP", "pt_BR")
TAGS = {
    *("search", "image", "videos", "weather", "finance", "design", "travel", "social", "news", "medical"),
    *("productivity", "education", "business", "entertainment", "utilities", "rag", "other"),
}
"""The tags that Dify and its SDK both know."""
FORMS = {
    "version": r"\d{1,4}(\.\d{1,4}){2}(-\w{1,16})?",
    "author": r"[a-z0-9_-]{1,64}",
    "name": r"[a-z0-9_-]{1,128}",
    "type": "plugin",
}
RESERVED = ("dify", "langgenius")
TEMPLATE_ICON = ("DIFY_MARKETPLACE_TEMPLATE_ICON_DO_NOT_USE", "M20 20 V80 M20 20 H60")
"""What is in the icons that Dify's CLI gives a new plugin."""

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


def metadata(plugin: Plugin) -> Iterator[str]:
    manifest = plugin.manifest
    for field in ("label", "description"):
        texts = _mapping(manifest, field)
        yield from (
            f"manifest.yaml: {field}.{language} is missing or too long: up to 1,023 characters."
            for language in LANGUAGES
            if not isinstance(texts.get(language), str) or not 0 < len(texts[language]) < 1024
        )
    meta = _mapping(manifest, "meta")
    if not re.fullmatch(FORMS["version"], str(meta.get("version"))):
        yield "manifest.yaml: meta.version has to be like 0.0.2."
    if not meta.get("arch") or not set(meta["arch"]) <= {"amd64", "arm64"}:
        yield "manifest.yaml: meta.arch has to list amd64, arm64 or both."
    runner = _mapping(meta, "runner")
    if runner.get("language") != "python" or not runner.get("version") or not runner.get("entrypoint"):
        yield "manifest.yaml: meta.runner needs language: python, a version and an entrypoint."
    elif f"{runner['entrypoint']}.py" not in plugin.contents.files:
        yield f"manifest.yaml: the entrypoint {runner['entrypoint']}.py is not in the package."
    try:
        Version(str(meta.get("minimum_dify_version")))
    except InvalidVersion:
        yield "manifest.yaml: meta.minimum_dify_version has to be a version such as 1.15.0."


def forms(plugin: Plugin) -> Iterator[str]:
    for field, pattern in FORMS.items():
        if not re.fullmatch(pattern, str(plugin.manifest.get(field))):
            yield f"manifest.yaml: {field} has to match {pattern}."
    author = str(plugin.manifest.get("author"))
    if any(name in author for name in RESERVED):
        yield "manifest.yaml: author may contain neither dify nor langgenius."
    for path, declaration in plugin.declared.items():
        identity = _mapping(declaration or {}, "identity")
        if identity and identity.get("author") != author:
            yield f"{path}: identity.author is not {author}, as in manifest.yaml."
    repo = plugin.manifest.get("repo")
    if repo is not None and not re.fullmatch(r"https://[\w.-]+/\S+", str(repo)):
        yield "manifest.yaml: repo has to be an https address."


def tags(plugin: Plugin) -> Iterator[str]:
    for path, declaration in {"manifest.yaml": plugin.manifest, **plugin.declared}.items():
        held_by = declaration if path == "manifest.yaml" else _mapping(declaration or {}, "identity")
        for tag in (held_by or {}).get("tags", []):
            if tag not in TAGS:
                yield f"{path}: the tag {tag} is not known to both Dify and its SDK."


def created_in_the_past(plugin: Plugin) -> Iterator[str]:
    created = plugin.manifest.get("created_at")
    if not isinstance(created, datetime) or created.tzinfo is None:
        yield "manifest.yaml: created_at has to be a time with its zone, such as 2026-01-31T00:00:00Z."
    elif created > datetime.now(UTC):
        yield "manifest.yaml: created_at lies in the future."


def icons(plugin: Plugin) -> Iterator[str]:
    for path, declaration in {"manifest.yaml": plugin.manifest, **plugin.declared}.items():
        identity = (declaration or {}) if path == "manifest.yaml" else _mapping(declaration or {}, "identity")
        if path == "manifest.yaml" and not identity.get("icon"):
            yield "manifest.yaml: icon is missing."
        for field in ("icon", "icon_dark"):
            if field in identity:
                yield from _icon(plugin, f"{path}: {field}", str(identity[field]))


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


def permissions_equal_use(plugin: Plugin) -> Iterator[str]:
    """What the packaged code calls of the session, and what the manifest asks for, are the same."""
    sources = map(plugin.contents.bytes_of, plugin.modules)
    used = {NEEDS[part] for source in sources for part in _session_parts(source) if part in NEEDS}
    if plugin.manifest.get("plugins", {}).get("endpoints"):
        used.add("endpoint")
    asked = set()
    for group, flags in _mapping(_mapping(plugin.manifest, "resource"), "permission").items():
        if flags.get("enabled") is True:
            single = [f"{group}.{flag}" for flag, on in flags.items() if on is True and flag != "enabled"]
            asked |= set(single) if group == "model" else {group}
    yield from (f"manifest.yaml asks for {name}, which nothing uses." for name in sorted(asked - used))
    yield from (f"manifest.yaml does not ask for {name}, which is used." for name in sorted(used - asked))


@functools.cache
def _session_parts(source: bytes) -> frozenset[str]:
    """`model.llm` for `self.session.model.llm.invoke(...)`, for each of the kind in a module."""
    chains = (ast.unparse(node) for node in ast.walk(tree(source)) if isinstance(node, ast.Attribute))
    return frozenset(found[1] for chain in chains if (found := CALLED.fullmatch(chain)))


def resources(plugin: Plugin) -> Iterator[str]:
    resource = _mapping(plugin.manifest, "resource")
    if not isinstance(resource.get("memory"), int) or resource["memory"] <= 0:
        yield "manifest.yaml: resource.memory has to be a number of bytes above zero."
    storage = _mapping(resource, "permission").get("storage")
    if storage is not None and not 1024 <= storage.get("size", 0) <= 1 << 30:
        yield "manifest.yaml: resource.permission.storage.size has to be from 1024 to 1073741824 bytes."


def _mapping(holder: dict[str, Any], key: str) -> dict[str, Any]:
    value = holder.get(key)
    return value if isinstance(value, dict) else {}
