"""What Dify's marketplace blocks a plugin for, named in one place, and what only the owner can fill in.

That the plugin starts with its runtime dependencies alone, over stdio and serverless, is what the tests of this folder
hold: it takes longer than a look at the files.
"""

from collections.abc import Callable, Iterator

from publishing import file_rules, manifest_rules, text_rules
from publishing.plugin import Plugin

RULES: dict[str, Callable[[Plugin], Iterator[str]]] = {
    "the package holds what runs and nothing else": file_rules.only_what_runs,
    "no environments, caches, editor files, keys or logs": file_rules.no_leftovers,
    "no symbolic links": file_rules.no_links,
    "what the YAML names is in the package": file_rules.declared_files_ship,
    "under 1 MB": file_rules.small,
    "nothing that looks like a secret": file_rules.no_secrets,
    "the Python compiles": file_rules.python_compiles,
    "nothing that reviewers want explained": file_rules.nothing_to_explain,
    "labels, descriptions and meta are complete": manifest_rules.metadata,
    "version, author and name have Dify's form": manifest_rules.forms,
    "tags that Dify and its SDK know": manifest_rules.tags,
    "created in the past": manifest_rules.created_in_the_past,
    "icons of its own": manifest_rules.icons,
    "permissions equal use": manifest_rules.permissions_equal_use,
    "memory and storage are in Dify's range": manifest_rules.resources,
    "a README in English that links the source": text_rules.readme,
    "a privacy policy that names every tool and route": text_rules.privacy,
    "dependencies are bounded on both sides": text_rules.dependencies_are_bounded,
    "dify_plugin 0.9.0 or newer": text_rules.sdk_is_recent,
}
PLACEHOLDER_AUTHOR = "switchboard"


def problems(plugin: Plugin) -> list[str]:
    """Every way in which a rule is broken, a sentence each; empty if all hold."""
    return [problem for check in RULES.values() for problem in check(plugin)]


def left_to_the_owner(plugin: Plugin) -> list[str]:
    """What the marketplace asks for and nobody else can know."""
    left = []
    if plugin.manifest.get("author") == PLACEHOLDER_AUTHOR:
        left.append(
            f"author: your name on GitHub, in small letters, for {PLACEHOLDER_AUTHOR} in manifest.yaml, provider/, "
            "tools/ and the provider ids in examples/"
        )
    if not plugin.manifest.get("repo"):
        left.append("repo: the address of the public source, in manifest.yaml and in README.md")
    if not plugin.manifest.get("contact"):
        left.append("contact: an e-mail address that is read, in manifest.yaml")
    if pictures := text_rules.pictures_that_do_not_ship(plugin):
        left.append(f"pictures in README.md: full addresses for {', '.join(pictures)}, which do not ship")
    return left
