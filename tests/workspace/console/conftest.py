"""Consoles that are served as a person serves them, and a browser to look at them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from docs.pictures.browser import chromium, show_at
from tests.workspace.console.console_page import ConsolePage
from tests.workspace.console.every_field import write_every_field

ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture(scope="session")
def browser(child_process: None) -> Iterator[Chrome]:
    with chromium() as started:
        yield started


@contextmanager
def served(*arguments: str) -> Iterator[str]:
    """The address of the console of a `python -m workspace serve` that is running."""
    with subprocess.Popen(
        [sys.executable, "-m", "workspace", "serve", *arguments, "--port", "0"],
        cwd=ROOT,
        env={**os.environ, "OPENAI_BASE_URL": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout
            name, _, url = process.stdout.readline().partition(":")
            assert name == "Console"
            yield url.strip()
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def console_of_the_repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("console")
    with served(".", "--settings", "examples/serve.yaml", "--data-dir", str(data)) as url:
        yield url


@pytest.fixture(scope="session")
def console_of_every_field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = write_every_field(tmp_path_factory.mktemp("every_field"))
    given = ("--credential", "region=from the command line")
    with served(str(folder), "--data-dir", str(folder / "data"), *given) as url:
        yield url


@pytest.fixture
def page(browser: Chrome, console_of_the_repository: str) -> ConsolePage:
    return _fresh(browser, console_of_the_repository)


@pytest.fixture
def every_field(browser: Chrome, console_of_every_field: str) -> ConsolePage:
    return _fresh(browser, console_of_every_field)


def _fresh(browser: Chrome, url: str) -> ConsolePage:
    show_at(browser, 1280, 800)
    browser.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": url.rstrip("/"), "storageTypes": "local_storage"})
    return ConsolePage(browser, url)
