"""What the README promises its readers, beyond the commands in it (see tests/docs, tests/test_demo.py)."""

import re
import tomllib

import pytest
import yaml

from tests.documents import ROOT, code, outside_fences, rows, text_of
from tests.tool_cases import TOOLS

README = text_of("README.md")
USER_PART = ["What it does", "Install or update it", "Use the tools", "Use the HTTP API"]
"""Its sections for those who use the plugin in Dify; the translations are of these."""
PROGRAMS = tomllib.loads(text_of("endpoints/connect/wire/programs.toml"))["programs"]
"""Those of the page that says how to connect, each with the lines to copy."""

HAN = re.compile(
    r"[\u2e80-\u2fdf\u3005\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


def test_the_part_for_users_is_in_one_piece_and_comes_first():
    headings = re.findall(r"^## (.*)$", README, re.MULTILINE)

    assert headings[: len(USER_PART)] == USER_PART


def test_each_reader_finds_a_place_to_start_and_one_to_go_on():
    [head] = re.findall(r"^\| you \|.*?\n\n", README, re.MULTILINE | re.DOTALL)
    readers = [line.strip("|").split(" |") for line in head.splitlines()[2:] if line]

    assert len(readers) == 4
    for _, start, then in readers:
        assert "](#" in start
        assert "](" in then


def test_it_is_read_in_five_minutes():
    """At 240 words a minute, tables and code with them."""
    assert len(README.split()) <= 1_200


def test_it_has_one_picture():
    assert re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README) == ["docs/images/switchboard.svg"]


def test_it_links_the_source_that_the_manifest_names():
    repo = yaml.safe_load((ROOT / "manifest.yaml").read_text()).get("repo")

    [source] = re.findall(r"Source: <(https://[^>]+)>", README)
    assert source == repo or (not repo and "/OWNER/" in source)


def test_it_has_no_chinese_characters_outside_fences():
    """Where the marketplace finds some, it takes the README for one in another language."""
    assert not HAN.findall(outside_fences(README))


def test_every_tool_is_named_once():
    assert sorted(name for _, tools in rows("## Use the tools") for name in code(tools)) == sorted(TOOLS)


def test_what_fails_in_dify_today_is_marked_and_nothing_else_is():
    told = " ".join(tools for _, tools in rows("## Use the tools"))

    assert set(re.findall(r"`(\w+)` \(\*\*fails in Dify today\*\*\)", told)) == {"speech2text", "completion_app"}


@pytest.mark.parametrize(
    ("heading", "document"), [("## Use the HTTP API", "README.md"), ("# Connect a program", "docs/connect.md")]
)
def test_the_programs_are_those_of_the_page_that_says_how_to_connect(heading, document):
    """In the same order, curl apart; what is to be set in each is in its lines to copy there."""
    table = rows(heading, document)
    programs = [program for program in PROGRAMS if program["id"] != "curl"]

    for (name, told), program in zip(table, programs, strict=True):
        assert program["name"].split()[0].lower() in name.lower()
        there = (program["where"]["en_US"] + program["lines"]).replace('"', "")
        for setting in code(told):
            filled_in = re.sub(r"\b(BASE|KEY|MODEL)\b", lambda found: f"${found[0].lower()}", setting.replace('"', ""))
            assert setting in there or filled_in in there, f"{name}: {setting}"
