"""The FHIR server over a real database of each kind, followed as the worker does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from directory.actions.follow_fhir import follow_fhir
from directory.errors import SignpostError
from directory.fhir.routes import problem, routes
from directory.gate.sessions import Sessions
from directory.settings import Settings
from directory.store.database import Database
from tests import build
from tests.client import TestClient

BASE = "https://signpost.example"


@dataclass
class FakeSite:
    """What the FHIR server asks of a `directory.site.Site`."""

    database: Database
    settings: Settings = field(default_factory=lambda: Settings.model_validate({"base_url": BASE}))
    at: datetime = build.NOON

    def now(self) -> datetime:
        return self.at

    def today(self) -> date:
        return self.at.astimezone(self.settings.zone).date()


@dataclass
class Fhir:
    """A program that reads the directory as FHIR."""

    site: FakeSite
    client: TestClient

    @classmethod
    def of(cls, site: FakeSite) -> Fhir:
        app = Starlette(
            routes=routes(),
            middleware=[Middleware(Sessions, site=cast(Any, site), refuse=problem)],
            exception_handlers={SignpostError: problem, HTTPException: problem, Exception: problem},
        )
        app.state.site = site
        return cls(site, TestClient(app, base_url=BASE, raise_server_exceptions=False))

    def follow(self) -> int:
        """What the worker does."""
        return follow_fhir(self.site.database, today=self.site.today(), clock=self.site.now)

    def get(self, path: str, status: int = 200, **headers: str) -> Any:
        answer = self.client.get(path.removeprefix(BASE) if path.startswith(BASE) else f"/fhir/{path}", headers=headers)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/fhir+json"
        return answer.json()

    def found(self, path: str) -> list[str]:
        """The ids of what matches, page after page."""
        return [each["resource"]["id"] for each in self.entries(path) if each["search"]["mode"] == "match"]

    def entries(self, path: str) -> Iterator[dict[str, Any]]:
        page = self.get(path)
        while True:
            yield from page.get("entry", ())
            following = [link["url"] for link in page["link"] if link["relation"] == "next"]
            if not following:
                return
            page = self.get(following[0])

    def refused(self, path: str, status: int, code: str, **headers: str) -> str:
        body = self.get(path, status, **headers)
        assert body["resourceType"] == "OperationOutcome"
        (issue,) = body["issue"]
        assert (issue["severity"], issue["code"]) == ("error", code)
        said: str = issue["diagnostics"]
        return said

    def post(self, path: str, body: object, status: int = 200, kind: str = "application/fhir+json") -> Any:
        content = body if isinstance(body, str) else json.dumps(body)
        answer = self.client.post(path, content=content.encode(), headers={"Content-Type": kind})
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def fhir(database: Database) -> Fhir:
    """A small directory, in a database of each kind, that the worker has followed."""
    return furnished(database)


@pytest.fixture
def light_fhir(sqlite_url: str) -> Iterator[Fhir]:
    """The same in SQLite alone, for what no database has a say in."""
    database = Database(sqlite_url)
    yield furnished(database)
    database.close()


def furnished(database: Database) -> Fhir:
    build.directory(database)
    found = Fhir.of(FakeSite(database))
    found.follow()
    return found


VALIDATOR = Path(__file__).parent / "validator"
