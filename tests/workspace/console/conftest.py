"""Consoles that are served as a person serves them, and their pages."""

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome

from docs.pictures.browser import show_at
from tests.served import Served, serving
from tests.workspace.console.console_page import ConsolePage
from tests.workspace.console.every_field import write_every_field


@pytest.fixture(scope="session")
def served_repository(child_process: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """This repository's plugin, as `make serve` has it."""
    data = tmp_path_factory.mktemp("console")
    with serving(".", "--settings", "examples/serve.yaml", "--data-dir", str(data)) as served:
        yield served


@pytest.fixture(scope="session")
def console_of_every_field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = write_every_field(tmp_path_factory.mktemp("every_field"))
    given = ("--credential", "region=from the command line")
    with serving(folder, "--data-dir", str(folder / "data"), *given) as served:
        yield served.console


@pytest.fixture
def page(browser: Chrome, served_repository: Served) -> ConsolePage:
    return _fresh(browser, served_repository.console)


@pytest.fixture
def every_field(browser: Chrome, console_of_every_field: str) -> ConsolePage:
    return _fresh(browser, console_of_every_field)


def _fresh(browser: Chrome, url: str) -> ConsolePage:
    show_at(browser, 1280, 800)
    browser.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": url.rstrip("/"), "storageTypes": "local_storage"})
    return ConsolePage(browser, url)
