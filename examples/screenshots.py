"""Makes the README's pictures of the console: `python -m examples.screenshots [FOLDER]`, docs/images by default.

The console is the one of `make serve`, on a port of its own, and the browser a headless Chromium.
"""

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

from examples.browser import NoBrowser, chromium, show_at
from examples.palette_png import with_palette

PLUGIN = Path(__file__).parent.parent
PATIENCE = 30.0
VISIBLE = "return [...document.querySelectorAll(arguments[0])].filter((one) => one.checkVisibility())"
SPOKEN = "The harbour freezes in January. Ships wait outside until the ice breaks."


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
        self.wait_for('.invocations [data-state="done"]')

    def unfold(self, selector: str) -> None:
        self.wait_for(selector).click()

    def take(self, path: Path, *, from_top: bool = True) -> None:
        """What is in the window: the top of the page, or what it shows by itself after a run."""
        self._browser.execute_script("document.activeElement.blur()")
        if from_top:
            self._browser.execute_script("scrollTo(0, 0)")
        path.write_bytes(with_palette(self._browser, self._browser.get_screenshot_as_png()))
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


def take_pictures(browser: Chrome, url: str, folder: Path) -> None:
    console = Console(browser, url)
    show_at(browser, 1280, 1200)
    console.open("tool/rerank")
    passages = ["Bread rises because of yeast.", "Ships wait outside the harbour.", "The harbour freezes in January."]
    console.fill({"query": "Where do ships wait?", "documents": "\n".join(passages)})
    console.run()
    console.take(folder / "console-tool.png")

    show_at(browser, 1280, 860)
    console.open("endpoint/POST /v1/chat/completions")
    console.run()
    console.unfold(".invocations summary")
    console.take(folder / "console-endpoint.png")

    show_at(browser, 390, 844, scheme="dark")
    console.open("tool/tts")
    console.fill({"text": SPOKEN})
    console.run()
    console.take(folder / "console-narrow.png", from_top=False)


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


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else PLUGIN / "docs" / "images"
    try:
        with chromium() as browser, served() as url:
            folder.mkdir(parents=True, exist_ok=True)
            take_pictures(browser, url, folder)
    except NoBrowser as error:
        print(f"No pictures: {error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
