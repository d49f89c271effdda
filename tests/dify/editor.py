"""What Dify's workflow editor offers of a tool's outputs, read in a browser."""

from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from docs.pictures.browser import chromium
from tests.dify.console import Console

PATIENCE = 60.0
"""Seconds that a page may take."""


def offered(console: Console, web: str, app_id: str, output: str) -> dict[str, str]:
    """The type that the variable picker of the end node shows beside each output of the node before it, by name.

    `web` is the address of the console; the app is one of `apps.one_node`, whose tool has this `output` among others.
    """
    with chromium() as browser:
        wait = WebDriverWait(browser, PATIENCE)
        browser.get(f"{web}/manifest.json")  # cookies are taken for the page that is open
        for name, value in console.cookies.items():
            browser.add_cookie({"name": name, "value": value, "path": "/"})
        browser.get(f"{web}/app/{app_id}/workflow")
        node = wait.until(lambda page: page.find_element(By.CSS_SELECTOR, ".react-flow__node[data-id=end]"))
        browser.execute_script("arguments[0].click()", node)
        chosen = "//*[normalize-space(text())='text'][not(ancestor::*[contains(@class,'react-flow__node')])]"
        variable = wait.until(lambda page: page.find_element(By.XPATH, chosen))
        browser.execute_script("arguments[0].click()", variable)
        wait.until(lambda page: page.find_element(By.XPATH, f"//*[normalize-space(text())='{output}']"))
        lines = browser.find_element(By.TAG_NAME, "body").get_attribute("innerText") or ""
    return _between([line.strip() for line in lines.splitlines() if line.strip()])


def _between(lines: list[str]) -> dict[str, str]:
    """The picker, at the end of the page, lists names and types below the title of each node, the last node first."""
    titles = [line.casefold() for line in lines]
    first = len(titles) - titles[::-1].index("tool")
    listed = lines[first : titles.index("start", first)]
    return dict(zip(listed[::2], listed[1::2], strict=True))
