from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from directory.domain.service import Area, Contact, Eligibility, Identifier, Location, ReferralRoute
from directory.domain.source import Reading, SourceService
from directory.errors import Invalid
from directory.exchange.services_csv import COLUMNS, read

CLINIC = {
    "id": "LU-1",
    "slug": "leg-ulcer-clinic",
    "name": "Leg Ulcer Clinic",
    "former_names": "Ulcer Clinic; Leg Club",
    "status": "active",
    "setting": "community",
    "summary": "Dressings and compression.",
    "description": "Two **clinics** a week.",
    "eligibility": "Below the knee",
    "needs": "leg ulcer;compression ; leg ulcer",
    "areas": "Northmoor (E09000099); registered: Eastbeck (EAST)",
    "owner_organisation": "Northmoor Community Trust",
    "owner_ods_code": "rxy",
    "owner_team": "tissue-viability",
    "referral_method": "email",
    "referral_address": "tvn@northmoor.example",
    "referral_who": "Any nurse",
    "referral_urgency": "urgent",
    "referral_notes": "Photo welcome",
    "phone": "01632 960001; 01632 960002",
    "email": "clinic@northmoor.example",
    "website": "https://clinic.example",
    "address": "1 Mill Lane",
    "postcode": "nm1 1aa",
    "latitude": "53.5",
    "longitude": "-1.5",
    "opening_hours": "Mo-Fr 09:00-17:00",
    "age_min": "18",
    "age_max": "110",
    "checked_at": "2026-05-01",
    "effective_from": "03/06/2026",
}
LEAST = {"name": "Leg Ulcer Clinic", "owner_organisation": "Northmoor Community Trust"}


def id_of(service: SourceService) -> str:
    assert service.identifier is not None
    return service.identifier.value


def csv_of(*rows: dict[str, str]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(column for row in rows for column in row)))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def reading(*rows: dict[str, str]) -> Reading:
    return read(csv_of(*rows))


def only(**cells: str) -> SourceService:
    found = reading(LEAST | cells)
    assert found.problems == ()
    return found.services[0]


def test_every_column_has_its_place() -> None:
    found = reading(CLINIC)
    assert found.problems == ()
    (service,) = found.services
    assert (service.identifier, service.slug) == (Identifier("services-csv", "LU-1"), "leg-ulcer-clinic")
    assert (service.organisation.name, service.organisation.ods_code) == ("Northmoor Community Trust", "RXY")
    assert (service.team, service.row) == ("tissue-viability", 2)
    assert (service.checked_at, service.effective_from) == (date(2026, 5, 1), date(2026, 6, 3))
    assert service.set == {
        "name": "Leg Ulcer Clinic",
        "status": "active",
        "setting": "community",
        "summary": "Dressings and compression.",
        "description": "Two **clinics** a week.",
        "eligibility": Eligibility("Below the knee", 18, 110),
        "needs": ("leg ulcer", "compression"),
        "areas": (Area("Northmoor", "E09000099"), Area("Eastbeck (EAST)", basis="registered")),
        "referral_routes": (
            ReferralRoute("email", "tvn@northmoor.example", "Any nurse", "urgent", notes="Photo welcome"),
        ),
        "contacts": (
            Contact("phone", "01632 960001"),
            Contact("phone", "01632 960002"),
            Contact("email", "clinic@northmoor.example"),
            Contact("website", "https://clinic.example"),
        ),
        "locations": (Location("", "1 Mill Lane", "NM1 1AA", 53.5, -1.5),),
        "hours": "Mo-Fr 09:00-17:00",
        "former_names": ("Ulcer Clinic", "Leg Club"),
        "identifiers": (Identifier("services-csv", "LU-1"),),
    }


def test_two_columns_are_enough_and_set_nothing_else() -> None:
    service = only()
    assert service.identifier == Identifier("services-csv", "leg-ulcer-clinic")
    assert set(service.set) == {"name", "identifiers"}
    assert id_of(only(slug="other-slug")) == "other-slug"


def test_an_empty_cell_empties_its_field_but_not_status_or_setting() -> None:
    service = only(needs="", phone="", postcode="", age_min="", referral_method="", status="", setting="", summary="")
    assert {key: value for key, value in service.set.items() if key not in {"name", "identifiers"}} == {
        "needs": (),
        "contacts": (),
        "locations": (),
        "eligibility": Eligibility(),
        "referral_routes": (),
        "summary": "",
    }


