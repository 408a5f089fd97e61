"""A long file is worked out and written some rows at a time, and is one import all the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from directory.actions import import_services
from directory.actions.import_services import Import, Imported, import_file
from directory.domain.policy import OPERATOR
from directory.domain.service import Identifier
from directory.errors import ImportRefused
from directory.exchange import services_csv
from directory.store import changes
from directory.store.database import Database
from directory.store.versions import all_ids
from tests import build

HEADER = "id,name,owner_organisation,owner_team,status\n"
ROWS = [f"R{number},Physiotherapy,Trust {number % 3},Team {number % 2},active" for number in range(9)]


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    with closing(Database(sqlite_url)) as opened:
        yield opened


def bring(
    database: Database, rows: list[str], seen: list[tuple[int, int]] | None = None, *, keeps: bool = True
) -> Imported:
    reading = services_csv.read((HEADER + "\n".join(rows)).encode())
    told = [] if seen is None else seen
    return import_file(
        database,
        Import(reading, "a file", OPERATOR, build.NOON, build.LONDON, build.TODAY,
               progress=lambda done, of: told.append((done, of)), keeps=keeps),
    )  # fmt: skip


@pytest.mark.parametrize("at_once", [1, 4, 5_000])
def test_however_many_at_a_time_it_is_the_same_import(
    database: Database, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(import_services, "AT_ONCE", at_once)
    seen: list[tuple[int, int]] = []
    done = bring(database, ROWS, seen)
    assert done.tally.changes == len(done.changes) == 10
    assert dict(done.tally.kinds) == {"opened": 10}
    assert [each.change.number for each in done.changes] == list(range(1, 11))
    assert [each.change.previous for each in done.changes][1:] == [each.change.sha256 for each in done.changes][:-1]
    slugs = [newcomer.slug for each in done.changes[1:] for newcomer in each.newcomers]
    assert slugs == ["physiotherapy", *(f"physiotherapy-{number}" for number in range(2, 10))]
    assert seen == [(number, 10) for number in range(1, 11)]
    again = bring(database, ROWS, keeps=False)
    assert (again.changes, again.tally.changes, again.unchanged) == ((), 0, 9)


def test_what_is_not_kept_is_counted(database: Database) -> None:
    done = bring(database, ROWS, keeps=False)
    assert (done.changes, done.tally.changes, dict(done.tally.kinds)) == ((), 10, {"opened": 10})
    assert done.counts.opened == 9


def test_a_bad_row_in_any_piece_takes_all_of_them_back(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_services, "AT_ONCE", 2)
    bring(database, ["kept,Podiatry,Trust 1,,active"])
    with database.read() as connection:
        before = changes.count(connection)
    # A feed's number on two rows, pieces apart, breaks a rule only once the second is worked out.
    reading = services_csv.read((HEADER + "\n".join(ROWS)).encode())
    twice = Identifier("hsds", "twice")
    services = [
        replace(each, set={**each.set, "identifiers": (twice,)}) if place in (1, 4, 7) else each
        for place, each in enumerate(reading.services)
    ]
    job = Import(replace(reading, services=tuple(services)), "a file", OPERATOR, build.NOON, build.LONDON, build.TODAY)
    with pytest.raises(ImportRefused) as refusal:
        import_file(database, job)
    assert [problem.row for problem in refusal.value.problems] == [6, 9]
    with database.read() as connection:
        assert changes.count(connection) == before
        assert len(all_ids(connection, "service")) == 1
