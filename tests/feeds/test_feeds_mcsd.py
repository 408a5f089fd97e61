"""A FHIR directory of somebody else's, read by `_history`: paged, deleted from, and sometimes broken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from directory.domain.service import Area, Contact, Eligibility, Location
from directory.store import source_words
from tests.feeds.serving import Answer, Feed, Reader


@dataclass
class Fhir:
    """A server of IHE mCSD: versions in the order in which they were written, so many a page."""

    feed: Feed
    versions: list[tuple[str, dict[str, Any] | None, str]] = field(default_factory=list)
    size: int = 2
    endpoints: bool = False
    clock: int = 0
    stamped: bool = True

    def put(self, **resource: Any) -> None:
        self.clock += 1
        at = f"2026-11-22T10:{self.clock:02d}:00.000+00:00"
        key = f"{resource['resourceType']}/{resource['id']}"
        self.versions.append((key, {**resource, "meta": {"lastUpdated": at}}, at))

    def delete(self, key: str) -> None:
        self.clock += 1
        self.versions.append((key, None, f"2026-11-22T10:{self.clock:02d}:00.000+00:00"))

    def answer(self, path: str, page: int) -> Answer | None:
        type_ = path.split("/")[2]
        if type_ == "Endpoint" and not self.endpoints:
            return 404, json.dumps({"resourceType": "OperationOutcome"}).encode()
        asked = self.feed.asked[-1]
        since = asked.partition("_since=")[2].partition("&")[0].replace("%3A", ":").replace("%2B", "+")
        found = [each for each in reversed(self.versions) if each[0].startswith(f"{type_}/") and each[2] >= since]
        shown = found[(page - 1) * self.size : page * self.size]
        links = [{"relation": "self", "url": asked}]
        if len(found) > page * self.size:
            following = f"{self.feed.url}/{type_}/_history?page={page + 1}&_since={since}"
            links.append({"relation": "next", "url": following})
        bundle: dict[str, Any] = {
            "resourceType": "Bundle",
            "type": "history",
            "link": links,
            "entry": [self.entry(key, body, at) for key, body, at in shown],
        }
        if self.stamped and self.versions:
            bundle["meta"] = {"lastUpdated": self.versions[-1][2]}
        return 200, json.dumps(bundle).encode()

    def entry(self, key: str, body: dict[str, Any] | None, at: str) -> dict[str, Any]:
        asked = {"method": "DELETE" if body is None else "PUT", "url": key}
        answered = {"status": "200", "lastModified": at}
        return {"request": asked, "response": answered} | ({} if body is None else {"resource": body})


@pytest.fixture
def fhir() -> Iterator[Fhir]:
    with Feed() as running:
        found = Fhir(running)
        running.broken = found.answer
        found.put(resourceType="Organization", id="o1", name="Eastmarsh Trust", active=True)
        found.put(
            resourceType="Location",
            id="l1",
            status="active",
            name="Health centre",
            address={"line": ["2 Quay Road"], "city": "Northmoor", "postalCode": "NM1 2AB"},
        )
        found.put(resourceType="Location", id="a1", status="active", name="Eastmarsh")
        for number in range(1, 6):
            found.put(**clinic(number))
        yield found


def clinic(number: int, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "HealthcareService",
        "id": f"s{number}",
        "active": True,
        "name": f"Clinic {number}",
        "providedBy": {"reference": "Organization/o1"},
        "location": [{"reference": "Location/l1"}],
        "coverageArea": [{"reference": "Location/a1"}],
        "type": [{"text": "Wound care"}],
        "telecom": [{"system": "phone", "value": "01632 960100"}, {"system": "fax", "value": "01632 960101"}],
        "availableTime": [
            {"daysOfWeek": ["mon", "tue"], "availableStartTime": "09:00:00", "availableEndTime": "17:00:00"}
        ],
        "eligibility": [{"comment": "Adults"}],
        **more,
    }


@pytest.fixture
def reader(_sqlite_template: Path, tmp_path: Path, fhir: Fhir) -> Iterator[Reader]:
    with Reader.over(_sqlite_template, tmp_path / "reader") as opened:
        opened.add("east", fhir.feed.url, kind="mcsd", at_most=50)
        yield opened


def test_all_of_it_is_read_and_then_only_what_changed(reader: Reader, fhir: Fhir) -> None:
    done = reader.poll("east")
    assert done.result == "Read 5 services: 5 new, 0 changed, 0 closed, 0 as before."
    found = reader.facts()["Clinic 1"]
    assert found.contacts == (Contact("phone", "01632 960100"),)
    assert found.locations == (Location("Health centre", "2 Quay Road, Northmoor", "NM1 2AB"),)
    assert (found.areas, found.needs) == ((Area("Eastmarsh"),), ("Wound care",))
    assert (found.hours, found.eligibility) == ("Mo,Tu 09:00-17:00", Eligibility("Adults"))
    fhir.feed.asked.clear()
    assert "0 new, 0 changed, 0 closed, 5 as before" in reader.poll("east").result
    assert all("_since=2026-11-22T10" in asked for asked in fhir.feed.asked if "Endpoint" not in asked)
    fhir.put(**clinic(2, name="Wound clinic"))
    # A place alone: every service that is seen there reads otherwise.
    fhir.put(resourceType="Location", id="l1", status="active", name="New centre", address={"postalCode": "NM1 3AB"})
    assert "5 changed" in reader.poll("east").result
    assert reader.facts()["Wound clinic"].former_names == ("Clinic 2",)
    assert reader.facts()["Clinic 1"].locations == (Location("New centre", "", "NM1 3AB"),)


def test_what_is_inactive_or_deleted_is_closed(reader: Reader, fhir: Fhir) -> None:
    reader.poll("east")
    fhir.put(**clinic(1, active=False))
    fhir.delete("HealthcareService/s2")
    assert "2 closed" in reader.poll("east").result
    assert [reader.facts()[f"Clinic {number}"].status for number in (1, 2, 3)] == ["closed", "closed", "active"]
    fhir.put(**clinic(2))
    assert "1 changed" in reader.poll("east").result
    assert reader.facts()["Clinic 2"].status == "active"
    # More than half at once is asked of an editor.
    for number in (2, 3, 4):
        fhir.delete(f"HealthcareService/s{number}")
    assert reader.poll("east").missing == 3
    assert reader.facts()["Clinic 3"].status == "active"


def test_a_server_that_stamps_no_bundle_is_read_by_its_newest_version(reader: Reader, fhir: Fhir) -> None:
    fhir.stamped = False
    reader.poll("east")
    fhir.put(**clinic(1, name="Wound clinic"))
    assert "1 changed" in reader.poll("east").result
    assert "_since=" in fhir.feed.asked[-1]


def test_half_of_a_directory_is_none_and_the_next_time_goes_on(reader: Reader, fhir: Fhir) -> None:
    reader.poll("east")
    for number in range(1, 6):
        fhir.put(**clinic(number, comment="New."))

    def broken(path: str, page: int) -> Answer | None:
        return (503, b"") if "HealthcareService" in path and page == 2 else fhir.answer(path, page)

    fhir.feed.broken = broken
    done = reader.poll("east")
    assert "HealthcareService: it answered 503 Service Unavailable. Nothing was changed." in done.result
    assert reader.facts()["Clinic 5"].summary == ""
    fhir.feed.broken = fhir.answer
    assert "5 changed" in reader.poll("east").result


NEXT_ELSEWHERE = b'{"resourceType": "Bundle", "link": [{"relation": "next", "url": "http://127.0.0.1:1/x"}]}'
BAD: tuple[tuple[bytes, str], ...] = (
    (b"<html>", "not FHIR as JSON"),
    (b"{", "not JSON"),
    (b'{"resourceType": "OperationOutcome"}', "not a Bundle of FHIR but OperationOutcome"),
    (NEXT_ELSEWHERE, "at another place"),
    (NEXT_ELSEWHERE.replace(b"127.0.0.1:1", b"[::1"), "at no address"),
    (b'{"resourceType": "Bundle", "link": [{"relation": "next", "url": "?page=1"}]}', "round in circles"),
    (b'{"resourceType": "Bundle", "entry": [1, {"resource": 2}], "link": 3}', "Read 0 services"),
)


def test_a_bad_server_says_what_is_wrong(reader: Reader, fhir: Fhir) -> None:
    for body, says in BAD:
        fhir.feed.broken = lambda path, page, body=body: (200, body)  # type: ignore[misc]
        assert says in reader.poll("east").result


def test_a_service_that_is_hardly_one_is_taken_as_far_as_it_goes(reader: Reader, fhir: Fhir) -> None:
    fhir.put(resourceType="HealthcareService", id="bare")
    fhir.put(
        **clinic(
            1,
            providedBy={"display": "Another Trust"},
            location=[{"reference": "Location/none"}, "nothing"],
            telecom=[{"system": "email", "value": "not mail"}],
            eligibility=[{"code": {"text": "Aged 70 to 16"}}],
            availableTime="never",
        )
    )
    done = reader.poll("east")
    assert "6 new" in done.result
    assert any("bare has no name" in note for note in done.notes)
    assert any("“not mail” is no email" in note for note in done.notes)
    assert reader.facts()["Unnamed service (bare)"].status == "paused"


def test_patient_data_is_nowhere_kept(reader: Reader, fhir: Fhir) -> None:
    reader.poll("east")
    fhir.put(**clinic(1, comment="Ask for John, NHS number 943 476 5919."))
    fhir.put(
        resourceType="Location", id="l1", status="active", name="Health centre", address={"text": "DOB 03/04/1956"}
    )
    done = reader.poll("east")
    assert "0 changed, 0 closed" in done.result
    assert any("HealthcareService/s1: it holds what looks like patient data" in note for note in done.notes)
    assert any("s2: Location/l1 holds what looks like patient data" in note for note in done.notes)
    with reader.database.read() as connection:
        kept = json.dumps(source_words.resources(connection, done.id))
    assert "943" not in kept
    assert "1956" not in kept
    # Put right there, it is followed again.
    fhir.put(**clinic(1, comment="Ask at the desk, +44 943 476 5919."))
    fhir.put(resourceType="Location", id="l1", status="active", name="Health centre")
    assert "5 changed" in reader.poll("east").result
