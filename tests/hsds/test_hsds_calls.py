"""What a program reads at /hsds: the rules of the Open Referral UK validator, every filter, and what is refused."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
from openapi_spec_validator import validate
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from directory.actions.open_referral import note_seen
from directory.api.hsds import routes
from directory.api.problems import problem
from directory.domain.area import Area as Place
from directory.domain.change import Edit
from directory.domain.query import Hit, Matched, Query
from directory.domain.service import Area, Eligibility, Location
from directory.domain.succession import Succession
from directory.errors import SignpostError
from directory.gate.headers import AnswerHeaders
from directory.gate.keeping import KeptAnswers
from directory.gate.routes import policy_of
from directory.gate.sessions import Sessions
from directory.search.find import Found
from directory.search.plan import Plan
from directory.store import areas
from directory.store.database import Database
from directory.store.imports import add_checks
from tests import build
from tests.api.conftest import BASE_URL, READ_KEY, FakeSite, furnished
from tests.client import TestClient
from tests.hsds.full import Chance
from tests.hsds.schemas import needs_standards, wrong

SERVICES = 130
HERE, THERE = Location("Here", "1 Street, Town", "NM1 1AA", 51.5, -0.1), Location("There", "", "NM2 2BB", 51.6, -0.1)


@dataclass
class Reader:
    """A program that reads Open Referral."""

    site: FakeSite
    client: TestClient

    @classmethod
    def of(cls, site: FakeSite) -> Reader:
        app = Starlette(
            routes=routes(),
            middleware=[
                Middleware(AnswerHeaders, base_url=BASE_URL),
                Middleware(Sessions, site=cast(Any, site), refuse=problem),
            ],
            exception_handlers={SignpostError: problem, HTTPException: problem, Exception: problem},
        )
        app.state.site = site
        app.state.kept_answers = KeptAnswers(cast(Any, site))
        return cls(site, TestClient(app, base_url=BASE_URL, raise_server_exceptions=False))

    def get(self, path: str, status: int = 200, **headers: str) -> Any:
        answer = self.client.get(f"/hsds{path}", headers=headers)
        assert answer.status_code == status, answer.text
        assert answer.headers["access-control-allow-origin"] == "*"
        return answer.json()

    def names(self, query: str) -> list[str]:
        """The names of the services that meet a filter."""
        page = self.get(f"/services?{query}")
        assert page["total_items"] == len(page["contents"])
        return [each["name"] for each in page["contents"]]

    def change(self, slug: str, *, at: datetime = build.NOON, **facts: object) -> None:
        build.change(self.site.database, build.draft(Edit(slug, facts), title=f"{slug} changes"), at=at)


@pytest.fixture(scope="module")
def many(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A directory of three pages, whose services say all they can."""
    path = tmp_path_factory.mktemp("many") / "signpost.db"
    shutil.copy(_sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    build.directory(database)
    chance = Chance(random.Random(3))
    edits = [build.opening(f"service-{number}", **chance.facts(number)) for number in range(SERVICES - 1)]
    build.change(database, build.draft(*edits, kinds=("opened",), effective_from=build.OPENED))
    yield Reader.of(FakeSite(database))
    database.close()


@pytest.fixture
def reader(database: Database) -> Reader:
    """A few services, in a database of each kind."""
    return furnish(furnished(database))


@pytest.fixture
def light_reader(light_site: FakeSite) -> Reader:
    """The same in SQLite alone, for what no database has a say in."""
    return furnish(light_site)


@pytest.fixture
def light_site(sqlite_url: str) -> Iterator[FakeSite]:
    database = Database(sqlite_url)
    yield furnished(database)
    database.close()


def furnish(site: FakeSite) -> Reader:
    day: dict[str, Any] = {
        "eligibility": Eligibility("Adults", 18, 65),
        "hours": "Mo-We 09:00-17:00",
        "needs": ("Foot care", "leg ulcer"),
        "locations": (HERE, THERE),
        "areas": (Area("Eastmarsh"),),
    }
    night: dict[str, Any] = {
        "eligibility": Eligibility("", 5),
        "hours": "Sa 22:00-02:00",
        "needs": ("foot  CARE",),
        "locations": (THERE,),
    }
    services = (build.opening("day-clinic", **day), build.opening("night-clinic", **night, areas=(Area("Southfen"),)))
    build.change(site.database, build.draft(*services, kinds=("opened",), effective_from=build.OPENED))
    with site.database.write() as connection:
        places = [Place("Eastmarsh", outward=("NM1",)), Place("Southfen", outward=("NM2",))]
        areas.put(connection, places, at=build.NOON)
    return Reader.of(site)


@needs_standards
def test_the_validators_rules(many: Reader) -> None:
    root = many.get("")
    assert root["version"] == "HSDS-UK-3.0"
    assert root["openapi_url"] == f"{BASE_URL}/hsds/openapi.json"
    assert root["profile"].startswith("https://")
    for name, kind in (
        ("services", "service"),
        ("service_at_locations", "service_at_location"),
        ("organizations", "organization"),
        ("taxonomies", "taxonomy"),
        ("taxonomy_terms", "taxonomy_term"),
    ):
        check_pages(many, name, kind)


def check_pages(many: Reader, name: str, kind: str) -> None:
    first = many.get(f"/{name}")
    last = first["total_pages"]
    ids: list[str] = []
    for number in range(1, last + 1):
        page = many.get(f"/{name}?page={number}")
        contents = page.pop("contents")
        assert page == {
            "total_items": first["total_items"],
            "total_pages": last,
            "page_number": number,
            "size": len(contents),
            "first_page": number == 1,
            "last_page": number == last,
            "empty": not contents,
        }
        for body in contents:
            assert wrong(kind if kind.startswith("tax") else f"{kind}_line", body) == []
        ids += [body["id"] for body in contents]
    assert len(ids) == len(set(ids)) == first["total_items"] > 0
    if name == "services":
        assert last == 3
    for key in random.Random(5).sample(ids, min(10, len(ids))):
        body = many.get(f"/{name}/{key}")
        assert body["id"] == key
        assert wrong(kind, body) == []
        assert many.get(f"/{name}/{key.upper()}")["id"] == key
    beyond = many.get(f"/{name}?page={last + 1}")
    assert (beyond["empty"], beyond["size"], beyond["last_page"]) == (True, 0, True)


@needs_standards
@pytest.mark.parametrize("name", ["services", "service_at_locations", "organizations"])
def test_whole_bodies_in_a_list_are_those_of_each_alone(many: Reader, name: str) -> None:
    for body in many.get(f"/{name}?full=true&full_service=true&per_page=20")["contents"]:
        assert wrong(name.removesuffix("s"), body) == []
        assert many.get(f"/{name}/{body['id']}?full_service=true") == body


def test_all_of_it_one_on_each_line(many: Reader) -> None:
    for name in ("services", "service_at_locations", "organizations", "taxonomies", "taxonomy_terms"):
        answer = many.client.get(f"/hsds/{name}?format=ndjson")
        assert answer.headers["content-type"] == "application/x-ndjson"
        assert answer.headers["access-control-allow-origin"] == "*"
        lines = [json.loads(line) for line in answer.text.splitlines()]
        assert len(lines) == many.get(f"/{name}")["total_items"]
        assert lines[:50] == many.get(f"/{name}")["contents"]
    minimal = many.get("/services?minimal=true")
    assert minimal["total_pages"] == 1
    assert {frozenset(each) for each in minimal["contents"]} == {frozenset({"id", "modified_date"})}


def test_each_filter_narrows_and_several_narrow_together(reader: Reader) -> None:
    clinic, day, night = "Leg ulcer clinic", "Day clinic", "Night clinic"
    term = {each["name"].casefold(): each["id"] for each in reader.get("/taxonomy_terms")["contents"]}
    owner = {each["name"]: each["id"] for each in reader.get("/organizations")["contents"]}
    taxonomy = reader.get("/taxonomies")["contents"][0]["id"]
    foot = next(key for name, key in term.items() if name.startswith("foot"))
    for query, found in {
        "": [day, clinic, night],
        f"taxonomy_term_id={term['leg ulcer']}": [day, clinic],
        f"taxonomy_term_id={foot}": [day, night],
        f"taxonomy_term_id={foot}&taxonomy_term_id={term['leg ulcer']}": [day],
        f"taxonomy_id={taxonomy}": [day, clinic, night],
        f"taxonomy_id={foot}": [],
        "taxonomy_term_id=3fa85f64-5717-4562-b3fc-2c963f66afa6": [],
        f"organization_id={owner['Northmoor Community Health NHS Trust']}": [day, clinic, night],
        f"organization_id={owner['Northmoor General Hospitals NHS Trust']}": [],
        "organization_id=x": [],
        "minimum_age=5": [day, night],
        "minimum_age=6": [day],
        "maximum_age=65": [day],
        "maximum_age=64": [],
        "day=WE": [day],
        "day=saturday": [night],
        "start_time=09:00": [day, night],
        "start_time=09:01": [night],
        "end_time=17:00": [day],
        "end_time=16:59": [],
        "day=MO&start_time=10:00": [],
        "postcode=NM1 1AA": [clinic, day],
        "postcode=nm2": [night],
        "postcode=NM1 1AA&proximity=100": [day],
        "postcode=NM2 2BB&proximity=0": [night],
        f"taxonomy_term_id={foot}&minimum_age=18&day=TU": [day],
        f"taxonomy_term_id={foot}&minimum_age=18&day=SA": [],
    }.items():
        assert sorted(reader.names(query)) == sorted(found), query


def test_places_are_listed_by_how_near_they_are(reader: Reader) -> None:
    def places(query: str) -> list[tuple[str, str]]:
        found = reader.get(f"/service_at_locations?{query}")["contents"]
        return [(each["service"]["name"], each["location"]["name"]) for each in found]

    assert places("") == [("Day clinic", "Here"), ("Day clinic", "There"), ("Night clinic", "There")]
    assert places("postcode=NM1 1AA&proximity=5000") == [("Day clinic", "Here")]
    # 0.1 degrees of latitude are 11.1 km.
    assert places("postcode=NM1 1AA&proximity=11200") == [("Day clinic", "Here"), ("Day clinic", "There")]
    assert places("day=SA") == [("Night clinic", "There")]


def test_a_search_is_in_its_own_order(light_reader: Reader) -> None:
    def found(query: Query) -> Found:
        assert query.text == "feet"
        hits = [Hit(key, 1.0, Matched("name", "x")) for key in ("night-clinic", "gone", "day-clinic")]
        return Found(tuple(hits), 3, False, None, Plan(text=query.text))

    reader = Reader.of(replace(light_reader.site, search=found))
    assert reader.names("search=feet") == ["Night clinic", "Day clinic"]
    assert reader.names("search=feet&minimum_age=6") == ["Day clinic"]


def test_modified_after_is_exact_and_inclusive(reader: Reader) -> None:
    def modified() -> dict[str, str]:
        return {each["name"]: each["last_modified"] for each in reader.get("/services")["contents"]}

    def changed_by(what: Any) -> Sequence[str]:
        before = modified()
        what()
        after = modified()
        return sorted(name for name in after if after[name] != before.get(name))

    earlier, later = build.NOON - timedelta(hours=1), build.NOON + timedelta(hours=1)
    database = reader.site.database
    assert changed_by(lambda: reader.change("day-clinic", summary="New.", at=earlier)) == []
    reader.site.now = lambda: build.NOON + timedelta(hours=9)  # type: ignore[method-assign]
    assert changed_by(lambda: reader.change("day-clinic", summary="Newer.", at=later)) == ["Day clinic"]

    def check() -> None:
        with database.write() as connection:
            add_checks(connection, [("night-clinic", build.TODAY)], source="x", zone=build.LONDON, at=build.NOON)

    edit = Edit("community-trust", {"website": "https://trust.example"})
    assert changed_by(check) in ([], ["Night clinic"])
    whole = build.draft(organisations=(edit,), title="Website", kinds=("correction",))
    assert len(changed_by(lambda: build.change(database, whole, at=later + timedelta(minutes=5)))) == 3
    note_seen(database, clock=lambda: build.NOON)
    for name, at in modified().items():
        just_after = datetime.fromisoformat(at) + timedelta(microseconds=1)
        assert name in reader.names(f"modified_after={at}")
        assert name not in reader.names(f"modified_after={just_after:%Y-%m-%dT%H:%M:%S.%fZ}")


def test_a_change_to_come_modifies_on_its_day(light_reader: Reader) -> None:
    tomorrow = build.TODAY + timedelta(days=1)
    edit = build.draft(Edit("day-clinic", {"summary": "Soon."}), effective_from=tomorrow)
    before = light_reader.get("/services?modified_after=2026-11-22T12:00:00Z")
    build.change(light_reader.site.database, edit, at=build.NOON + timedelta(minutes=1))
    after = light_reader.get("/services?modified_after=2026-11-22T12:00:00Z")
    assert after["contents"] == before["contents"]
    note_seen(light_reader.site.database, clock=lambda: build.NOON + timedelta(minutes=1))
    light_reader.site.today = lambda: tomorrow  # type: ignore[method-assign]
    (body,) = light_reader.get("/services?modified_after=2026-11-23T00:00:00Z")["contents"]
    assert (body["name"], body["last_modified"]) == ("Day clinic", "2026-11-23T00:00:00.000000Z")


def test_what_closed_is_defunct_and_names_what_took_its_place(light_reader: Reader) -> None:
    link = Succession("day-clinic", "night-clinic", "replaced", build.TODAY)
    build.change(light_reader.site.database, build.draft(title="Replaced", succession=(link,)))
    bodies = {each["name"]: each for each in light_reader.get("/services?full=true")["contents"]}
    old, new = bodies["Day clinic"], bodies["Night clinic"]
    assert old["status"] == "defunct"
    (after,), (before,) = old["signpost"]["succeeded_by"], new["signpost"]["replaces"]
    assert (after["kind"], after["id"], after["name"]) == ("replaced", new["id"], "Night clinic")
    assert (before["effective_from"], before["id"]) == (build.TODAY.isoformat(), old["id"])


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=x", "per_page=501", "modified_after=yesterday", "minimum_age=old", "day=someday", "format=xml",
     "start_time=9am", "proximity=5", "postcode=x", "postcode=ZZ9 9ZZ&proximity=5", "full=perhaps", "search=%00"],
)  # fmt: skip
def test_what_cannot_be_read_is_a_problem(light_reader: Reader, query: str) -> None:
    found = light_reader.get(f"/services?{query}", 400)
    assert found["problems"][0]["where"] == query.rpartition("&")[2].partition("=")[0] or "ZZ9" in query


