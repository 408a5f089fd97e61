"""Chromium, and the pages served to it over the small directory of the web tests, with the real search."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from directory.actions.follow import follow_index
from directory.app import build as build_app
from directory.search.index import WhooshEngine
from directory.settings import load
from directory.site import Site
from directory.store.database import Database
from tests import build
from tests.web import world

INSTALL = "Chromium is not installed: apt-get install -y chromium"
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
def address(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the pages are served, from a thread of this process."""
    home = tmp_path_factory.mktemp("browser")
    shutil.copy(_sqlite_template, home / "signpost.db")
    settings = load({"SIGNPOST_HOME": str(home), "SIGNPOST_ORGANISATION_NAME": "Northmoor health directory"})
    site = Site(settings, Database(settings.database_url), WhooshEngine(settings.index_folder), lambda: build.NOON)
    world.fill(site.database)
    follow_index(site.database, site.engine, today=site.today())
    app = build_app(site)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)
    site.close()
