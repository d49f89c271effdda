"""The READMEs that ship: what Dify cannot show is not in them, and nobody inside Dify reads of the repository."""

import re
import unicodedata
from pathlib import Path

import pytest

from publishing import plugin
from publishing.contents import CannotPackage
from publishing.shipped_readme import README, shipped

ROOT = Path(__file__).parent.parent.parent
SOURCE = "https://example.com/someone/switchboard"
AT_SOURCE = f"{SOURCE}/blob/HEAD"
READMES = ["README.md", *(f"readme/{path.name}" for path in sorted((ROOT / "readme").iterdir()))]

every_readme = pytest.mark.parametrize("path", READMES)


def made(text, *, path="README.md", source=""):
    return shipped(text, path, source).removesuffix("\n")


@pytest.mark.parametrize(
    ("written", "alone", "with_source"),
    [
        ("See [limits](docs/limits.md).", "See limits.", f"See [limits]({AT_SOURCE}/docs/limits.md)."),
        ("[a place](docs/a.md#b)", "a place", f"[a place]({AT_SOURCE}/docs/a.md#b)"),
        ("[a\nlong name](docs/a.md)", "a long name", f"[a long name]({AT_SOURCE}/docs/a.md)"),
        ("[`make x`](Makefile 'all of it')", "`make x`", f"[`make x`]({AT_SOURCE}/Makefile)"),
        ("[Install it](#install-it)", "Install it", "Install it"),
        ("| h | i |\n|---|---|\n| [a](b.md) | [c](#d) |", "- a: c", f"- [a]({AT_SOURCE}/b.md): c"),
        ("- [a](b.md)\n  [c](#d)", "- a c", f"- [a]({AT_SOURCE}/b.md) c"),
        ("# [Title](b.md)", "# Title", f"# [Title]({AT_SOURCE}/b.md)"),
    ],
)
def test_a_link_leads_to_the_source_or_is_plain_words(written, alone, with_source):
    assert made(written) == alone
    assert made(written, source=f"{SOURCE}/") == with_source


def test_a_link_is_read_from_where_the_readme_is():
    text = "[制限](../docs/limits.md)、[英語](../README.md#use-it)、[中文](README_zh_Hans.md)"

    assert made(text, path="readme/README_ja_JP.md", source=SOURCE) == (
        f"[制限]({AT_SOURCE}/docs/limits.md)、[英語]({AT_SOURCE}/README.md#use-it)、"
        f"[中文]({AT_SOURCE}/readme/README_zh_Hans.md)"
    )


@pytest.mark.parametrize(
    "text",
    ["[Dify](https://dify.ai/a_(b))", "<https://example.com>", "[mail](mailto:a@example.com)", "a [note] (here)"],
)
def test_what_leads_somewhere_from_anywhere_stays(text):
    assert made(text, source=SOURCE) == text


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("One.\n\n![A long\ntext with `code`](docs/a.svg)\n\nTwo.", "One.\n\nTwo."),
        ("One ![a](https://example.com/a.png).", "One ."),
        ("[![badge](a.svg)](https://example.com)\n\nTwo.", "Two."),
        ('<picture><source srcset="a"><img src="b.svg" alt="b"></picture>\n\nTwo.', "Two."),
    ],
)
def test_no_picture_stays(text, rest):
    assert made(text, source=SOURCE) == rest


@pytest.mark.parametrize(
    "text",
    [
        "```python\ncall(a)[0](b)\n![x](y.png)\n\n\n[a]: b\n```",
        "~~~\n[a](b)\n```\n[c](d)\n~~~",
        "Write `[alias =] [type:](model)` there.",
        "- `![a](b)`: ``a ` [b](c)``",
        "```\n| a | b |\n|---|---|\n| c | d |\n```",
        "    one line of code\n    and another",
    ],
)
def test_code_is_left_as_it_is(text):
    assert made(f"Before.\n\n{text}\n\nAfter.") == f"Before.\n\n{text}\n\nAfter."


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("One\ntwo\n  three.\n\nFour.", "One two three.\n\nFour."),
        ("- one\n  two\n- three\n    four\n1. five\n   six", "- one two\n- three four\n1. five six"),
        ("# A\nOne\ntwo\n## B", "# A\nOne two\n## B"),
        ("One:\n- two", "One:\n- two"),
        ("One\n<https://example.com> two", "One <https://example.com> two"),
        ("one\n```\ntwo\nthree\n```\nfour\nfive", "one\n```\ntwo\nthree\n```\nfour five"),
        ("One  \ntwo\\\nthree\nfour", "One  \ntwo\\\nthree four"),
        ("ツールと\nアプリ と\nDify", "ツールとアプリ と Dify"),
        ("One\r\ntwo", "One two"),
    ],
)
def test_a_paragraph_and_an_item_are_one_line(written, shown):
    assert made(written) == shown


