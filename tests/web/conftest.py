"""The pages over a real database, and a search that finds what a test says."""

from __future__ import annotations

import re
import shutil
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import pytest
from starlette.applications import Starlette

from directory.domain.query import Hit, Matched, Query
from directory.search.find import Found
from directory.search.index import WhooshEngine
from directory.search.plan import Plan
from directory.settings import load
from directory.site import Site
from directory.store.database import Database
from directory.web.routes import error_handlers, routes
from tests import build
from tests.web import world

with warnings.catch_warnings():
    # Its notice names a successor of httpx that is not a dependency here.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

__all__ = ["FoundSite", "TestClient", "found", "h1", "hit", "words_of"]


@dataclass(slots=True)
class FoundSite(Site):
    """A site whose search is the test's own."""

    finds: Callable[[Query], Found] = field(default=lambda query: found())

    def search(self, query: Query) -> Found:
        return self.finds(query)


def hit(service: str, matched_field: str = "name", text: str = "") -> Hit:
    return Hit(service, 1.0, Matched(matched_field, text or service))


def found(*hits: Hit, confident: bool = False, did_you_mean: str | None = None) -> Found:
    return Found(hits, len(hits), confident, did_you_mean, Plan(text=""))


def words_of(html: str) -> str:
    """The text of a page as a person reads it, tags dropped and white space folded."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def h1(html: str) -> str:
    headings = re.findall(r"<h1[^>]*>(.*?)</h1>", html, re.DOTALL)
    assert len(headings) == 1, f"{len(headings)} first-level headings"
    return words_of(headings[0])


def site_over(url: str, home: Path, **given: str) -> FoundSite:
    settings = load({"SIGNPOST_HOME": str(home), "SIGNPOST_ORGANISATION_NAME": "Northmoor directory", **given})
    return FoundSite(settings, Database(url), WhooshEngine(settings.index_folder), clock=lambda: build.NOON)


def client_of(site: Site) -> TestClient:
    app = Starlette(routes=routes(), exception_handlers=error_handlers())
    app.state.site = site
    return TestClient(app, raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture(scope="session")
def _world(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of `world`, made once and copied for each test."""
    path = tmp_path_factory.mktemp("world") / "signpost.db"
    shutil.copy(_sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    world.fill(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture
def site(_world: Path, tmp_path: Path) -> Iterator[FoundSite]:
    shutil.copy(_world, tmp_path / "signpost.db")
    site = site_over(f"sqlite:///{tmp_path / 'signpost.db'}", tmp_path)
    yield site
    site.close()


@pytest.fixture
def client(site: FoundSite) -> TestClient:
    return client_of(site)


@pytest.fixture
def empty_client(sqlite_url: str, tmp_path: Path) -> Iterator[TestClient]:
    site = site_over(sqlite_url, tmp_path)
    yield client_of(site)
    site.close()
