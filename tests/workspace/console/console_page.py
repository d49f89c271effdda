"""The console's page in a browser, by what its elements are for."""

import itertools
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

PATIENCE = 30.0
VISITS = itertools.count()
VISIBLE = "return [...document.querySelectorAll(arguments[0])].filter((one) => one.checkVisibility())"
FIELD = """
return [...document.querySelectorAll("main .field")].find((one) =>
  one.checkVisibility() && one.querySelector(":scope > .field-top > .kind")?.textContent === arguments[0])
"""
FILL = """
arguments[0].value = arguments[1];
for (const type of ["input", "change"]) arguments[0].dispatchEvent(new Event(type, { bubbles: true }));
"""
ROWS = """
return [...arguments[0].querySelectorAll("tr")].map((row) => [...row.cells].map((cell) => cell.innerText.trim()))
"""
LOG_LINES = """
return [...document.querySelectorAll(".invocations > li:not([hidden]) > details > summary")].map((one) => one.innerText)
"""


class ConsolePage:
    def __init__(self, browser: Chrome, url: str) -> None:
        self.browser = browser
        self.url = url

    def open(self, place: str = "") -> None:
        """A fresh page at "tool/NAME" or "endpoint/METHOD /path"."""
        self.browser.get(f"{self.url}?{next(VISITS)}#{quote(place)}")
        self.until(lambda: self.find("main > .view"))

    def until[T](self, condition: Callable[[], T]) -> T:
        return WebDriverWait(self.browser, PATIENCE, poll_frequency=0.02).until(lambda _: condition())

    def find(self, selector: str) -> list[WebElement]:
        """Those that are displayed."""
        return list(self.browser.execute_script(VISIBLE, selector))

    def one(self, selector: str) -> WebElement:
        [found] = self.find(selector)
        return found

    @property
    def heading(self) -> str:
        return self.one("main h1").text

    @property
    def focused(self) -> WebElement:
        return self.browser.switch_to.active_element

    def field(self, name: str) -> WebElement:
        """The field of a parameter, with its label and all."""
        found = self.browser.execute_script(FIELD, name)
        assert found, f"no field {name}"
        return found

    def input(self, name: str) -> WebElement:
        return self.field(name).find_element(By.CSS_SELECTOR, "textarea, input, select")

    def fill(self, name: str, value: str) -> None:
        """As pasted: keys take a quarter of a second a field."""
        self.browser.execute_script(FILL, self.input(name), value)

    def choose(self, name: str, value: str) -> None:
        Select(self.input(name)).select_by_value(value)

    def press(self, *keys: str) -> None:
        ActionChains(self.browser).send_keys(*keys).perform()

    def press_with_control(self, key: str) -> None:
        ActionChains(self.browser).key_down(Keys.CONTROL).send_keys(key).key_up(Keys.CONTROL).perform()

    def start(self) -> None:
        self.one("main button.primary").click()

    @property
    def state(self) -> str | None:
        return next((one.get_attribute("data-state") for one in self.find("main .result")), None)

    def run(self) -> str:
        """Press the button and wait for the end: "done" or "failed"."""
        self.start()
        return self.ended()

    def ended(self) -> str:
        self.until(lambda: self.state in ("done", "failed", "stopped"))
        return str(self.state)

    def text(self, selector: str) -> str:
        """As it stands, whether line breaks show or not."""
        return "".join(one.get_property("textContent") for one in self.find(selector))

    def variable(self, name: str) -> WebElement:
        return self.one(f'main [data-variable="{name}"]')

    def value(self, name: str) -> Any:
        """Of a variable that is shown as JSON."""
        return json.loads(self.variable(name).find_element(By.CSS_SELECTOR, "pre").get_property("textContent"))

    def type_of(self, name: str) -> str:
        return self.variable(name).find_element(By.CSS_SELECTOR, ".type").text

    def rows(self, place: WebElement) -> list[list[str]]:
        """The cells of a table."""
        return list(self.browser.execute_script(ROWS, place))

    def invocations(self) -> list[list[str]]:
        """The log's lines, newest first, each with what it has: type, caller, state and time."""
        return [line.split("\n") for line in self.browser.execute_script(LOG_LINES)]

    def open_invocation(self, selector: str = "") -> None:
        """The newest, or the newest that `selector` says."""
        self.find(f".invocations > li{selector} > details > summary")[0].click()
        self.until(lambda: self.find(".inside pre"))
