"""The README's picture of the console."""

import os
from pathlib import Path
from xml.etree import ElementTree

import pytest
from selenium.webdriver import Chrome

from docs.pictures import browser as browsers
from docs.pictures import console as pictures
from tests.served import Served

if reason := browsers.missing() or pictures.missing():
    pytest.skip(reason, allow_module_level=True)


def test_the_picture_is_of_the_page_and_nothing_in_it_is_fetched(
    browser: Chrome, served_repository: Served, tmp_path: Path
):
    pictures.take_picture(browser, served_repository.console, tmp_path / "console.svg")

    picture = ElementTree.parse(tmp_path / "console.svg").getroot()
    width, height = (float(picture.attrib[side].removesuffix("pt")) * 96 / 72 for side in ("width", "height"))
    assert (round(width), round(height)) == pictures.SIZE
    letters = [use for use in picture.iter() if use.tag.endswith("}use")]
    assert len(letters) > 1_000
    assert {value[:1] for use in letters for name, value in use.attrib.items() if name.endswith("href")} == {"#"}


def test_a_browser_that_does_not_start_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    with pytest.raises(browsers.NoBrowser, match=rf"^{program} does not start: [^\n]+[^.]$"), browsers.chromium():
        pass