@pytest.mark.parametrize("name", ["services", "service_at_locations", "organizations", "taxonomies", "taxonomy_terms"])
def test_what_is_not_there_is_not_found(light_reader: Reader, name: str) -> None:
    for key in ("3fa85f64-5717-4562-b3fc-2c963f66afa6", "x", "%F0%9F%92%A9"):
        assert light_reader.get(f"/{name}/{key}", 404)["status"] == 404


def test_reading_takes_the_rights_of_the_json_api(light_reader: Reader) -> None:
    light_reader.site.settings = light_reader.site.settings.model_copy(update={"reading": "signed-in"})
    for route in routes():
        assert isinstance(route, Route)
        assert policy_of(route), route.path
        if "{" not in route.path:
            light_reader.get(route.path.removeprefix("/hsds"), 401)
            light_reader.get(route.path.removeprefix("/hsds"), Authorization=f"Bearer {READ_KEY}")
    preflight = light_reader.client.options("/hsds/services", headers={"Origin": "https://other.example"})
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "Authorization" in preflight.headers["access-control-allow-headers"]


def test_the_document_names_every_address_and_is_openapi(light_reader: Reader) -> None:
    document = light_reader.get("/openapi.json")
    # The bodies' schemas are others', at their own addresses.
    validate(json.loads(re.sub(r'"\$ref": "https[^"]+"', '"type": "object"', json.dumps(document))))
    paths = {
        route.path.removeprefix("/hsds").replace("{key}", "{id}") or "/"
        for route in routes()
        if isinstance(route, Route)
    }
    assert paths - {"/{path:path}", "/openapi.json"} == set(document["paths"])


def test_pages_hold_each_service_once_in_one_order(many: Reader) -> None:
    ids = [each["id"] for number in (1, 2, 3) for each in many.get(f"/services?page={number}")["contents"]]
    assert len(set(ids)) == SERVICES
    assert all(one != two for one, two in pairwise(ids))
