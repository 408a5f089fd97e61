"""What goes out as Open Referral satisfies both sets of schemas, and comes in again as no change at all."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from directory.actions.export import Export, export_folder, export_sheet
from directory.actions.import_content import import_folder
from directory.actions.import_services import Import, Imported, import_file
from directory.actions.open_referral import export_hsds
from directory.content.folder import read_folder
from directory.domain.change import Edit
from directory.domain.policy import OPERATOR
from directory.domain.source import Reading
from directory.exchange.reading import read
from directory.shapes import to_plain
from directory.store.database import Database
from tests import build
from tests.examples import THOROUGH
from tests.hsds.furnished import empty, furnish_full, furnish_starter, services
from tests.hsds.schemas import needs_standards, wrong

# The whole of the real files takes minutes: HYPOTHESIS_PROFILE=thorough.
thorough = pytest.mark.skipif(not THOROUGH, reason="HYPOTHESIS_PROFILE=thorough takes the real files whole")
LATER = build.NOON + timedelta(hours=1)


@pytest.fixture
def template(_sqlite_template: Path) -> Path:
    return _sqlite_template


def take(database: Database, reading: Reading) -> Imported:
    return import_file(database, Import(reading, "a file", OPERATOR, LATER, build.LONDON, build.TODAY))


def export(database: Database, out: Path) -> Path:
    export_hsds(database, Export(out, build.TODAY, build.LONDON, base_url="https://signpost.example"))
    return out


def check_all_ways(database: Database, folder: Path, template: Path) -> None:
    """In, out, in, of each format: no change here, and the same again in an empty directory."""
    first = export(database, folder / "out.json")
    assert take(database, read(first)).changes == ()
    assert take(database, read(first, "hsds")).changes == ()
    export_sheet(database, Export(folder / "out.csv", build.TODAY, build.LONDON))
    assert take(database, read(folder / "out.csv")).changes == ()
    export_folder(database, Export(folder / "out", build.TODAY, build.LONDON))
    markdown = read_folder(folder / "out")
    assert import_folder(database, markdown, by=OPERATOR, at=LATER, zone=build.LONDON).changes == ()
    with empty(template, folder / "elsewhere") as other:
        take(other, read(first))
        assert said(other) == said(database)
        assert take(other, read(first)).changes == ()
        second = export(other, folder / "again.json")
        assert take(other, read(second)).changes == ()
        assert ids(second) == ids(first)


def said(database: Database) -> dict[str, Any]:
    """What each service says, but for ids that a directory gives itself."""
    return {
        slug: to_plain(replace(facts, identifiers=tuple(i for i in facts.identifiers if i.system != "hsds")))
        | {"owner": 0}
        for slug, facts in services(database).items()
    }


def ids(file: Path) -> set[str]:
    return {entry["id"] for entry in json.loads(file.read_text())}


def check_valid(file: Path) -> int:
    entries = json.loads(file.read_text())
    for entry in entries:
        assert wrong("service", entry) == []
        line = {name: value for name, value in entry.items() if not isinstance(value, list)}
        assert wrong("service_line", line) == []
        assert wrong("organization", entry["organization"]) == []
    assert len({entry["id"] for entry in entries}) == len(entries)
    return len(entries)


@pytest.mark.parametrize("furnish", [furnish_starter, furnish_full])
@needs_standards
def test_every_service_is_valid_and_comes_in_again_as_no_change(furnish: Any, template: Path, tmp_path: Path) -> None:
    with empty(template, tmp_path / "here") as database:
        furnish(database)
        assert check_valid(export(database, tmp_path / "valid.json")) == len(services(database))
        check_all_ways(database, tmp_path, template)


@pytest.mark.realdata
@needs_standards
def test_a_councils_feed(template: Path, tmp_path: Path, real_data: Path) -> None:
    feed, most = tmp_path / "feed.json", 818 if THOROUGH else 40
    entries = json.loads((real_data / "oruk-bristol-2024-12.json").read_text())
    feed.write_text(json.dumps(entries if THOROUGH else entries[:most]))
    with empty(template, tmp_path / "here") as database:
        take(database, read(feed))
        assert check_valid(export(database, tmp_path / "valid.json")) == most
        # A source's own ids are kept.
        assert ids(tmp_path / "valid.json") == ids(feed)
        check_all_ways(database, tmp_path, template)
        assert take(database, read(feed)).changes == ()


@thorough
@pytest.mark.realdata
@needs_standards
@pytest.mark.parametrize("year", ["2016", "2018"])
def test_hospitals(template: Path, tmp_path: Path, real_data: Path, year: str) -> None:
    reading = read(real_data / f"Hospital-{year}-02.csv")
    with empty(template, tmp_path / "here") as database:
        take(database, replace(reading, problems=()))
        assert check_valid(export(database, tmp_path / "valid.json")) > 1000
        check_all_ways(database, tmp_path, template)


@thorough
@pytest.mark.realdata
@pytest.mark.parametrize(
    "name", ["etr-c2015.csv", "etr-c2020.csv", "etr-c2022.csv", "ods_successors.csv", "epcmem.csv"]
)
def test_organisations_come_in_again_as_no_change(template: Path, tmp_path: Path, real_data: Path, name: str) -> None:
    with empty(template, tmp_path / "here") as database:
        reading = replace(read(real_data / name), problems=())
        take(database, reading)
        assert take(database, reading).changes == ()
        export_folder(database, Export(tmp_path / "out", build.TODAY, build.LONDON))
        folder = read_folder(tmp_path / "out")
        assert import_folder(database, folder, by=OPERATOR, at=LATER, zone=build.LONDON).changes == ()


def test_what_is_edited_in_a_file_is_a_change_and_nothing_else_is(template: Path, tmp_path: Path) -> None:
    with empty(template, tmp_path / "here") as database:
        build.directory(database)
        file = export(database, tmp_path / "out.json")
        entries = json.loads(file.read_text())
        entries[0]["phones"][0]["number"] = "01632 960999"
        file.write_text(json.dumps(entries))
        before = services(database)["leg-ulcer-clinic"]
        (published,) = take(database, read(file)).changes
        assert published.change.kinds == ("contact",)
        assert published.change.effective_from == build.TODAY
        after = services(database)["leg-ulcer-clinic"]
        assert after == replace(before, contacts=after.contacts)
        assert [each.value for each in after.contacts] == ["01632 960999"]


def test_another_directorys_service_of_the_same_slug_is_another_service(template: Path, tmp_path: Path) -> None:
    with empty(template, tmp_path / "here") as database:
        build.directory(database)
        file = export(database, tmp_path / "out.json")
        (entry,) = json.loads(file.read_text())
        entry["id"] = "c5a7c5b0-3d0b-4a6e-9f0e-3f2f0a4f5d11"
        file.write_text(json.dumps([entry]))
        before = services(database)["leg-ulcer-clinic"]
        take(database, read(file))
        found = services(database)
        assert len(found) == 2
        assert found["leg-ulcer-clinic"] == before
        assert take(database, read(file)).changes == ()


def test_what_began_is_told_field_by_field(template: Path, tmp_path: Path) -> None:
    with empty(template, tmp_path / "here") as database:
        build.directory(database)
        edit = Edit("leg-ulcer-clinic", {"hours": "Mo-Fr 09:00-17:00", "summary": "Both legs."})
        build.change(database, build.draft(edit, effective_from=date(2025, 3, 4)))
        build.change(
            database, build.draft(Edit("leg-ulcer-clinic", {"hours": "24/7"}), effective_from=date(2027, 1, 1))
        )
        (entry,) = json.loads(export(database, tmp_path / "out.json").read_text())
        told = {each["field_name"]: each for each in entry["metadata"]}
        assert set(told) == {"hours", "summary"}
        assert told["hours"]["previous_value"] == ""
        assert told["hours"]["replacement_value"] == "Mo-Fr 09:00-17:00"
        assert {each["last_action_date"] for each in told.values()} == {"2025-03-04"}
        assert told["hours"]["updated_by"] == "Northmoor Community Health NHS Trust"
        (schedule,) = entry["schedules"]
        assert (schedule["freq"], schedule["byday"]) == ("WEEKLY", "MO,TU,WE,TH,FR")


def test_a_directory_without_services_is_an_empty_list(template: Path, tmp_path: Path) -> None:
    with empty(template, tmp_path / "here") as database:
        assert json.loads(export(database, tmp_path / "out.json").read_text()) == []