@pytest.mark.parametrize(
    ("table", "items"),
    [
        ("| tool | what |\n|---|---|\n| `a` | One. |\n| `b` | Two. |", "- `a`: One.\n- `b`: Two."),
        ("| a | b | c |\n| :-- | --: | - |\n| 1 | `x\\|y` | |\n| 2 | z | w |", "- 1: `x|y`\n- 2: z; w"),
        ("Before:\n| 道具 | 作用 |\n|---|---|\n| `a` | 一。 |\nAfter", "Before:\n- `a`：一。\nAfter"),
        ("| no | table |\n| at | all |", "| no | table |\n| at | all |"),
    ],
)
def test_a_table_is_a_list(table, items):
    assert made(table) == items


def test_what_stands_between_the_comments_is_for_the_repository():
    text = """# A
<!-- repository -->
[Build](#b)
<!-- /repository -->
One.<!-- a note -->

<!-- repository -->

## Build

<!-- /repository -->
"""

    assert made(text) == "# A\nOne."


@pytest.mark.parametrize(
    "text",
    [
        "<!-- repository -->\nOne.",
        "One.\n<!-- /repository -->\n",
        "<!-- repository -->\n<!-- repository -->\n<!-- /repository -->\n",
    ],
)
def test_a_comment_without_the_other_is_refused(text):
    with pytest.raises(CannotPackage, match=r"readme/README_a\.md: each <!-- repository --> needs"):
        shipped(text, "readme/README_a.md", "")


@pytest.mark.parametrize(
    "text", ["[a][b] is", "[a]: b.md", "One [see [1]](docs/a.md)", '<a href="docs/a.md">a</a>', "<a href='#b'>b</a>"]
)
def test_links_in_other_forms_are_refused(text):
    with pytest.raises(CannotPackage, match=r"README\.md: .* does not work in Dify: write the link as \[words\]"):
        made(text)


@pytest.fixture(scope="module")
def of_the_project(child_process):
    read = plugin.read(ROOT)
    return {path: read.contents.text_of(path) for path in read.contents.made}


def test_every_readme_is_made(of_the_project):
    assert sorted(of_the_project) == READMES
    assert all(README.fullmatch(path) for path in READMES)


@every_readme
def test_the_projects_own_have_nothing_that_dify_cannot_show(of_the_project, path):
    text = re.sub(r"^```.*?^```$|`[^`\n]*`", "", of_the_project[path], flags=re.MULTILINE | re.DOTALL)

    assert len(text) > 1000
    assert not re.findall(r"!\[|<img|<picture|<!--|^\|", text, re.MULTILINE)
    assert not [target for target in re.findall(r"\]\(([^)]*)\)", text) if not target.startswith("https://")]
    assert not re.findall(r"^[^#\s<>`-].*\n[^#\s<>`\d-].*", text, re.MULTILINE), "a paragraph in two lines"


@pytest.mark.parametrize("path", ["README.md", "readme/README_pt_BR.md"])
def test_one_in_words_is_read_in_three_minutes(of_the_project, path):
    assert 500 <= len(of_the_project[path].split()) <= 700


@pytest.mark.parametrize("path", ["readme/README_zh_Hans.md", "readme/README_ja_JP.md"])
def test_one_without_words_takes_as_much_of_the_screen(of_the_project, path):
    """As 500 to 700 words of the English one; Chinese and Japanese characters are twice as wide as Latin ones."""
    english = of_the_project["README.md"]
    a_word = len(english) / len(english.split())

    assert 500 <= columns(of_the_project[path]) / a_word <= 700


def columns(text):
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


@every_readme
def test_the_projects_own_say_nothing_of_how_it_is_made(of_the_project, path):
    assert not re.findall(r"`make (?!serve)|pytest|uv\b", of_the_project[path])
