"""The whole directory as a file of FHIR: it satisfies both validators, and comes in again as no change at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from directory.actions.export import Export
from directory.actions.export_fhir import export_fhir
from directory.actions.import_services import Import, Imported, import_file
from directory.domain.change import Edit
from directory.domain.policy import OPERATOR
from directory.domain.source import Reading
from directory.errors import Invalid
from directory.exchange.fhir_bundle import FORMAT
from directory.exchange.reading import read, read_bytes
from directory.shapes import to_plain
from directory.store.database import Database
from directory.store.standing import standing
from tests import build
from tests.fhir.conftest import BASE
from tests.fhir.validating import wrong
from tests.hsds.furnished import empty, furnish_full, furnish_starter, services

LATER = build.NOON.replace(hour=13)


@pytest.fixture
def template(_sqlite_template: Path) -> Path:
    return _sqlite_template


def take(database: Database, reading: Reading) -> Imported:
    return import_file(database, Import(reading, "a file", OPERATOR, LATER, build.LONDON, build.TODAY))


def export(database: Database, out: Path, **given: Any) -> dict[str, Any]:
    export_fhir(database, Export(out, given.get("on", build.TODAY), build.LONDON, base_url=BASE))
    bundle: dict[str, Any] = json.loads(out.read_text())
    return bundle


def said(database: Database) -> dict[str, Any]:
    """What each service says, but for the ids that a file gives it, and by which organisation of another id."""
    return {
        slug: to_plain(replace(facts, identifiers=tuple(it for it in facts.identifiers if it.system != FORMAT)))
        | {"owner": 0}
        for slug, facts in services(database).items()
    }


def owners(database: Database) -> list[dict[str, Any]]:
    """What the organisations that run something say."""
    with database.read() as connection:
        rows = [row for found in standing(connection, "organisation", on=build.TODAY) for row in found]
    running = {facts.owner.organisation for facts in services(database).values()}
    found = [to_plain(row.facts) for row in rows if row.subject_id in running]
    return sorted(found, key=json.dumps)


@pytest.mark.parametrize("furnish", [furnish_starter, furnish_full])
def test_a_file_is_valid_and_comes_in_again_as_no_change(
    furnish: Callable[[Database], None], template: Path, tmp_path: Path
) -> None:
    with empty(template, tmp_path / "here") as database:
        furnish(database)
        file = tmp_path / "out.json"
        resources = [entry["resource"] for entry in export(database, file)["entry"]]
        assert len({(each["resourceType"], each["id"]) for each in resources}) == len(resources)
        assert sum(each["resourceType"] == "HealthcareService" for each in resources) == len(services(database))
        assert wrong(resources) == []
        assert take(database, read(file)).changes == ()
        with empty(template, tmp_path / "elsewhere") as other:
            take(other, read(file, FORMAT))
            assert said(other) == said(database)
            assert owners(other) == owners(database)
            assert take(other, read(file)).changes == ()
            again = tmp_path / "again.json"
            export(other, again)
            assert take(other, read(again)).changes == ()


def test_what_is_edited_in_a_file_is_a_change_and_nothing_else_is(template: Path, tmp_path: Path) -> None:
    with empty(template, tmp_path / "here") as database:
        build.directory(database)
        build.change(database, build.draft(Edit("leg-ulcer-clinic", {"hours": "Mo[1] 09:00-12:00"})))
        bundle = export(database, tmp_path / "out.json")
        (entry,) = (each for each in bundle["entry"] if each["resource"]["resourceType"] == "HealthcareService")
        entry["resource"]["comment"] = "Both legs."
        before = services(database)["leg-ulcer-clinic"]
        (published,) = take(database, read_bytes(json.dumps(bundle).encode(), "out.json")).changes
        assert published.change.effective_from == build.TODAY
        assert services(database)["leg-ulcer-clinic"] == replace(before, summary="Both legs.")
        entry["resource"]["availabilityExceptions"] = "Ring first"
        take(database, read_bytes(json.dumps(bundle).encode(), "out.json"))
        assert services(database)["leg-ulcer-clinic"].hours == "Ring first"


def test_another_day_is_written_as_it_was(template: Path, tmp_path: Path) -> None:
    with empty(template, tmp_path / "here") as database:
        build.directory(database)
        build.change(database, build.draft(Edit("leg-ulcer-clinic", {"summary": "Both legs."})))
        for day, wanted in ((build.TODAY, "Both legs."), (build.OPENED, None)):
            bundle = export(database, tmp_path / "out.json", on=day)
            (found,) = (
                each["resource"] for each in bundle["entry"] if each["resource"]["resourceType"] == "HealthcareService"
            )
            assert (found.get("comment") == "Both legs.") is (wanted is not None)
        assert export(database, tmp_path / "out.json", on=date(1900, 1, 1)) == {
            "resourceType": "Bundle", "type": "collection",
        }  # fmt: skip


def test_a_file_of_another_server_is_known_again_by_its_addresses(template: Path, tmp_path: Path) -> None:
    def file(name: str, **more: Any) -> bytes:
        service = {"resourceType": "HealthcareService", "id": "7", "name": name, "providedBy": {"reference": "urn:o"}}
        trust = {"resourceType": "Organization", "name": "A Trust"}
        listed = [
            {"fullUrl": "https://a.example/r4/HealthcareService/7", "resource": service},
            {"fullUrl": "urn:o", "resource": trust},
        ]
        return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": listed, **more}).encode()

    with empty(template, tmp_path / "here") as database:
        take(database, read_bytes(file("Foot clinic"), "a.json"))
        ((slug, facts),) = services(database).items()
        assert (facts.name, slug) == ("Foot clinic", "foot-clinic")
        assert [(each.system, each.value) for each in facts.identifiers] == [
            ("fhir", "https://a.example/r4/HealthcareService/7")
        ]
        take(database, read_bytes(file("Foot service"), "a.json"))
        assert services(database)[slug].name == "Foot service"
        assert services(database)[slug].former_names == ("Foot clinic",)
        with pytest.raises(Invalid, match="one page of a longer answer"):
            read_bytes(file("Foot clinic", link=[{"relation": "next", "url": "https://a.example/r4?page=2"}]), "a.json")


@pytest.mark.parametrize(
    "exact", ["", "{}", "[]", "nothing", '{"of":1}', '{"of":"","fields":{"name":1},"owner":{}}', '{"fields":{"x":{}}}']
)
def test_exact_words_that_cannot_be_read_are_left_alone(template: Path, tmp_path: Path, exact: str) -> None:
    with empty(template, tmp_path / "here") as database:
        build.directory(database)
        bundle = export(database, tmp_path / "out.json")
        for entry in bundle["entry"]:
            for each in entry["resource"].get("extension", ()):
                if each["url"].endswith("/exact"):
                    each["valueString"] = exact
        before = services(database)
        reading = read_bytes(json.dumps(bundle).encode(), "out.json")
        assert [service.set["name"] for service in reading.services] == ["Leg ulcer clinic"]
        take(database, reading)
        assert services(database).keys() == before.keys()
