"""The real files, exactly as they are: two years of hospitals, thirty of organisation codes, a council's feed."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from directory.actions.import_services import Import, Imported, import_file
from directory.domain.policy import OPERATOR
from directory.domain.source import Reading
from directory.domain.succession import handlers
from directory.errors import ImportRefused
from directory.exchange.reading import READERS
from directory.store import changes, organisations, services, successions
from directory.store.database import Database
from directory.store.tables.nouns import identifiers
from directory.store.versions import all_ids, ids_by_identifier
from tests import build

pytestmark = pytest.mark.realdata
FIRST, SECOND = date(2016, 2, 1), date(2018, 2, 1)


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    with closing(Database(sqlite_url)) as opened:
        yield opened


def bring(database: Database, reading: Reading, day: date = build.TODAY) -> Imported:
    return import_file(database, Import(reading, "a file", OPERATOR, build.NOON, build.LONDON, day))


def hospitals(path: Path) -> tuple[Reading, Reading]:
    """The file as it is, and with the rows taken out that it names."""
    data = path.read_bytes()
    read = READERS["nhs-hospitals"]
    bad = {problem.row for problem in read(data).problems}
    kept = [
        line for number, line in enumerate(data.decode("utf-8-sig").splitlines(keepends=True), 1) if number not in bad
    ]
    return read(data), read("".join(kept).encode())


def test_hospitals_of_two_years(database: Database, real_data: Path) -> None:
    raw, clean = hospitals(real_data / "Hospital-2016-02.csv")
    with pytest.raises(ImportRefused) as refusal:
        bring(database, raw, FIRST)
    assert len({problem.row for problem in refusal.value.problems}) == 93
    with database.read() as connection:
        assert changes.count(connection) == 0
        assert all_ids(connection, "organisation") == []
    opened = bring(database, clean, FIRST)
    assert sum(published.change.subjects[0].noun == "service" for published in opened.changes) == 1115
    raw, clean = hospitals(real_data / "Hospital-2018-02.csv")
    assert len({problem.row for problem in raw.problems}) >= 8
    done = bring(database, clean, SECOND)
    _check_changes(database, done)
    assert bring(database, clean, SECOND).changes == ()


def _check_changes(database: Database, done: Imported) -> None:
    edits = [
        (published.change, subject)
        for published in done.changes
        for subject in published.change.subjects
        if "opened" not in published.change.kinds
    ]
    renamed = [change for change, subject in edits if subject.noun == "organisation" and "name" in subject.set]
    assert len(renamed) == 13
    touched = Counter(subject.id for _, subject in edits if subject.noun == "service")
    assert set(touched.values()) == {1}
    with database.read() as connection:
        codes = {key: code for code, key in ids_by_identifier(connection, "ods", _codes(connection)).items()}
        reached = changes.services_reached(connection, [change.number for change in renamed])
        both = {subject for subjects in reached.values() for subject in subjects}
        before = {entry.id: entry for entry in services.entries(connection, sorted(touched), on=FIRST)}
    assert {codes[subject.id] for _, subject in edits if "owner" in subject.set} == {"NXN01", "RTP04"}
    assert len(both) >= 31
    counted = Counter(
        kind
        for _, subject in edits
        if "contacts" in subject.set
        for kind in ("phone", "email")
        if _values(subject.set["contacts"], kind) != _values(before[subject.id].facts.contacts, kind)
    )
    assert counted == {"phone": 88, "email": 91}


def _codes(connection: Connection) -> list[str]:
    return list(connection.scalars(select(identifiers.c.value)))


def _values(contacts: object, kind: str) -> list[str]:
    assert isinstance(contacts, tuple)
    return [contact.value for contact in contacts if contact.type == kind]


def test_what_became_of_every_organisation(database: Database, real_data: Path) -> None:
    bring(database, READERS["ods-trusts"]((real_data / "etr-c2015.csv").read_bytes()))
    reading = READERS["ods-successors"]((real_data / "ods_successors.csv").read_bytes())
    assert sum(old == new for old, new in _pairs(real_data / "ods_successors.csv")) == 39
    # All 25,441 take a quarter of a minute: the years in which Pennine was parted stand for them.
    reading = replace(reading, successions=tuple(row for row in reading.successions if row.effective_from.year > 2018))
    done = bring(database, reading)
    assert [published.change.weight for published in done.changes] == ["minor"] * len(done.changes)
    with database.read() as connection:
        key = organisations.organisation_id(connection, "RW6")
        links = successions.following(connection, "organisation", [key])
        parts = handlers(key, date(2021, 10, 1), links).ids
        found = organisations.organisations_by_id(connection, parts, on=build.TODAY)
        day_before = handlers(key, date(2021, 9, 30), links).ids
        everything = successions.all_of(connection, "organisation")
    assert {each.facts.ods_code for each in found} == {"R0A", "RM3"}
    assert day_before == (key,)
    assert len(everything) == len(reading.successions)
    assert all(link.successor != link.predecessor for link in everything)
    assert bring(database, reading).changes == ()


def _pairs(path: Path) -> list[tuple[str, str]]:
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    return [(row[0], row[1]) for row in rows[1:]]


def test_a_councils_feed(database: Database, real_data: Path) -> None:
    reading = READERS["hsds"]((real_data / "oruk-bristol-2024-12.json").read_bytes())
    done = bring(database, reading)
    with database.read() as connection:
        found = services.entries(connection, all_ids(connection, "service"), on=build.TODAY)
    assert len(found) == 818
    assert sum(published.change.subjects[0].noun == "service" for published in done.changes) == 818
    assert all(contact.value for entry in found for contact in entry.facts.contacts)
    assert not any("<script" in entry.facts.description or "<p>" in entry.facts.description for entry in found)
    assert bring(database, reading).changes == ()
