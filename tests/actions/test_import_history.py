"""Thirty years of organisation codes: what became of each, and to whom each practice belonged, on any day."""

from __future__ import annotations

import csv
import random
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from directory.actions.import_services import Import, import_file
from directory.domain.policy import OPERATOR
from directory.domain.succession import Succession, handlers
from directory.exchange.reading import READERS
from directory.store import changes, organisations, successions
from directory.store.database import Database
from directory.store.versions import find_ids
from tests import build

pytestmark = pytest.mark.realdata
Row = tuple[str, str, date]


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [(row[0], row[1], date.fromisoformat(row[2])) for row in list(csv.reader(file))[1:]]


def test_every_old_code_leads_only_to_codes_in_force(sqlite_url: str, real_data: Path) -> None:
    path = real_data / "ods_successors.csv"
    read = READERS["ods-successors"](path.read_bytes()).successions
    links = [Succession(row.old_code, row.new_code, "replaced", row.effective_from) for row in read]
    after: dict[str, list[Row]] = {}
    for row in _rows(path):
        after.setdefault(row[0], []).append(row)
    with closing(Database(sqlite_url)) as database:
        build.directory(database)
        with database.write() as connection:
            (change,) = changes.list_after(connection, 0, limit=1)
            # Importing the whole file takes a quarter of a minute: its links are written under one change instead.
            successions.insert_successions(connection, "organisation", [(change, link) for link in links])
        with database.read() as connection:
            for code in after:
                leaving = successions.following(connection, "organisation", [code])
                for on in (date(2001, 4, 1), date(2013, 4, 1), date(2021, 10, 1), build.TODAY):
                    assert set(handlers(code, on, leaving).ids) == _walk(code, on, after), (code, on)


def _walk(code: str, on: date, after: dict[str, list[Row]]) -> set[str]:
    """The same by other means: go on from every code that has ended by then, until none has."""
    living, ended, seen = set[str](), {code}, set[str]()
    while ended:
        one = ended.pop()
        seen.add(one)
        further = {new for old, new, day in after.get(one, []) if day <= on and new != old}
        if further:
            ended |= further - seen
        else:
            living.add(one)
    return living


def test_a_practice_belongs_to_its_commissioner_of_the_day(sqlite_url: str, real_data: Path) -> None:
    path = real_data / "epcmem.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(row[0], row[1], _day(row[3]), _day(row[4])) for row in csv.reader(file)]
    chance = random.Random(2001)
    # A few hundred practices with all their history stand for the thirteen thousand: the whole takes five seconds.
    practices = chance.sample(sorted({row[0] for row in rows}), 300)
    belonging = {practice: [row for row in rows if row[0] == practice and row[2]] for practice in practices}
    reading = READERS["ods-memberships"](
        b"".join(line for line in path.read_bytes().splitlines(keepends=True) if line[1:7].decode() in belonging)
    )
    with closing(Database(sqlite_url)) as database:
        import_file(database, Import(reading, "epcmem.csv", OPERATOR, build.NOON, build.LONDON, build.TODAY))
        with database.read() as connection:
            ids = find_ids(connection, "organisation", {key for row in rows for key in row[:2] if row[0] in belonging})
            codes = {key: code for code, key in ids.items()}
            for _ in range(1000):
                practice = chance.choice(practices)
                on = date(2001, 1, 1) + timedelta(chance.randrange(365 * 25))
                found = organisations.memberships(connection, [ids[practice]], on=on).get(ids[practice], [])
                expected = {of for _, of, start, end in belonging[practice] if start and _within(on, start, end)}
                assert {codes[each.of] for each in found} == expected, (practice, on)


def _day(text: str) -> date | None:
    return date(int(text[:4]), int(text[4:6]), int(text[6:])) if text else None


def _within(on: date, start: date, end: date | None) -> bool:
    """The list gives the last day of a membership."""
    return start <= on and (end is None or on <= end)
