"""A headless Chromium for tests and pictures of the console: the one that is installed, nothing is downloaded."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NOT_THERE = "neither Chromium with its chromedriver nor Chrome with its is on PATH"

QUIET = (
    "--headless=new",
    "--hide-scrollbars",
    "--mute-audio",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--accept-lang=en-US",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",  # a microphone that beeps
    "--use-fake-ui-for-media-stream",
)


class NoBrowser(Exception):
    """One sentence."""


def missing() -> str:
    """Why there can be no browser, "" where there can."""
    return "" if _browser() and shutil.which("chromedriver") else NOT_THERE


def _browser() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def chromium() -> Iterator[Chrome]:
    """A browser in English that keeps the log of its requests. Raises NoBrowser."""
    browser, driver = _browser(), shutil.which("chromedriver")
    if not browser or not driver:
        raise NoBrowser(NOT_THERE)
    options = ChromeOptions()
    options.binary_location = browser
    for flag in QUIET:
        options.add_argument(flag)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's own does not work for root
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    os.environ.setdefault("SE_OFFLINE", "true")
    try:
        started = Chrome(options=options, service=ChromeService(driver))
    except WebDriverException as error:
        reason = (error.msg or "").partition(";")[0].rstrip(".")
        raise NoBrowser(f"{browser} does not start: {reason}") from None
    try:
        yield started
    finally:
        started.quit()


def show_at(browser: Chrome, width: int, height: int, *, scheme: Literal["light", "dark"] = "light") -> None:
    """The size of the page in CSS pixels, and the colours that the system would prefer. Nothing moves by itself."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
