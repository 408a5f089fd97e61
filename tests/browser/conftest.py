"""Chromium, and the pages served to it over the small directory of the web tests, with the real search."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from directory.actions.follow import follow_index
from directory.app import build as build_app
from directory.search.index import WhooshEngine
from directory.settings import load
from directory.site import Site
from directory.store.database import Database
from tests import build
from tests.browser.serving import listening, served
from tests.web import world

INSTALL = "Chromium is not installed: apt-get install -y chromium fonts-liberation"
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(INSTALL)
        pytest.skip(INSTALL)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def standing(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    """The pages, served from a thread of this process, and where."""
    home = tmp_path_factory.mktemp("browser")
    shutil.copy(_sqlite_template, home / "signpost.db")
    with listening() as port:
        address = f"http://127.0.0.1:{port.getsockname()[1]}"
        given = {"HOME": str(home), "ORGANISATION_NAME": "Northmoor health directory", "BASE_URL": address}
        settings = load({f"SIGNPOST_{name}": value for name, value in given.items()})
        site = Site(settings, Database(settings.database_url), WhooshEngine(settings.index_folder), lambda: build.NOON)
        world.fill(site.database)
        follow_index(site.database, site.engine, today=site.today())
        with closing(site), served(build_app(site), port):
            yield site, address


@pytest.fixture(scope="session")
def address(standing: tuple[Site, str]) -> str:
    """Where the pages are served."""
    return standing[1]