def test_further_routes_come_in_the_order_of_their_numbers() -> None:
    service = only(
        referral_10_method="self",
        referral_2_method="phone",
        referral_2_address="01632 960001",
        referral_method="letter",
        referral_hours="weekdays",
        referral_3_who="",
    )
    assert service.set["referral_routes"] == (
        ReferralRoute("letter", hours="weekdays"),
        ReferralRoute("phone", "01632 960001"),
        ReferralRoute("self"),
    )


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (
            "name,owner_organisation,phones,nonsense",
            ["phones: there is no such column; did you mean phone?", "nonsense"],
        ),
        ("name,owner_organisation,name", ["name: the column is there more than once"]),
        ("name,phone", ["owner_organisation: the column is missing"]),
        ("name,,owner_organisation", ["column 2: it has no name"]),
        ("name,owner_organisation,referral_1_method", ["referral_1_method"]),
    ],
)
def test_columns_are_refused_by_name(header: str, said: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        read(f"{header}\na,b\n".encode())
    assert all(each in str(refused.value) for each in said)


def test_column_names_may_have_capitals_and_spaces_and_empty_columns_at_the_right() -> None:
    found = read(b"Name, Owner organisation ,,\nClinic,Trust,,\n")
    assert [service.set["name"] for service in found.services] == ["Clinic"]


@pytest.mark.parametrize(
    ("cells", "column", "said"),
    [
        ({"name": ""}, "name", "every service needs it"),
        ({"owner_organisation": " "}, "owner_organisation", "every service needs it"),
        ({"slug": "Leg Ulcer"}, "slug", "write it as leg-ulcer"),
        ({"slug": "x" * 301}, "slug", "write it as xxx"),
        ({"id": "x" * 301}, "id", "up to 300"),
        ({"owner_ods_code": "R-1"}, "owner_ods_code", "letters and digits"),
        ({"status": "open"}, "status", "active, paused, closed, planned"),
        ({"setting": "hospital"}, "setting", "acute"),
        ({"phone": "1632960001"}, "phone", "lost its leading 0"),
        ({"phone": "01632 960001; 2079460000"}, "phone", "“2079460000” has lost its leading 0"),
        ({"phone": "1.632E+09"}, "phone", "lost its leading 0"),
        ({"phone": "reception"}, "phone", "not a phone number"),
        ({"email": "clinic at trust"}, "email", "not a mail address"),
        ({"website": "javascript:alert(1)"}, "website", "not a web address"),
        ({"latitude": "north", "longitude": "1"}, "latitude", "decimal number"),
        ({"latitude": "53.5"}, "latitude", "both latitude and longitude"),
        ({"latitude": "95", "longitude": "1"}, "latitude", "between -90 and 90"),
        ({"age_min": "eighteen"}, "age_min", "whole years"),
        ({"owner_organisation": "#NAME?"}, "owner_organisation", "it holds #NAME?; put the value in its place"),
        ({"checked_at": "########"}, "checked_at", "not a date"),
        ({"age_max": "####"}, "age_max", "whole years"),
        ({"needs": "#N/A"}, "needs", "it holds #N/A; put the value in its place"),
        ({"id": "1.23457E+11"}, "id", "has lost digits"),
        ({"age_min": "40", "age_max": "20"}, "age_min", "above the oldest"),
        ({"areas": "(E09000099)"}, "areas", "names no area"),
        ({"referral_address": "tvn@northmoor.example"}, "referral_method", "say how to refer"),
        ({"referral_method": "fax"}, "referral_method", "not one of"),
        ({"referral_2_method": "email", "referral_2_address": "nobody"}, "referral_2_address", "not a mail address"),
        ({"referral_method": "phone", "referral_address": "1632960001"}, "referral_address", "leading 0"),
        ({"referral_method": "self", "referral_urgency": "soon"}, "referral_urgency", "routine, urgent, emergency"),
        ({"checked_at": "31/02/2026"}, "checked_at", "not a date"),
        ({"effective_from": "next week"}, "effective_from", "not a date"),
    ],
)
def test_a_bad_cell_is_a_problem_that_says_what_to_do(cells: dict[str, str], column: str, said: str) -> None:
    found = reading(CLINIC, LEAST | cells)
    assert [(problem.row, problem.column) for problem in found.problems] == [(3, column)]
    assert said in found.problems[0].reason
    assert len(found.services) == 1


@pytest.mark.parametrize("phone", ["111", "999", "+44 1632 960001", "0800 1111", "(01632) 960001 ext. 5", "116 123"])
def test_numbers_that_people_dial_are_taken(phone: str) -> None:
    assert only(phone=phone).set["contacts"] == (Contact("phone", phone),)


def test_all_mistakes_of_a_row_are_named_at_once() -> None:
    found = reading({**LEAST, "status": "open", "email": "x", "age_min": "old"})
    assert {problem.column for problem in found.problems} == {"status", "email", "age_min"}


@pytest.mark.parametrize(
    "other", [{"id": "1", "slug": ""}, {"id": "", "slug": "leg-ulcer-clinic"}], ids=["same id", "same name and slug"]
)
def test_two_rows_of_one_service_are_problems_both(other: dict[str, str]) -> None:
    first = {**LEAST, "id": "1", "slug": ""} if other["id"] else {**LEAST, "id": "", "slug": ""}
    found = reading(first, LEAST | other)
    assert [problem.row for problem in found.problems] == [2, 3]
    assert "on rows 2 and 3" in found.problems[0].reason


@pytest.mark.parametrize("text", ["=1+1", "+44", "-none-", "@clinic", "=cmd|' /C calc'!A0"])
def test_a_cell_that_a_spreadsheet_would_run_is_text(text: str) -> None:
    assert only(summary=text).set["summary"] == text


@pytest.mark.parametrize("data", [b"PK\x03\x04 nothing more", b"", b"\n\n"])
def test_what_cannot_be_opened_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match=r"cannot be opened|has no rows"):
        read(data)


def test_the_documented_columns_are_all_known() -> None:
    header = ",".join(COLUMNS)
    assert read(f"{header}\n".encode()).services == ()
