"""The page that says how to connect, in a real browser: on a telephone, in the dark, and to those who cannot see it."""

import json
from urllib.parse import urlsplit

import pytest
from axe_selenium_python import Axe
from selenium.webdriver import Chrome

from docs.pictures.browser import missing, show_at
from tests.endpoints.api import KEY

if missing():
    pytest.skip(missing(), allow_module_level=True)

LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDER = "return document.documentElement.scrollWidth - innerWidth"


def with_key(api) -> str:
    address = urlsplit(api.url)
    return f"{address.scheme}://:{KEY}@{address.netloc}{address.path}/"


def complaints(browser: Chrome, **options) -> list[tuple[str, str]]:
    axe = Axe(browser)
    axe.inject()
    found = axe.run(options={**options, "resultTypes": ["violations"]})["violations"]
    return [(one["id"], node["html"]) for one in found for node in one["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_it_fits_and_axe_finds_nothing_to_complain_of(api, browser, width, scheme):
    show_at(browser, width, 800, scheme=scheme)
    for address in (f"{api.url}/", with_key(api)):
        browser.get(address)

        assert browser.find_element("css selector", "h1").text == "Connect a program to this Dify workspace"
        assert browser.execute_script(WIDER) == 0
        assert complaints(browser, runOnly=LEVELS) == []


def test_the_dark_is_dark(api, browser):
    colours = set()
    for scheme in ("light", "dark"):
        show_at(browser, 375, 800, scheme=scheme)
        browser.get(f"{api.url}/")
        colours.add(browser.find_element("css selector", "body").value_of_css_property("background-color"))

    assert len(colours) == 2


def test_it_asks_nothing_of_anyone_else(api, browser):
    browser.get_log("performance")
    browser.get(with_key(api))

    asked = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = [one["params"]["request"]["url"] for one in asked if one["method"] == "Network.requestWillBeSent"]
    pages = {urlsplit(url).path for url in urls if not url.startswith("data:")} - {"/favicon.ico"}
    assert pages == {urlsplit(api.url).path + "/"}
    assert [entry for entry in browser.get_log("browser") if "Content Security Policy" in entry["message"]] == []
