"""The README's pictures of the console."""

import struct
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from examples.browser import missing
from examples.screenshots import take_pictures

if missing():
    pytest.skip(missing(), allow_module_level=True)


def test_the_pictures_are_of_their_sizes_and_small(browser: Chrome, console_of_the_repository: str, tmp_path: Path):
    take_pictures(browser, console_of_the_repository, tmp_path)

    pictures = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert {name: struct.unpack(">II", picture[16:24]) for name, picture in pictures.items()} == {
        "console-tool.png": (1280, 1200),
        "console-endpoint.png": (1280, 860),
        "console-narrow.png": (390, 844),
    }
    assert max(map(len, pictures.values())) < 150_000
    assert min(map(len, pictures.values())) > 10_000  # a page that is empty would be smaller
