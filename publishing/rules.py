"""What Dify's marketplace blocks a plugin for, named in one place, and what only the owner can fill in.

That the plugin starts with its runtime dependencies alone, over stdio and serverless, is what the tests of this folder
hold: it takes longer than a look at the files.
"""

from collections.abc import Callable, Iterator

from publishing import code_rules, file_rules, manifest_rules, text_rules
from publishing.plugin import Plugin

RULES: dict[str, Callable[[Plugin], Iterator[str]]] = {
    "declarations that Dify takes": manifest_rules.declarations,
    "author and repo have Dify's form": manifest_rules.identities,
    "created in the past": manifest_rules.created_in_the_past,
    "it starts, and in which Dify": manifest_rules.runner,
    "icons of its own": manifest_rules.icons,
    "the package holds what runs and nothing else": file_rules.only_what_runs,
    "no symbolic links": file_rules.no_links,
    "under 1 MB": file_rules.small,
    "nothing that looks like a secret": file_rules.no_secrets,
    "the Python compiles": code_rules.python_compiles,
    "nothing that reviewers want explained": code_rules.nothing_to_explain,
    "permissions equal use": code_rules.permissions_equal_use,
    "a README in English that links the source": text_rules.readme,
    "a privacy policy that names every tool and route": text_rules.privacy,
    "dependencies are bounded on both sides": text_rules.dependencies_are_bounded,
    "dify_plugin 0.9.0 or newer": text_rules.sdk_is_recent,
}
PLACEHOLDER_AUTHOR = "switchboard"


def broken(plugin: Plugin) -> dict[str, list[str]]:
    """Every way in which each rule is broken, a sentence each. Rules that are kept are not in it; where the
    declarations are none that Dify takes, the others are not asked."""
    first, *others = RULES
    found = {first: list(RULES[first](plugin))}
    if not found[first]:
        found = {name: list(RULES[name](plugin)) for name in others}
    return {name: problems for name, problems in found.items() if problems}


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
    return left
