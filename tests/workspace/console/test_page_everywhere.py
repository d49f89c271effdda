"""The console's page in a real browser: what holds for all of it."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_selenium_python import Axe
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from docs.pictures.browser import missing, show_at
from tests.served import serving
from tests.workspace.console.console_page import ConsolePage
from tests.workspace.plugin.plugins.bare import MANIFEST, write_main

if missing():
    pytest.skip(missing(), allow_module_level=True)

WIDER = "return document.documentElement.scrollWidth - innerWidth"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def test_the_page_asks_nothing_of_anyone_else(page: ConsolePage):
    page.open("endpoint/POST /v1/moderations")
    assert page.run() == "done"
    page.open("tool/tts")
    page.fill("text", "Good morning.")
    assert page.run() == "done"

    asked = [json.loads(entry["message"])["message"] for entry in page.browser.get_log("performance")]
    urls = [one["params"]["request"]["url"] for one in asked if one["method"] == "Network.requestWillBeSent"]
    assert any(url.startswith(f"{page.url}console/api/tools/") for url in urls)
    assert {urlsplit(url).hostname for url in urls if not url.startswith(("blob:", "data:"))} == {"127.0.0.1"}
    assert [entry for entry in page.browser.get_log("browser") if "Content Security Policy" in entry["message"]] == []


def test_the_browser_goes_back_and_a_form_stays_as_it_was(page: ConsolePage):
    page.open("tool/llm")
    page.fill("prompt", "A thought")
    [link] = [one for one in page.find("nav a") if one.text == "Rerank documents"]
    link.click()
    page.until(lambda: page.heading == "Rerank documents")
    assert page.browser.current_url.endswith("#tool/rerank")
    assert page.focused.text == "Rerank documents"
    assert page.one("nav a[aria-current]").text == "Rerank documents"

    page.browser.back()
    page.until(lambda: page.heading == "Ask a model")
    assert page.input("prompt").get_property("value") == "A thought"


def test_the_list_shows_where_one_is(page: ConsolePage):
    page.open("endpoint/GET /v1/models")
    link = page.one("nav a[aria-current]")

    assert link.text.split("\n")[-1] == "/v1/models"
    assert page.browser.execute_script("return arguments[0].getBoundingClientRect().bottom <= innerHeight", link)
    assert page.browser.execute_script("return scrollY") == 0


def test_an_address_that_is_not_there_leads_to_the_overview(page: ConsolePage):
    page.open("tool/nothing")

    assert page.heading == "Overview"


def test_the_overview_says_who_answers(page: ConsolePage):
    page.open()
    models, apps, settings = (page.rows(table) for table in page.find("main table"))

    assert ["llm", "local/extractive"] in [row[:2] for row in models]
    assert next(row for row in models if row[0] == "llm")[2].startswith("an extractive engine, no language model")
    assert any(row[0].startswith("Chatbot chatbot") and row[1:] == ["chat", "name*, background"] for row in apps)
    assert ["API key api_key", "set"] in settings


def test_a_plugin_with_nothing_to_try_says_so(browser: Chrome, tmp_path: Path):
    (tmp_path / "manifest.yaml").write_text(MANIFEST.partition("plugins:")[0] + "plugins: {}\n")
    write_main(tmp_path, "")
    with serving(tmp_path, "--data-dir", str(tmp_path / "data")) as served:
        page = ConsolePage(browser, served.console)
        page.open()

        assert page.one("main .view > .note").text.startswith("This plugin has no tools and no endpoints.")
        assert page.find("nav input") == []
        assert page.one("header .brand-name").text == "bare"


def test_the_list_can_be_filtered(page: ConsolePage):
    page.open()
    page.one("nav input").send_keys("speech")

    shown = [one.text.split("\n")[-1] for one in page.find("nav li a")]
    assert shown == [
        "Overview",
        "Convert text to speech",
        "Transcribe a recording (fails in Dify today)",
        "/v1/audio/speech",
    ]
    page.one("nav input").send_keys("es of nothing")
    assert page.one("nav [role=status]").text == "Nothing matches."


def test_the_language_changes_in_place_and_is_remembered(page: ConsolePage):
    page.open("tool/llm")
    page.fill("prompt", "kept")
    for language, *words in [
        ("zh_Hans", "zh-Hans", "向模型提问", "运行", "提示词"),
        ("ja_JP", "ja-JP", "モデルに質問", "実行", "プロンプト"),
        ("pt_BR", "pt-BR", "Perguntar a um modelo", "Executar", "Prompt"),
    ]:
        Select(page.one("header select")).select_by_value(language)
        label = page.field("prompt").find_element(By.CSS_SELECTOR, "label span").text
        tag = page.one("html").get_attribute("lang")
        assert [tag, page.heading, page.one("main button.primary").text, label] == words
        assert page.input("prompt").get_property("value") == "kept"

    page.open("tool/llm")
    assert page.heading == "Perguntar a um modelo"


def test_a_narrow_page_does_not_scroll_sideways(page: ConsolePage):
    show_at(page.browser, 375, 812)
    for place in ["", "tool/speech2text", "endpoint/POST /v1/audio/transcriptions"]:
        page.open(place)
        page.one("nav > details > summary").click()
        page.until(lambda: page.find("nav li a"))
        assert page.browser.execute_script(WIDER) == 0, place
    page.one("nav > details > summary").click()
    page.open("tool/text_embedding")
    page.fill("texts", "harbour" * 40)
    page.run()
    page.until(page.invocations)
    page.open_invocation()
    assert page.browser.execute_script(WIDER) == 0


def complaints(page: ConsolePage, **options: Any) -> list[tuple[str, str]]:
    axe = Axe(page.browser)
    axe.inject()
    found = axe.run(options={**options, "resultTypes": ["violations"]})["violations"]
    return [(one["id"], node["html"]) for one in found for node in one["nodes"]]


@pytest.mark.parametrize(("place", "width"), [("", 1280), ("tool/speech2text", 375)])
def test_axe_finds_nothing_to_complain_of(page: ConsolePage, place: str, width: int):
    """Among its rules: labels, landmarks, the order of headings, contrast."""
    show_at(page.browser, width, 800)
    page.open(place)

    assert complaints(page, runOnly=LEVELS) == []


def test_axe_finds_nothing_in_results_errors_and_the_log_and_contrast_holds_in_the_dark(page: ConsolePage):
    page.open("endpoint/POST /v1/chat/completions")
    page.run()
    page.until(page.invocations)
    page.open_invocation()
    assert complaints(page, runOnly=LEVELS) == []

    page.browser.execute_script("location.hash = '#tool/storage'")
    page.until(lambda: page.heading == "Store a text")
    page.start()  # the key is missing
    page.fill("value", "kept")
    assert page.field("key").text.endswith("This is required.")
    assert complaints(page, runOnly=LEVELS) == []
    page.fill("key", "/notes")
    page.run()
    assert complaints(page, runOnly=LEVELS) == []

    light = page.one("body").value_of_css_property("background-color")
    show_at(page.browser, 1280, 800, scheme="dark")
    assert page.one("body").value_of_css_property("background-color") != light
    assert complaints(page, runOnly=["color-contrast"]) == []
