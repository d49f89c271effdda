"""What the files of the console's page keep to, without a browser."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent.parent.parent / "workspace" / "console" / "page"
SCRIPTS = sorted(PAGE.glob("*.js"))
TEXT = re.compile(r"^  (\w+): \[(.*?)\],$", re.MULTILINE | re.DOTALL)
INDEX = (PAGE / "index.html").read_text()


def test_every_script_is_loaded_at_once():
    preloaded = re.findall(r'rel="modulepreload" href="/console/(\w+\.js)"', INDEX)

    assert sorted([*preloaded, "main.js"]) == [path.name for path in SCRIPTS]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_markup_of_data(path: Path):
    source = path.read_text()

    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function", source
    )
    assert "http:" not in source
    assert "https:" not in source


def test_nothing_in_the_page_stands_inline():
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", INDEX) == []


def texts() -> dict[str, list[str]]:
    source = (PAGE / "texts.js").read_text()
    return {name: re.findall(r"""(?:"([^"]*)"|'([^']*)')""", said) for name, said in TEXT.findall(source)}


def test_every_text_is_there_in_four_languages():
    assert len(texts()) > 100
    assert {name: len(said) for name, said in texts().items() if len(said) != 4} == {}


def test_every_text_is_used_and_every_used_one_is_there():
    sources = "".join(path.read_text() for path in SCRIPTS if path.name != "texts.js")
    keys = set(re.findall(r'"([a-z_]+)"', sources)) | {"state_running", "state_done", "state_failed"}
    told = set(re.findall(r'\b(?:text|tell)\("([a-z_]+)"', sources))

    assert told <= set(texts())
    assert set(texts()) <= keys
