"""The README's picture of the console: Chromium prints the page, and poppler's pdftocairo makes SVG of it.

SVG is sharp at any size, and text to git. The console is the one of `make serve`, on a port of its own.
"""

import base64
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from docs.pictures.browser import show_at

PLUGIN = Path(__file__).parent.parent.parent
PATIENCE = 30.0
SIZE = (1280, 1200)
NO_CONVERTER = "pdftocairo is not on PATH, which Debian has in poppler-utils"
VISIBLE = "return [...document.querySelectorAll(arguments[0])].filter((one) => one.checkVisibility())"
PASSAGES = ["Bread rises because of yeast.", "Ships wait outside the harbour.", "The harbour freezes in January."]


class NoPicture(Exception):
    """One sentence."""


class Console:
    """The page, in a browser."""

    def __init__(self, browser: Chrome, url: str) -> None:
        self._browser = browser
        self._url = url

    def open(self, place: str) -> None:
        self._browser.get("about:blank")
        self._browser.get(f"{self._url}#{place}")
        self.wait_for("main > .view")

    def find(self, selector: str) -> list[WebElement]:
        return list(self._browser.execute_script(VISIBLE, selector))

    def wait_for(self, selector: str) -> WebElement:
        found = WebDriverWait(self._browser, PATIENCE).until(lambda _: self.find(selector))
        return found[0]

    def fill(self, values: dict[str, str]) -> None:
        for field in self.find("main .field"):
            name = field.find_element(By.CSS_SELECTOR, ".kind").text
            if name in values:
                field.find_element(By.CSS_SELECTOR, "textarea, input").send_keys(values[name])

    def run(self) -> None:
        self.wait_for("main button.primary").click()
        self.wait_for('main .result[data-state="done"]')
        self.wait_for('.invocations [data-state="done"]').click()

    def pdf(self) -> bytes:
        """The top of the page as it is on a screen of that size."""
        self._browser.execute_script("document.activeElement.blur(); scrollTo(0, 0)")
        self._browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "screen"})
        width, height = (pixels / 96 for pixels in SIZE)  # inches
        paper = {"paperWidth": width, "paperHeight": height, "printBackground": True, "pageRanges": "1"}
        margins = dict.fromkeys(("marginTop", "marginRight", "marginBottom", "marginLeft"), 0)
        printed = self._browser.execute_cdp_cmd("Page.printToPDF", {**paper, **margins})
        return base64.b64decode(printed["data"])


def take_picture(browser: Chrome, url: str, file: Path) -> None:
    """Raises NoPicture where the converter is missing."""
    console = Console(browser, url)
    show_at(browser, *SIZE)
    console.open("tool/rerank")
    console.fill({"query": "Where do ships wait?", "documents": "\n".join(PASSAGES)})
    console.run()
    file.write_text(_svg(console.pdf()))
    print(file)


def missing() -> str:
    """Why no picture can be made of a page, "" where one can."""
    return "" if shutil.which("pdftocairo") else NO_CONVERTER


def _svg(pdf: bytes) -> str:
    if problem := missing():
        raise NoPicture(problem)
    made = subprocess.run(["pdftocairo", "-svg", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    return re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", made)  # a hundredth of a point will do


@contextmanager
def served() -> Iterator[str]:
    """The address of a console that is running."""
    serve = [sys.executable, "-m", "workspace", "serve", ".", "--settings", "examples/serve.yaml", "--port", "0"]
    with (
        tempfile.TemporaryDirectory() as data,
        subprocess.Popen(
            [*serve, "--data-dir", data], cwd=PLUGIN, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process,
    ):
        assert process.stdout
        try:
            yield process.stdout.readline().partition(":")[2].strip()
        finally:
            process.terminate()
