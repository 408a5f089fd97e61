"""The pages over a real database, and a search that finds what a test says."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import pytest

from directory.actions.sign_in import Browser, begin_session
from directory.app import build as build_app
from directory.domain.policy import Role
from directory.domain.query import Hit, Matched, Query
from directory.search.find import Found
from directory.search.index import WhooshEngine
from directory.search.plan import Plan
from directory.settings import load
from directory.site import Site
from directory.store import people
from directory.store.database import Database
from tests import build
from tests.client import TestClient
from tests.web import world

__all__ = ["FoundSite", "TestClient", "client_of", "found", "h1", "hit", "signed_in", "words_of"]


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
    """A browser: it says of its requests that they come from the site's own pages."""
    headers = {"Sec-Fetch-Site": "same-origin"}
    return TestClient(
        build_app(site), site.settings.base_url, headers=headers, raise_server_exceptions=False, follow_redirects=False
    )


def signed_in(site: Site, email: str, *, editor: bool = False, role: Role | None = None, team: str = "") -> TestClient:
    """A browser in which somebody is signed in, with a role in a team or as an editor."""
    with site.database.write() as connection:
        person_id = people.add(connection, email=email, name="", editor=editor, at=site.now())
        if role is not None:
            people.join(connection, person_id=person_id, team_id=team, role=role, at=site.now())
        browser = Browser("", "127.0.0.1", "Chromium on Linux")
        token = begin_session(connection, person_id, browser=browser, method="mail", at=site.now())
    client = client_of(site)
    client.cookies.set("signpost-session", token, domain="127.0.0.1")
    return client


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


@pytest.fixture
def lead(site: FoundSite) -> TestClient:
    return signed_in(site, "lee@northmoor.example", role="lead", team="tissue-viability")


@pytest.fixture
def editor(site: FoundSite) -> TestClient:
    return signed_in(site, "ed@northmoor.example", editor=True)
