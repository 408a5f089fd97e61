"""Where, when and for whom: areas in words, open now, maps and distance on the pages."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from directory.domain.area import Area as RegisterArea
from directory.domain.change import Draft, Edit
from directory.domain.organisation import OrganisationMembership
from directory.domain.service import Area, Location
from directory.store import areas, imports
from directory.store.versions import find_ids
from tests import build
from tests.web.conftest import FoundSite, client_of, found, hit, words_of

HEALTH_CENTRE = Location("Health centre", "2 Quay Road", "NM1 2AB", 54.605, 1.56)
HALL = Location("Hall", "1 High Street", "NM2 1AA")
# A Sunday, when the tests' present day is; the clinic is open on weekdays.
MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def marsh(site: FoundSite) -> FoundSite:
    facts = {
        "hours": "Mo-Fr 09:00-17:00; PH off",
        "locations": (HEALTH_CENTRE, HALL),
        "areas": (Area("Eastmarsh", basis="registered"), Area("Southfen")),
    }
    build.change(site.database, build.draft(Edit("leg-ulcer-clinic", facts), title="Where and when"))
    diet = {"locations": (Location("Far", "", "NM9 9ZZ", 55.0, 1.56),), "hours": "Ask the desk"}
    build.change(site.database, build.draft(Edit("adult-dietetics", diet), title="Diet moves"))
    with site.database.write() as connection:
        areas.put(connection, [RegisterArea("Eastmarsh", "borough"), RegisterArea("Far Moor")], at=build.NOON)
    site.clock = lambda: MONDAY
    site.finds = lambda query: found(hit("adult-dietetics"), hit("childrens-dietetics"), hit("leg-ulcer-clinic"))
    return site


def read(site: FoundSite, path: str, status: int = 200) -> str:
    answer = client_of(site).get(path)
    assert answer.status_code == status
    return str(answer.text)


def test_the_page_says_whether_it_is_open_as_one_reads(marsh: FoundSite) -> None:
    assert "Open now until 5pm" in read(marsh, "/services/leg-ulcer-clinic")
    marsh.clock = lambda: datetime(2026, 11, 23, 20, tzinfo=UTC)
    assert "Closed now. Opens tomorrow 9am" in read(marsh, "/services/leg-ulcer-clinic")
    marsh.clock = lambda: datetime(2026, 12, 25, 20, tzinfo=UTC)
    assert "Bank holiday: closed. Opens Tuesday 9am" in read(marsh, "/services/leg-ulcer-clinic")


def test_free_text_is_shown_as_written_and_nothing_is_guessed(marsh: FoundSite) -> None:
    html = read(marsh, "/services/adult-dietetics")
    assert "Ask the desk" in html
    assert "app-now" not in html


def test_a_paused_service_and_a_past_day_are_never_open(marsh: FoundSite) -> None:
    assert "Open now" not in read(marsh, "/services/leg-ulcer-clinic/as-of/2026-11-22")
    build.change(
        marsh.database, build.draft(Edit("leg-ulcer-clinic", {"status": "paused"}), effective_from=date(2026, 11, 23)),
        at=MONDAY,
    )  # fmt: skip
    assert "Open now" not in read(marsh, "/services/leg-ulcer-clinic")


def test_places_lead_to_a_map_and_ask_nobody_else(marsh: FoundSite) -> None:
    html = read(marsh, "/services/leg-ulcer-clinic")
    assert 'href="geo:54.605,1.56"' in html
    assert 'href="https://www.openstreetmap.org/?mlat=54.605&amp;mlon=1.56#map=17/54.605/1.56"' in html
    assert 'href="https://www.openstreetmap.org/search?query=1+High+Street%2C+NM2+1AA"' in html
    assert not re.findall(r'(?:src|srcset|action)="https?:', html)
    past = read(marsh, "/services/leg-ulcer-clinic/as-of/2026-11-22")
    assert "openstreetmap" not in past
    assert "Health centre, 2 Quay Road, NM1 2AB" in past


def test_areas_are_said_in_words(marsh: FoundSite) -> None:
    said = words_of(read(marsh, "/services/leg-ulcer-clinic"))
    assert "People registered with a GP in Eastmarsh" in said
    assert "People who live in Southfen" in said


def test_results_say_how_far_and_whether_open(marsh: FoundSite) -> None:
    said = words_of(read(marsh, "/find?q=leg&near=54.62,1.56"))
    assert "Open now until 5pm. 1 mile away" in said
    assert "26 miles away" in said
    order = [said.index(name) for name in ("Leg ulcer clinic", "Adult dietetics", "Childrens dietetics")]
    assert order[1] < order[0]
    near = words_of(read(marsh, "/find?q=leg&near=nm12ab&sort=distance"))
    order = [near.index(name) for name in ("Leg ulcer clinic", "Adult dietetics", "Childrens dietetics")]
    assert order == sorted(order)
    assert "less than 0.1 miles away" in near


def test_a_result_says_for_the_patients_of_which_practice_it_is(marsh: FoundSite) -> None:
    edits = tuple(
        build.organisation(slug, name, ods_code=code, kind=kind)
        for slug, name, code, kind in (
            ("harbour", "Harbour Street Practice", "ZZN81", "gp-practice"),
            ("part", "Eastmarsh", "ZZN91", ""),
        )
    )
    opened = Draft(title="Practices", effective_from=build.OPENED, kinds=("opened",), organisations=edits, why="New.")
    build.change(marsh.database, opened)
    with marsh.database.write() as connection:
        ids = find_ids(connection, "organisation", ["harbour", "part"])
        belongs = OrganisationMembership("harbour", "part", "commissioner", build.OPENED)
        imports.add_memberships(connection, [belongs], ids)
    said = words_of(read(marsh, "/find?q=leg+zzn81"))
    assert said.count("Takes patients registered with a GP in Eastmarsh, as Harbour Street Practice is") == 1
    assert "as Harbour" not in words_of(read(marsh, "/find?q=leg"))


def test_a_place_that_nobody_knows_is_named_beside_the_answer(marsh: FoundSite) -> None:
    html = read(marsh, "/find?q=leg&near=ZZ1+1ZZ", 422)
    assert "We do not know where “ZZ1 1ZZ” is" in html
    assert "Leg ulcer clinic" in html
    assert "away" not in words_of(html)


def test_the_area_filter_offers_the_register(marsh: FoundSite) -> None:
    html = read(marsh, "/find?q=leg")
    assert re.findall(r'<option value="([^"]*)"></option>', html) == ["Eastmarsh", "Far Moor"]
