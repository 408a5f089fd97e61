from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from directory.domain.service import Area, Contact, Eligibility, Identifier, Location
from directory.domain.source import Reading, SourceService
from directory.errors import Invalid
from directory.exchange.hsds import read

OLD = {
    "id": "s-1",
    "name": "Tea &amp; Talk",
    "description": "<p>A weekly&nbsp;group.</p>",
    "url": "http:www.tea.example",
    "email": "hello@tea.example",
    "status": "active",
    "fees": "Free",
    "assured_date": "2023-06-07",
    "organization": {"id": "o-1", "name": "Northmoor Friends", "url": "https://friends.example", "description": ""},
    "contacts": [{"name": "Sam", "phones": [{"number": "01632 960001"}]}],
    "service_at_locations": [
        {
            "location": {
                "name": "The Hall",
                "latitude": 53.5,
                "longitude": -1.5,
                "physical_addresses": [{"address_1": "1 Mill Lane", "city": "Northmoor", "postal_code": "nm1 1aa"}],
            },
            "regular_schedule": [{"byday": "TU", "freq": "WEEKLY", "opens_at": "10:00", "closes_at": "12:00"}],
        }
    ],
    "eligibilitys": [{"eligibility": "Adults", "minimum_age": 18, "maximum_age": None}],
    "service_areas": [{"service_area": "Northmoor", "uri": "https://areas.example/E09000099"}],
    "service_taxonomys": [{"taxonomy": {"name": "Loneliness"}}],
    "pc_targetAudience": [{"audienceType": "Low Income>Unemployed "}, {"audienceType": "Carers"}],
}
NEW = {
    "id": "s-2",
    "name": "Leg Ulcer Clinic",
    "status": "temporarily closed",
    "alternate_name": "LUC",
    "description": "Dressings.",
    "phones": [{"number": '"+44 1632 960002"', "extension": 7}, {"number": "01632 960003", "type": "fax"}],
    "additional_urls": [{"label": "Refer", "url": "https://refer.example"}],
    "organization": {"id": "o-2", "name": "Northmoor Community Trust", "website": "https://trust.example"},
    "schedules": [{"freq": "WEEKLY", "byday": "MO,TU,WE", "opens_at": "09:00", "closes_at": "17:00"}],
    "service_areas": [{"name": "Eastbeck"}],
    "eligibility_description": "Ulcers below the knee",
    "minimum_age": 18,
    "maximum_age": 110,
    "attributes": [{"taxonomy_term": {"name": "Wounds"}}],
    "cost_options": [{"option": "Bandages", "amount": 5, "currency": "gbp"}],
    "assured_date": "2025-01-02",
}


def id_of(service: SourceService) -> str:
    assert service.identifier is not None
    return service.identifier.value


def reading(*entries: object) -> Reading:
    return read(json.dumps(entries).encode())


def only(*entries: object) -> SourceService:
    (service,) = reading(*entries).services
    return service


def test_an_entry_of_versions_1_and_2() -> None:
    service = only(OLD)
    assert service.identifier == Identifier("hsds", "s-1")
    assert (service.row, service.checked_at) == (1, date(2023, 6, 7))
    assert service.organisation.set == {"name": "Northmoor Friends", "website": "https://friends.example"}
    assert service.set == {
        "name": "Tea & Talk",
        "status": "active",
        "description": "A weekly group.\n\n**Cost:** Free",
        "contacts": (
            Contact("email", "hello@tea.example"),
            Contact("website", "http://www.tea.example"),
            Contact("phone", "01632 960001", "Sam"),
        ),
        "locations": (Location("The Hall", "1 Mill Lane, Northmoor", "NM1 1AA", 53.5, -1.5),),
        "areas": (Area("Northmoor", "E09000099"),),
        "eligibility": Eligibility("Adults", 18, None),
        "needs": ("Low Income", "Unemployed", "Carers", "Loneliness"),
        "hours": "Tu 10:00-12:00",
        "identifiers": (Identifier("hsds", "s-1"),),
    }


def test_an_entry_of_version_3() -> None:
    service = only(NEW)
    assert service.set == {
        "name": "Leg Ulcer Clinic",
        "status": "paused",
        "description": "Dressings.\n\n**Also known as:** LUC\n\n**Cost:** Bandages: £5",
        "contacts": (
            Contact("phone", "+44 1632 960002 (ext. 7)"),
            Contact("website", "https://refer.example", "Refer"),
        ),
        "areas": (Area("Eastbeck"),),
        "eligibility": Eligibility("Ulcers below the knee", 18, 110),
        "needs": ("Wounds",),
        "hours": "Mo-We 09:00-17:00",
        "identifiers": (Identifier("hsds", "s-2"),),
    }


@pytest.mark.parametrize(
    "data",
    [
        json.dumps([OLD, NEW]),
        json.dumps({"total_items": 2, "contents": [OLD, NEW]}),
        json.dumps({"items": [OLD, NEW]}),
        f"{json.dumps(OLD)}\n\n{json.dumps(NEW)}\n",
        "\ufeff" + json.dumps({"services": [OLD, NEW]}, ensure_ascii=False),
    ],
    ids=["list", "page", "items", "one on each line", "services"],
)
def test_services_come_as_a_list_a_page_or_lines(data: str) -> None:
    assert [service.row for service in read(data.encode()).services] == [1, 2]


