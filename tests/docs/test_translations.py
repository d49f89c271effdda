"""The translations of the README's part for users say the same, with the same code and the same links."""

import posixpath
import re

import pytest

from tests.documents import DOCUMENTS, links, outside_fences, text_of
from tests.test_languages import TEXTS
from tests.test_readme import README, USER_PART

TRANSLATIONS = [document for document in DOCUMENTS if document.startswith("readme/")]
ENGLISH = README[README.index(f"## {USER_PART[0]}\n") : README.index("## Try it, without Dify\n")]

LABELS = {text["en_US"]: text for where, text in TEXTS if where.endswith(".label")}
FIELDS = re.findall(r"(?<!\*)\*([A-Z][^*\n]+)\*(?!\*)", outside_fences(ENGLISH))
"""The fields of Dify's forms that the README names: they stand in italics."""

every_translation = pytest.mark.parametrize("document", TRANSLATIONS)


def sections(text: str) -> list[str]:
    return re.split(r"^## .*\n", text, flags=re.MULTILINE)[1:]


def shape(section: str) -> list[str]:
    """How each line begins that is a row of a table, an item, a picture or a fence; in which order they come."""
    return re.findall(r"^(?:\| |- |\d\. |!\[|```\w*)", section, re.MULTILINE)


def files_linked(document: str, text: str) -> set[str]:
    """From the root, without the README itself and places in it, whose headings are translated."""
    paths = {link.partition("#")[0] for link in links(text) if not link.startswith("http")} - {""}
    return {posixpath.normpath(posixpath.join(posixpath.dirname(document), path)) for path in paths} - {"README.md"}


@every_translation
def test_a_translation_has_the_same_sections_with_the_same_tables_lists_and_pictures(document):
    translated = sections(text_of(document))

    assert [shape(section) for section in translated] == [shape(section) for section in sections(ENGLISH)]


@every_translation
def test_a_translation_has_the_same_commands_and_outputs(document):
    def fenced(text: str) -> list[str]:
        return re.findall(r"^```.*?^```$", text, re.MULTILINE | re.DOTALL)

    assert fenced(text_of(document)) == fenced(ENGLISH)


@every_translation
def test_a_translation_names_the_same_code_in_each_section(document):
    def named(section: str) -> list[str]:
        return sorted(re.findall(r"`([^`\n]+)`", outside_fences(section)))

    translated = sections(text_of(document))

    assert [named(section) for section in translated] == [named(section) for section in sections(ENGLISH)]


@every_translation
def test_a_translation_leads_to_the_same_files(document):
    assert files_linked(document, text_of(document)) >= files_linked("README.md", ENGLISH)


def test_the_fields_it_names_are_in_the_forms():
    assert FIELDS
    assert set(FIELDS) <= set(LABELS)


@every_translation
def test_a_translation_names_the_fields_as_dify_shows_them_in_its_language(document):
    language = document.removeprefix("readme/README_").removesuffix(".md")
    named = re.findall(r"[*「]([^*「」\n]+)[*」]", outside_fences(text_of(document)))

    assert {LABELS[field][language] for field in FIELDS} <= set(named)
