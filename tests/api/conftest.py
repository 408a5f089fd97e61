"""The API over a real database of each kind; only search is a stand-in, for it has a room and tests of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount

from directory.api.routes import problem, routes
from directory.domain.area import Gazetteer
from directory.domain.query import Hit, Query
from directory.errors import SignpostError
from directory.gate.sessions import Sessions
from directory.search.engine import Suggestion
from directory.search.find import Found
from directory.search.plan import Plan
from directory.settings import Settings
from directory.site import Site
from directory.store import areas, people
from directory.store.database import Database
from tests import build
from tests.api.documented import BASE_URL
from tests.api.documented import CheckedClient as TestClient

PUBLISH_KEY, READ_KEY, LEAD_KEY = "publish-key", "read-key", "lead-key"


def nothing_found(query: Query) -> Found:
    return Found((), 0, False, None, Plan(text=query.text))


@dataclass
class FakeSite:
    """What the API asks of a `directory.site.Site`."""

    database: Database
    settings: Settings = field(default_factory=lambda: Settings.model_validate({"base_url": BASE_URL}))
    search: Callable[[Query], Found] = nothing_found
    suggest: Callable[[str], tuple[Suggestion, ...]] = lambda _prefix: ()
    search_pages: Callable[[str, bool], tuple[Hit, ...]] = lambda _text, _respell: ()
    suggest_pages: Callable[[str], tuple[Suggestion, ...]] = lambda _prefix: ()
    opening = Site.opening
    check_due = Site.check_due

    def gazetteer(self) -> Gazetteer:
        with self.database.read() as connection:
            return Gazetteer.of(areas.load(connection))

    def now(self) -> datetime:
        return build.NOON

    def today(self) -> date:
        return build.TODAY


def app_of(site: FakeSite) -> Starlette:
    app = Starlette(
        routes=[Mount("/api/v1", routes=routes())],
        middleware=[Middleware(Sessions, site=cast(Any, site), refuse=problem)],
        exception_handlers={SignpostError: problem, HTTPException: problem, Exception: problem},
    )
    app.state.site = site
    return app


@pytest.fixture
def site(database: Database) -> FakeSite:
    """A small directory, in a database of each kind."""
    return furnished(database)


@pytest.fixture
def light_site(sqlite_url: str) -> Iterator[FakeSite]:
    """The same in SQLite alone, for what no database has a say in."""
    database = Database(sqlite_url)
    yield furnished(database)
    database.close()


def furnished(database: Database) -> FakeSite:
    build.directory(database)
    with database.write() as connection:
        editor = people.add(connection, email="ed@northmoor.example", name="Ed", editor=True, at=build.NOON)
        lead = people.add(connection, email="lee@northmoor.example", name="Lee", editor=False, at=build.NOON)
        people.join(connection, person_id=lead, team_id="tissue-viability", role="lead", at=build.NOON)
        for key_id, secret, person, scope in (
            ("ed-1", PUBLISH_KEY, editor, "publish"),
            ("ed-2", READ_KEY, editor, "read"),
            ("lee-1", LEAD_KEY, lead, "publish"),
        ):
            people.add_key(
                connection,
                key_id=key_id,
                secret=secret,
                person_id=person,
                scope=cast(Any, scope),
                at=build.NOON,
                expires_at=None,
            )
    return FakeSite(database)


@dataclass
class Api:
    """A program that talks to the API."""

    client: TestClient

    def get(self, path: str, status: int = 200, **given: Any) -> Any:
        answer = self.client.get(f"/api/v1{path}", **given)
        assert answer.status_code == status, answer.text
        return answer.json()

    def publish(self, body: object, status: int = 201, *, key: str = PUBLISH_KEY, **headers: str) -> Any:
        answer = self.post(body, key=key, **headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(
        self, body: object, *, key: str | None = PUBLISH_KEY, query: str = "", path: str = "/changes", **headers: str
    ) -> Any:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            given["Authorization"] = f"Bearer {key}"
        given.setdefault("Content-Type", "application/json")
        if path == "/changes" and _says_no_version(body):
            # Whatever it is by now: most tests are not about who was faster.
            given.setdefault("If-Match", "*")
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(f"/api/v1{path}{query}", content=content, headers=given)

    def numbers(self) -> list[int]:
        return [change["number"] for change in self.get("/changes?limit=200")["items"]]


def _says_no_version(body: object) -> bool:
    services = body.get("services") if isinstance(body, dict) else None
    return isinstance(services, list) and any(
        isinstance(each, dict) and "expected_version" not in each for each in services
    )


@pytest.fixture
def api(site: FakeSite) -> Api:
    return Api(TestClient(app_of(site), raise_server_exceptions=False))


@pytest.fixture
def light_api(light_site: FakeSite) -> Api:
    return Api(TestClient(app_of(light_site), raise_server_exceptions=False))


def hours(value: str, *, expected: int | None = None, **given: object) -> dict[str, Any]:
    """The body of a small change of the leg ulcer clinic."""
    edit: dict[str, Any] = {"id": "leg-ulcer-clinic", "set": {"hours": value}}
    if expected is not None:
        edit["expected_version"] = expected
    return {
        "title": "Leg ulcer clinic hours",
        "services": [edit],
        "effective_from": build.TODAY.isoformat(),
        "why": "Because.",
        **given,
    }


__all__ = ["BASE_URL", "LEAD_KEY", "PUBLISH_KEY", "READ_KEY", "Api", "FakeSite", "TestClient", "app_of", "hours"]