def test_one_service_alone_and_those_of_one_organisation() -> None:
    assert id_of(read(json.dumps(OLD).encode()).services[0]) == "s-1"
    bare = {key: value for key, value in NEW.items() if key != "organization"}
    (service,) = read(json.dumps({"id": "o-9", "name": "The Trust", "services": [bare]}).encode()).services
    assert service.organisation.name == "The Trust"


@pytest.mark.parametrize(
    "data", [b"[{]", b"{}", b"7", b"[1, 2]", b'{"contents": [{"id": "o", "name": "An organisation"}]}', b"[" * 100_000]
)
def test_what_is_no_list_of_services_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match="JSON"):
        read(data)


def test_an_entry_without_an_id_is_a_problem() -> None:
    found = reading(OLD, {**NEW, "id": " "}, "text", {**NEW, "id": "x" * 301})
    assert [(problem.row, problem.column) for problem in found.problems] == [(2, "id"), (3, ""), (4, "id")]
    assert len(found.services) == 1


def test_of_a_repeated_id_the_first_is_taken_and_both_rows_are_named() -> None:
    found = reading(OLD, NEW, {**OLD, "name": "Another"})
    assert [service.set["name"] for service in found.services] == ["Tea & Talk", "Leg Ulcer Clinic"]
    assert found.problems == ()
    assert [str(notice) for notice in found.notices] == [
        "row 3, id: s-1 is repeated, on rows 1 and 3; only row 1 is taken"
    ]


def test_without_a_name_it_comes_in_paused_for_somebody_to_mend() -> None:
    found = reading({**OLD, "id": "def5ccd4-f121-df4d", "name": "  "})
    assert found.services[0].set["name"] == "Unnamed service (def5ccd4)"
    assert found.services[0].set["status"] == "paused"
    assert [notice.column for notice in found.notices] == ["name"]


@pytest.mark.parametrize("organization", [None, {}, {"id": "o-1", "name": ""}, "text"])
def test_without_an_organisation_it_is_its_own_provider(organization: object) -> None:
    found = reading({**OLD, "organization": organization})
    assert found.services[0].organisation.set["name"] == "Tea & Talk"
    assert [notice.column for notice in found.notices] == ["organization"]


def test_one_organisation_is_one_however_its_name_is_written() -> None:
    again = {"id": "o-3", "name": "NORTHMOOR friends", "url": "https://other.example"}
    found = reading(OLD, {**NEW, "organization": again})
    assert found.services[0].organisation is found.services[1].organisation
    assert [(notice.row, notice.column) for notice in found.notices] == [(2, "organization")]


def test_empty_text_is_no_value_and_an_absent_key_leaves_the_field_alone() -> None:
    service = only({"id": "x", "name": "N", "status": "", "email": "", "url": "", "organization": {"name": "O"}})
    assert service.set == {"name": "N", "contacts": (), "identifiers": (Identifier("hsds", "x"),)}
    assert service.checked_at is None


@pytest.mark.parametrize(
    ("entry", "column"),
    [
        ({"email": "hello at tea"}, "email"),
        ({"url": "Warmley Hall"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"phones": [{"number": "none"}]}, "phones"),
        ({"minimum_age": 40, "maximum_age": 20}, "minimum_age"),
        ({"minimum_age": 400}, "minimum_age"),
        ({"locations": [{"latitude": 100, "longitude": 1}]}, "latitude"),
        ({"assured_date": "last week"}, "assured_date"),
        ({"status": "asleep"}, "status"),
    ],
)
def test_what_is_odd_is_left_out_with_a_notice(entry: dict[str, object], column: str) -> None:
    found = reading({"id": "x", "name": "N", "status": "active", "organization": {"name": "O"}, **entry})
    assert found.problems == ()
    assert [notice.column for notice in found.notices] == [column]


@pytest.mark.realdata
def test_the_real_feed_comes_in_as_it_is(real_data: Path) -> None:
    found = read((real_data / "oruk-bristol-2024-12.json").read_bytes())
    assert (len(found.services), found.problems) == (818, ())
    repeated = [notice for notice in found.notices if notice.column == "id"]
    assert [notice.row for notice in repeated] == [811]
    assert "2af617e5-4532-bebe-1036-ffdf2e93ce55 is repeated, on rows 374 and 811" in repeated[0].reason
    for service in found.services:
        assert str(service.set["name"]).strip()
        assert not re.search(r"<[a-z/]|&nbsp;|\xa0|javascript:", str(service.set["description"]), re.IGNORECASE)
        contacts = service.set["contacts"]
        assert isinstance(contacts, tuple)
        assert all(contact.value.strip() for contact in contacts)


@pytest.mark.realdata
@pytest.mark.parametrize("standard", ["hsds-3.0", "oruk-3.0"])
@pytest.mark.parametrize("name", ["service_full.json", "service_list.json"])
def test_the_examples_of_the_standards_are_read(real_data: Path, standard: str, name: str) -> None:
    found = read((real_data.parent / "standards" / standard / "examples" / name).read_bytes())
    assert (len(found.services), found.problems) == (1, ())
    assert found.services[0].organisation.name == "Example Organization Inc."
