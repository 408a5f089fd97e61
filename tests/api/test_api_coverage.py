"""Open now, distance and the register of areas, as a program reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from directory.domain.area import Area as RegisterArea
from directory.domain.change import Edit
from directory.domain.query import Hit, Matched
from directory.domain.service import Area, Location
from directory.search.find import Found
from directory.search.plan import Plan
from directory.store import areas
from tests import build
from tests.api.conftest import Api, FakeSite, TestClient, app_of, hours

PASSING = ("open_now", "opens_at", "closes_at")


@pytest.fixture
def clinic(light_site: FakeSite) -> FakeSite:
    places = (Location("Health centre", "", "NM1 2AB", 54.605, 1.56),)
    edit = Edit("leg-ulcer-clinic", {"hours": "Mo-Fr 09:00-17:00; PH off", "locations": places})
    build.change(light_site.database, build.draft(edit))
    met = (Hit("leg-ulcer-clinic", 1.0, Matched("name", "Leg ulcer clinic")),)
    light_site.search = lambda query: Found(met, 1, True, None, Plan(text=query.text))
    return light_site


def at(site: FakeSite, *parts: int) -> TestClient:
    instant = datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]
    site.now = lambda: instant  # type: ignore[method-assign]
    site.today = lambda: instant.date()  # type: ignore[method-assign]
    return TestClient(app_of(site), raise_server_exceptions=False)


def passing(entry: dict[str, Any]) -> list[Any]:
    return [entry[key] for key in PASSING]


def test_an_entry_says_whether_it_is_open_and_until_when(clinic: FakeSite) -> None:
    path = "/api/v1/services/leg-ulcer-clinic"
    open_, shut = at(clinic, 2026, 11, 23, 10).get(path).json(), at(clinic, 2026, 11, 23, 20).get(path).json()
    assert passing(open_) == [True, None, "2026-11-23T17:00:00.000000Z"]
    assert passing(shut) == [False, "2026-11-24T09:00:00.000000Z", None]
    client = at(clinic, 2026, 11, 23, 10)
    assert passing(client.get(f"{path}?as_of=2026-11-22").json()) == [None] * 3
    assert passing(client.get(f"{path}?known_at=2026-11-22T13:00:00Z").json()) == [None] * 3
    assert passing(client.get("/api/v1/services").json()["items"][0])[0] is True
    assert passing(client.get("/api/v1/search?q=leg").json()["answer"])[0] is True


def test_hours_that_say_nothing_for_certain_are_null(clinic: FakeSite) -> None:
    build.change(clinic.database, build.draft(Edit("leg-ulcer-clinic", {"hours": "By appointment"})))
    entry = at(clinic, 2026, 11, 23, 10).get("/api/v1/services/leg-ulcer-clinic").json()
    assert (entry["hours"], passing(entry)) == ("By appointment", [None] * 3)


def test_closing_for_the_day_is_another_etag_but_no_conflict(clinic: FakeSite) -> None:
    path = "/api/v1/services/leg-ulcer-clinic"
    tag = at(clinic, 2026, 11, 23, 10).get(path).headers["etag"]
    assert at(clinic, 2026, 11, 23, 11).get(path, headers={"If-None-Match": tag}).status_code == 304
    evening = at(clinic, 2026, 11, 23, 20)
    assert evening.get(path, headers={"If-None-Match": tag}).status_code == 200
    body = hours("Mo-Fr 09:00-18:00; PH off", effective_from="2026-11-23")
    assert Api(evening).post(body, If_Match=tag).status_code == 201
    assert Api(evening).post(body | {"title": "Again"}, If_Match=tag).status_code == 412


def test_an_area_of_the_register_lists_what_covers_it_or_a_wider_one(clinic: FakeSite) -> None:
    register = [RegisterArea("Eastmarsh", code="E09", within=("Northmoor",)), RegisterArea("Northmoor")]
    with clinic.database.write() as connection:
        areas.put(connection, register, at=build.NOON)
    wide = build.opening("wide", areas=(Area("northmoor"), Area("Eastmarsh")))
    elsewhere = build.opening("elsewhere", areas=(Area("Northgate"),))
    build.change(clinic.database, build.draft(wide, elsewhere, kinds=("opened",)))
    client = at(clinic, 2026, 11, 23, 10)

    def listed(area: str) -> list[str]:
        return [each["slug"] for each in client.get(f"/api/v1/services?area={area}").json()["items"]]

    assert listed("Eastmarsh") == listed("eastmarsh") == listed("E09") == ["leg-ulcer-clinic", "wide"]
    assert listed("Northmoor") == ["wide"]
    assert listed("Northgate") == ["elsewhere"]
    assert listed("Nowhere") == []


def test_results_say_how_far_and_can_be_put_in_that_order(clinic: FakeSite) -> None:
    far = build.opening("far", locations=(Location("Far", "", "NM9 9ZZ", 55.0, 1.56),))
    nowhere = build.opening("nowhere")
    build.change(clinic.database, build.draft(far, nowhere, kinds=("opened",)))
    met = tuple(Hit(slug, 1.0, Matched("name", slug)) for slug in ("nowhere", "far", "leg-ulcer-clinic"))
    clinic.search = lambda query: Found(met, 3, False, None, Plan(text=query.text))
    client = at(clinic, 2026, 11, 23, 10)
    plain = client.get("/api/v1/search?q=leg&near=54.62,1.56").json()["results"]
    assert [(each["slug"], each["miles"]) for each in plain] == [
        ("nowhere", None), ("far", 26.26), ("leg-ulcer-clinic", 1.04)
    ]  # fmt: skip
    near = client.get("/api/v1/search?q=leg&near=NM12AB&sort=distance").json()["results"]
    assert [each["slug"] for each in near] == ["leg-ulcer-clinic", "far", "nowhere"]
    assert "miles" not in client.get("/api/v1/search?q=leg").json()["results"][0]
    unknown = client.get("/api/v1/search?q=leg&near=ZZ1+1ZZ")
    assert unknown.status_code == 400
    assert client.get("/api/v1/search?q=leg&sort=mood").status_code == 400
