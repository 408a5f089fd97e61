"""Searching: every parameter of IHE ITI-90, what it leads to, and pages of one state."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from directory.domain.change import Draft, Edit
from directory.domain.organisation import OrganisationMembership
from directory.domain.service import Area, Identifier, Location, Owner, ReferralRoute
from directory.store.imports import add_memberships
from tests import build
from tests.fhir.conftest import BASE, Fhir

OWN = f"{BASE}/fhir"


@pytest.fixture
def town(fhir: Fhir) -> Fhir:
    """A few services beside the clinic, and a practice that belongs to two others."""
    place = Location("Northmoor Hospital", "1 High Street", "ZZ1 1AA", 51.5, -0.1)
    build.change(
        fhir.site.database,
        Draft(
            title="More",
            what_to_do="Ring the trust.",
            effective_from=build.OPENED,
            kinds=("opened",),
            weight="minor",
            organisations=(build.organisation("practice", "Eastmarsh Surgery", kind="GP practice", ods_code="ZZP01"),),
            services=(
                build.opening(
                    "vascular-clinic",
                    team="vascular",
                    owner=Owner("hospital-trust", "vascular"),
                    setting="acute",
                    locations=(place,),
                    needs=("leg ulcer",),
                    identifiers=(Identifier("https://other.example/id", "a|b"),),
                    referral_routes=(ReferralRoute("self"), ReferralRoute("web", "https://v.example/refer")),
                ),
                build.opening("podiatry", name="Podiatry, élan", status="paused", areas=(Area("Northmoor", "E1"),)),
                build.opening("night-sitting", status="closed"),
            ),
        ),
    )
    members = [
        OrganisationMembership("practice", "community-trust", "commissioner", date(2025, 4, 1)),
        OrganisationMembership("practice", "hospital-trust", "group", date(2020, 1, 1), date(2024, 1, 1)),
    ]
    with fhir.site.database.write() as connection:
        ids = {each: each for each in ("practice", "community-trust", "hospital-trust")}
        add_memberships(connection, members, ids)
    fhir.follow()
    return fhir


CLINIC, VASCULAR, PODIATRY, NIGHT = "leg-ulcer-clinic", "vascular-clinic", "podiatry", "night-sitting"
SERVICES = {
    "": [CLINIC, NIGHT, PODIATRY, VASCULAR],
    "active=true": [CLINIC, VASCULAR],
    "active=false": [NIGHT, PODIATRY],
    "active=true,false&active=false": [NIGHT, PODIATRY],
    "characteristic=paused": [PODIATRY],
    f"characteristic={OWN}/CodeSystem/service-characteristic|self-referral": [VASCULAR],
    "_id=podiatry,night-sitting,nothing": [NIGHT, PODIATRY],
    "name=leg": [CLINIC],
    "name=ulcer": [],
    "name:contains=ULCER": [CLINIC],
    "name:contains=elan": [PODIATRY],
    r"name=podiatry\, elan": [PODIATRY],
    "name=vasc,leg": [CLINIC, VASCULAR],
    "name:exact=Leg ulcer clinic": [CLINIC],
    "name:exact=leg ulcer clinic": [],
    "name:contains=%": [],
    "organization=hospital-trust": [VASCULAR],
    "organization=Organization/hospital-trust": [VASCULAR],
    f"organization={OWN}/Organization/hospital-trust": [VASCULAR],
    "organization:Organization=hospital-trust": [VASCULAR],
    "organization.name=northmoor general": [VASCULAR],
    "organization.name:contains=COMMUNITY": [CLINIC, NIGHT, PODIATRY],
    "organization.identifier=https://fhir.nhs.uk/Id/ods-organization-code|ZZN02": [VASCULAR],
    "organization.active=true": [CLINIC, NIGHT, PODIATRY, VASCULAR],
    "location.name=northmoor hospital": [VASCULAR],
    "coverage-area.name=eastmarsh": [CLINIC],
    "service-type=leg ulcer": [CLINIC, VASCULAR],
    "service-type=leg ulcer&organization=community-trust": [CLINIC],
    f"service-type={OWN}/CodeSystem/need|leg ulcer,{OWN}/CodeSystem/setting|acute": [CLINIC, VASCULAR],
    f"service-type={OWN}/CodeSystem/setting|": [CLINIC, NIGHT, PODIATRY, VASCULAR],
    "service-type=|leg ulcer": [],
    "service-category=acute": [VASCULAR],
    r"identifier=https://other.example/id|a\|b": [VASCULAR],
    r"identifier=a\|b": [VASCULAR],
    f"identifier={OWN}/identifier/service|podiatry": [PODIATRY],
    "_lastUpdated=2026-11-22": [CLINIC, NIGHT, PODIATRY, VASCULAR],
    "_lastUpdated=gt2026-11-22": [],
    "_lastUpdated=ge2026-11-22T12:00:00Z": [CLINIC, NIGHT, PODIATRY, VASCULAR],
    "_lastUpdated=lt2026-11-22T12:00:00.000Z": [],
    "_lastUpdated=le2026-11": [CLINIC, NIGHT, PODIATRY, VASCULAR],
    "_lastUpdated=sa2026-11-22T11:59Z": [CLINIC, NIGHT, PODIATRY, VASCULAR],
    "_lastUpdated=eb2027,ne2026-11-22": [CLINIC, NIGHT, PODIATRY, VASCULAR],
    "_sort=-name": [VASCULAR, PODIATRY, NIGHT, CLINIC],
    "_sort=_lastUpdated,-_id": [VASCULAR, PODIATRY, NIGHT, CLINIC],
}


def test_services_are_found(town: Fhir) -> None:
    for query, wanted in SERVICES.items():
        assert town.found(f"HealthcareService?{_quoted(query)}") == wanted, query


def test_others_are_found(town: Fhir) -> None:
    for query, wanted in (
        ("Organization?type=team", 3),
        ("Organization?partof=community-trust", 2),
        ("Organization?partof.identifier=ZZN02", 1),
        ("Organization?type=gp practice", 1),
        ("Organization?endpoint=any", 0),
        ("Location?status=active", 3),
        ("Location?organization=hospital-trust", 1),
        ("Location?organization.name=northmoor", 1),
        ("Location?type=area", 2),
        ("Location?identifier=E1", 1),
        ("Location?address:contains=high", 1),
        ("Location?address-postalcode=zz1", 1),
        ("Endpoint?connection-type=email", 1),
        ("Endpoint?organization=hospital-trust&status=active&payload-type=any", 1),
        ("OrganizationAffiliation?active=true", 1),
        ("OrganizationAffiliation?primary-organization=hospital-trust", 1),
        ("OrganizationAffiliation?participating-organization=practice", 2),
        ("OrganizationAffiliation?role=commissioner", 1),
        ("OrganizationAffiliation?date=ge2026", 1),
        ("OrganizationAffiliation?date=lt2025", 1),
        ("OrganizationAffiliation?date=eb2024-01-01", 1),
        ("OrganizationAffiliation?date=sa2025-03-31", 1),
        ("OrganizationAffiliation?date=ap2022", 1),
        ("Practitioner?name=anybody", 0),
        ("PractitionerRole?organization=hospital-trust", 0),
    ):
        assert len(town.found(_quoted(query))) == wanted, query


def test_places_are_found_by_how_far_they_are(town: Fhir) -> None:
    # A tenth of a degree to the north is 11.12 km; to the east, here, 6.92 km.
    for near, wanted in (
        ("51.5|-0.1", 1),
        ("51.6|-0.1|11.1|km", 0),
        ("51.6|-0.1|11.2|km", 1),
        ("51.6|-0.1|11200|m", 1),
        ("51.6|-0.1|6.9|[mi_i]", 0),
        ("51.6|-0.1|7|mi", 1),
        ("51.5|0|6.9", 0),
        ("51.5|0.0|7", 1),
        ("51.5|0", 1),
        ("51.5|179.9|5000|km", 0),
        ("90|0|4300|km", 1),
        ("-51.5|179.9|20020|km", 1),
        ("0|0|1,51.5|-0.1|0", 1),
    ):
        assert len(town.found(f"Location?near={_quoted(near)}")) == wanted, near
    assert town.found(f"HealthcareService?location.near={_quoted('51.5|-0.1|1|km')}") == [VASCULAR]
    assert town.found(f"HealthcareService?location.near={_quoted('52.5|-0.1|1|km')}") == []


@pytest.mark.parametrize(
    "near",
    ["here", "51.5", "91|0", "0|181", "nan|0", "51.5|0|far", "51.5|0|-1", "51.5|0|nan", "51.5|0|1|ell", "1|2|3|m|5"],
)
def test_what_is_no_place_and_distance_is_refused(light_fhir: Fhir, near: str) -> None:
    light_fhir.refused(f"Location?near={_quoted(near)}", 400, "value")


def test_what_a_page_leads_to_comes_with_it(town: Fhir) -> None:
    def included(query: str) -> list[str]:
        entries = town.entries(query)
        return sorted(
            each["fullUrl"].removeprefix(f"{OWN}/") for each in entries if each["search"]["mode"] == "include"
        )

    assert included("HealthcareService?_include=HealthcareService:organization") == [
        "Organization/community-trust",
        "Organization/hospital-trust",
    ]
    assert included("HealthcareService?_id=podiatry&_include=HealthcareService:organization:Organization") == [
        "Organization/community-trust"
    ]
    place = included("HealthcareService?_id=vascular-clinic&_include=HealthcareService:location")
    assert place == included("Organization?_id=hospital-trust&_revinclude=Location:organization")
    assert len(place) == 1
    assert included("Organization?_id=hospital-trust&_revinclude=HealthcareService:organization") == [
        "HealthcareService/vascular-clinic"
    ]
    assert (
        len(included("Organization?_id=practice&_revinclude=OrganizationAffiliation:participating-organization")) == 2
    )
    # What matches is not there a second time.
    assert included("Organization?_include=Organization:partof") == []


def test_pages_are_of_one_state_whatever_is_published_meanwhile(town: Fhir) -> None:
    before = town.get("HealthcareService")["entry"]
    for order in ("", "&_sort=-_lastUpdated", "&_sort=name"):
        whole = town.get(f"HealthcareService?x=1{order}")["entry"][:-1]
        page = town.get(f"HealthcareService?_count=1{order}")
        seen = list(page["entry"])
        for number in range(3):
            title = f"During {order} {number}"
            edits = [Edit(each, {"name": title, "summary": title}) for each in (CLINIC, NIGHT, PODIATRY, VASCULAR)]
            build.change(town.site.database, build.draft(*edits, title=title))
            (following,) = (link["url"] for link in page["link"] if link["relation"] == "next")
            page = town.get(following)
            assert page["total"] == 4
            seen += page["entry"]
        assert [each["relation"] for each in page["link"]] == ["self"]
        assert seen == whole
    assert town.get("HealthcareService")["entry"] != before


def test_totals_and_counts(light_fhir: Fhir) -> None:
    assert light_fhir.get("Organization?_count=2")["total"] == 5
    assert "total" not in light_fhir.get("Organization?_total=none")
    assert "entry" not in light_fhir.get("Organization?_count=0")
    assert light_fhir.get("Organization?_summary=count")["total"] == 5
    assert light_fhir.get("Practitioner")["total"] == 0
    assert len(light_fhir.get("Organization?_count=999999999")["entry"]) == 5


def test_a_search_may_be_sent_as_a_form(town: Fhir) -> None:
    kind = "application/x-www-form-urlencoded"
    answer = town.post("/fhir/HealthcareService/_search?active=true", "name:contains=clinic&_count=1", kind=kind)
    assert answer["total"] == 2
    (following,) = (link["url"] for link in answer["link"] if link["relation"] == "next")
    assert len(town.get(following)["entry"]) == 1
    assert town.post("/fhir/HealthcareService/_search", "", kind=kind)["total"] == 4
    town.post("/fhir/HealthcareService/_search", "{}", 415, "application/json")
    town.post("/fhir/HealthcareService/_search", "_format=xml", 406, kind)
    town.post("/fhir/Patient/_search", "", 404, kind)


def test_what_is_unknown_is_named_or_refused(light_fhir: Fhir) -> None:
    answer = light_fhir.get("Organization?colour=red&_include=Organization:moon&_summary=true&name=northmoor")
    *matches, said = answer["entry"]
    assert len(matches) == 2
    assert said["search"] == {"mode": "outcome"}
    assert [issue["severity"] for issue in said["resource"]["issue"]] == ["warning"] * 3
    assert answer["link"][0]["url"] == f"{OWN}/Organization?name=northmoor"
    strict = {"Prefer": "return=minimal, handling=strict"}
    assert "colour" in light_fhir.refused("Organization?colour=red", 400, "not-supported", **strict)
    light_fhir.refused("Organization/_history?colour=red", 400, "not-supported", **strict)
    light_fhir.get("Organization?name=northmoor", 200, **strict)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("_lastUpdated=yesterday", "value"),
        ("_lastUpdated=2026-13", "value"),
        ("_lastUpdated=2026-11-22T25:00Z", "value"),
        ("_lastUpdated=0000", "value"),
        ("_lastUpdated=9999-12-31T23:59:59-14:00", "value"),
        ("_lastUpdated=0001-01-01T00:00:00%2B14:00", "value"),
        ("_count=-1", "value"),
        ("_count=many", "value"),
        ("_sort=colour", "value"),
        ("_total=some", "value"),
        ("_page=2", "value"),
        ("identifier=a|b|c", "value"),
        ("identifier=|", "value"),
        ("name=,", "value"),
        ("name:missing=true", "not-supported"),
        ("identifier:not=1", "not-supported"),
        ("partof:Location=1", "not-supported"),
        ("&".join(f"name=x{number}" for number in range(101)), "too-costly"),
    ],
)
def test_what_cannot_be_read_is_refused(light_fhir: Fhir, query: str, code: str) -> None:
    light_fhir.refused(f"Organization?{query}", 400, code)


def test_an_early_or_late_date_is_only_a_date(light_fhir: Fhir) -> None:
    assert light_fhir.found("Organization?_lastUpdated=lt0001") == []
    assert len(light_fhir.found("Organization?_lastUpdated=lt9998")) == 5


def test_until_everything_is_rendered_once_nothing_is_answered(sqlite_url: str) -> None:
    from directory.store.database import Database
    from tests.fhir.conftest import FakeSite

    database = Database(sqlite_url)
    build.directory(database)
    fhir = Fhir.of(FakeSite(database))
    fhir.refused("Organization", 503, "transient")
    assert fhir.client.get("/fhir/Organization").headers["retry-after"] == "10"
    fhir.follow()
    assert len(fhir.found("Organization")) == 5
    database.close()


def test_a_membership_that_is_taken_back_is_inactive(town: Fhir) -> None:
    from sqlalchemy import delete

    from directory.store.fhir_history import wait_for_members
    from directory.store.tables.nouns import organisation_memberships

    with town.site.database.write() as connection:
        connection.execute(delete(organisation_memberships))
        wait_for_members(connection, ["practice"])
    assert town.follow() == 1
    assert town.found("OrganizationAffiliation?active=true") == []
    assert len(town.found("OrganizationAffiliation")) == 2


def test_a_membership_begins_and_ends_by_itself(town: Fhir) -> None:
    day = build.TODAY + timedelta(days=2)
    given = [OrganisationMembership("community-trust", "hospital-trust", "group", day, day + timedelta(days=1))]
    with town.site.database.write() as connection:
        add_memberships(connection, given, {each: each for each in ("community-trust", "hospital-trust")})
    active = []
    for _ in range(5):
        town.follow()
        active.append(len(town.found("OrganizationAffiliation?role=group&active=true")))
        town.site.at += timedelta(days=1)
    assert active == [0, 0, 1, 0, 0]


def _quoted(query: str) -> str:
    return re.sub(" ", "%20", query.replace("%", "%25"))
