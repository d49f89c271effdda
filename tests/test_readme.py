"""What the README promises its readers, beyond the commands in it (see tests/docs, tests/test_demo.py)."""

import re

import yaml

from tests.documents import ROOT, code, outside_fences, rows, text_of
from tests.tool_cases import TOOLS

README = text_of("README.md")
USER_PART = ["What it does", "Install it", "Use the tools", "Use the HTTP API", "Known limits of Dify"]
"""Its sections for those who use the plugin in Dify; the translations are of these."""

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


def test_it_is_read_in_less_than_ten_minutes():
    """At 240 words a minute, tables and code with them."""
    assert len(re.sub(r"<!--.*?-->", "", README).split()) <= 2_400


def test_it_links_the_source_that_the_manifest_names():
    repo = yaml.safe_load((ROOT / "manifest.yaml").read_text()).get("repo")

    [source] = re.findall(r"Source: <(https://[^>]+)>", README)
    assert source == repo or (not repo and "/OWNER/" in source)


def test_it_has_no_chinese_characters_outside_fences():
    """Where the marketplace finds some, it takes the README for one in another language."""
    assert not HAN.findall(outside_fences(README))


def test_every_tool_has_its_row():
    assert {code(tool)[0] for tool, _ in rows("## Use the tools")} == set(TOOLS)


def test_what_fails_in_dify_today_is_marked_in_its_row_and_nothing_else_is():
    marked = {code(tool)[0] for tool, told in rows("## Use the tools") if "fails in Dify today" in told}

    assert marked == {"speech2text", "completion_app"}


def test_the_limits_it_names_are_among_all_of_them():
    """By the code that they name, since the words differ."""
    all_limits = set(code(text_of("docs/limits.md")))

    for what, seen in rows("## Known limits of Dify"):
        assert set(code(what + seen)) <= all_limits
