"""What holds for every document: its links, its pictures, its headings and the commands of make it names."""

import posixpath
import re

import pytest

from tests.documents import DOCUMENTS, ROOT, links, outside_fences, text_of

every_document = pytest.mark.parametrize("document", DOCUMENTS)
LINKS = [
    (document, link)
    for document in DOCUMENTS
    for link in dict.fromkeys(links(text_of(document)))
    if not link.startswith(("https://", "http://"))
]


def headings(document: str) -> list[tuple[int, str]]:
    """Their levels and texts."""
    found = re.findall(r"^(#+) (.+)$", outside_fences(text_of(document)), re.MULTILINE)
    return [(len(marks), text) for marks, text in found]


def anchor(heading: str) -> str:
    """As GitHub and Dify make it of a heading."""
    return re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-")


@pytest.mark.parametrize(("document", "link"), LINKS, ids=[f"{document}: {link}" for document, link in LINKS])
def test_a_link_leads_to_a_file_and_to_a_heading_in_it(document, link):
    path, _, wanted = link.partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(document), path)) if path else document

    assert (ROOT / target).exists()
    if wanted:
        assert wanted in {anchor(text) for _, text in headings(target)}


@every_document
def test_a_document_has_one_title_and_no_heading_twice(document):
    texts = [text for _, text in headings(document)]

    assert headings(document)[0][0] == 1
    assert [level for level, _ in headings(document)].count(1) == 1
    assert len(texts) == len(set(texts)) or document == "CHANGELOG.md"


@every_document
def test_every_picture_is_told_in_words(document):
    for told in re.findall(r"!\[([^\]]*)\]", outside_fences(text_of(document))):
        assert len(told) > 30


@every_document
def test_every_make_command_exists(document):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"(?:^    |`)make ([a-z-]+)\b", text_of(document), re.MULTILINE)) <= targets


def test_the_readme_leads_to_every_document():
    linked = {link.partition("#")[0] for link in links(text_of("README.md"))}

    assert linked >= set(DOCUMENTS) - {"README.md"}


def test_contributors_are_told_every_command_of_make():
    named = set(re.findall(r"(?:^    |`)make ([a-z-]+)\b", text_of("CONTRIBUTING.md"), re.MULTILINE))
    listed = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert listed - {"help"} <= named
