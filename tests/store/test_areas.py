"""The register of areas, where postcodes are, and the practices that a question names, on both databases."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import event, select

from directory.domain.area import Area, Gazetteer
from directory.domain.change import Draft, Edit
from directory.domain.organisation import OrganisationMembership
from directory.domain.place import Point
from directory.domain.registration import Practice, registration
from directory.domain.service import Location
from directory.domain.succession import Succession
from directory.store import areas, imports, places
from directory.store import migrate as migrations
from directory.store.database import Database
from directory.store.registration import practices_named
from directory.store.tables.nouns import successions
from directory.store.tables.places import organisation_names
from directory.store.versions import find_ids
from tests import build

SINCE = date(2022, 7, 1)
EASTMARSH = Area("Eastmarsh", "borough", "E09000001", ("Northmoor",), ("NM1",), ("ZZN91",), 54.6, 1.5)


def test_the_register_is_kept_and_its_stamp_moves(database: Database) -> None:
    stamps = []
    for at, given in ((0, [EASTMARSH, Area("Northmoor")]), (1, [Area("EASTMARSH", "place")]), (2, [])):
        with database.write() as connection:
            areas.put(connection, given, at=build.NOON + timedelta(hours=at))
        with database.read() as connection:
            stamps.append(areas.stamp(connection))
    with database.read() as connection:
        assert areas.load(connection) == [Area("EASTMARSH", "place"), Area("Northmoor")]
    assert stamps[0] != stamps[1] == stamps[2]


def test_postcodes_are_where_the_services_say(database: Database) -> None:
    build.directory(database)
    located = (
        Location("A", "", "nm1 2ab", 54.0, 1.0),
        Location("B", "", "NM1 9ZZ", 55.0, 2.0),
        Location("C", "", "NM2 1AA"),
    )
    build.change(database, build.draft(Edit("leg-ulcer-clinic", {"locations": located})))
    gazetteer = Gazetteer.of([EASTMARSH, Area("Wide", outward=("NM1", "NM2"), latitude=50.0, longitude=0.0)])

    def where(text: str) -> Point | None:
        with database.read() as connection:
            return places.locate(connection, text, gazetteer)

    assert where("NM12AB") == Point(54.0, 1.0)
    assert where("NM1 1AA") == where("nm1") == Point(54.5, 1.5)
    assert where("NM2") == Point(50.0, 0.0)
    assert where("eastmarsh") == Point(54.6, 1.5)
    assert where("54.1, 1.1") == Point(54.1, 1.1)
    assert [where(text) for text in ("NM3", "ZZ9 9ZZ", "Nowhere", "'; DROP")] == [None] * 4
    moved = (Location("A", "", "NM1 2AB", 54.2, 1.2),)
    build.change(database, build.draft(Edit("leg-ulcer-clinic", {"locations": moved})))
    assert where("NM1 2AB") == Point(54.2, 1.2)


def organisations(*edits: Edit) -> Draft:
    return Draft(
        title="Organisations", effective_from=date(2001, 4, 1), kinds=("opened",), organisations=edits, weight="minor"
    )


def practice(slug: str, name: str, code: str) -> Edit:
    return build.organisation(slug, name, ods_code=code, kind="gp-practice")


def belong(database: Database, *memberships: OrganisationMembership) -> None:
    with database.write() as connection:
        ids = find_ids(connection, "organisation", [end for each in memberships for end in (each.member, each.of)])
        imports.add_memberships(connection, memberships, ids)


def named(database: Database, question: str, on: date = build.TODAY) -> list[Practice]:
    with database.read() as connection:
        return practices_named(connection, question, on=on)


def member(one: str, of: str, start: date = SINCE, end: date | None = None) -> OrganisationMembership:
    return OrganisationMembership(one, of, "commissioner", start, end)


@pytest.fixture
def marsh(database: Database) -> Database:
    """A practice in a commissioner until 2022, since then in a part of a board, which was then renamed."""
    edits = (
        practice("harbour", "Harbour Street Practice", "ZZN81"),
        build.organisation("old-ccg", "NHS Eastmarsh CCG", ods_code="ZZ1"),
        build.organisation("part", "NHS Northmoor ICB Eastmarsh", ods_code="ZZN91"),
        build.organisation("new-part", "NHS Moor ICB Eastmarsh", ods_code="ZZN99"),
        build.organisation("board", "NHS Northmoor ICB", ods_code="ZZN04"),
        build.organisation("trust", "Harbour Trust", ods_code="ZZN70", kind="nhs-trust"),
        build.organisation("alone", "Lonely Surgery", ods_code="ZZN71", kind="gp-practice"),
    )
    build.change(database, organisations(*edits))
    renamed = Draft(
        title="The part is another's",
        effective_from=date(2026, 4, 1),
        organisation_succession=(Succession("part", "new-part", "replaced", date(2026, 4, 1)),),
        why="Boards merged.",
        what_to_do="Use the new name.",
    )
    build.change(database, renamed)
    belong(
        database,
        member("harbour", "old-ccg", date(2013, 4, 1), SINCE),
        member("harbour", "part"),
        member("part", "board"),
        member("trust", "board"),
    )
    return database


def test_a_question_that_names_no_practice_is_only_looked_up(marsh: Database) -> None:
    said: list[str] = []
    with marsh.read() as connection:
        connection.exec_driver_sql("SELECT 1")
        event.listen(connection, "before_cursor_execute", lambda *given: said.append(given[2]))
        assert practices_named(connection, "leg ulcer in eastmarsh", on=build.TODAY) == []
        assert len(said) == 1
        assert "RECURSIVE" not in said[0]
        assert len(practices_named(connection, "leg ulcer zzn81", on=build.TODAY)) == 1
        assert len(said) == 3


@pytest.mark.parametrize(
    "question", ["leg ulcer, Harbour street practice", "zzn81 leg ulcer", "HARBOUR STREET PRACTICE"]
)
def test_a_practice_is_met_by_name_or_code_with_all_it_belongs_to(marsh: Database, question: str) -> None:
    (found,) = named(marsh, question)
    assert found.name == "Harbour Street Practice"
    assert {each.code for each in found.belongs_to} == {"ZZN91", "ZZN99", "ZZN04"}


def test_memberships_and_successions_are_those_of_the_day(marsh: Database) -> None:
    def belonged(on: date) -> set[str | None]:
        return {each.code for found in named(marsh, "ZZN81", on) for each in found.belongs_to}

    assert belonged(date(2022, 6, 30)) == {"ZZ1"}
    assert belonged(SINCE) == {"ZZN91", "ZZN04"}
    assert belonged(date(2013, 3, 31)) == set()


def test_a_former_name_is_met_and_the_present_one_said(marsh: Database) -> None:
    rename = Draft(
        title="Renamed",
        effective_from=date(2026, 5, 1),
        organisations=(Edit("harbour", {"name": "Quayside Surgery"}),),
        why="New partners.",
        what_to_do="Use the new name.",
    )
    build.change(marsh, rename)
    assert [each.name for each in named(marsh, "harbour street practice")] == ["Quayside Surgery"]
    assert [each.name for each in named(marsh, "quayside surgery")] == ["Quayside Surgery"]


def test_what_is_no_practice_or_belongs_nowhere_says_nothing(marsh: Database) -> None:
    for question in ("Harbour Trust", "Lonely Surgery", "ZZN04", "leg ulcer", "", "\x00 'x' %_"):
        assert named(marsh, question) == []


def test_a_split_is_not_followed_and_a_loop_ends(marsh: Database) -> None:
    with marsh.write() as connection:
        rows = [("new-part", "part", "replaced"), ("board", "trust", "split"), ("board", "alone", "split")]
        ids = find_ids(connection, "organisation", ["new-part", "part", "board", "trust", "alone"])
        connection.execute(
            successions.insert(),
            [
                {
                    "noun": "organisation", "predecessor": ids[one], "successor": ids[two], "kind": kind,
                    "effective_from": SINCE, "recorded_at": build.NOON, "change_number": 1,
                }
                for one, two, kind in rows
            ],
        )  # fmt: skip
    (found,) = named(marsh, "ZZN81")
    assert {each.code for each in found.belongs_to} == {"ZZN91", "ZZN99", "ZZN04"}


def test_one_of_a_thousand_practices_takes_two_indexed_statements(database: Database) -> None:
    parts = [build.organisation(f"part-{at}", f"Part {at}", ods_code=f"P{at:03}") for at in range(10)]
    many = [practice(f"practice-{at}", f"Surgery number {at} of Northmoor", f"A{at:05}") for at in range(1_000)]
    build.change(database, organisations(*parts, *many))
    belong(database, *(member(f"practice-{at}", f"part-{at % 10}") for at in range(1_000)))
    said: list[str] = []
    listener = lambda *given: said.append(given[2])  # noqa: E731
    event.listen(database.engine, "before_cursor_execute", listener)
    try:
        met = {at: named(database, f"physio for surgery NUMBER {at} of northmoor, please") for at in (0, 7, 431, 999)}
    finally:
        event.remove(database.engine, "before_cursor_execute", listener)
    for at, found in met.items():
        assert [each.name for each in found] == [f"Surgery number {at} of Northmoor"]
        assert [each.name for each in found[0].belongs_to] == [f"Part {at % 10}"]
        told = registration(f"surgery number {at} of Northmoor", found, Gazetteer())
        assert told is not None
        assert told.areas == (f"Part {at % 10}", f"P{at % 10:03}")
    asked = [statement for statement in said if statement.lstrip().startswith(("SELECT", "WITH"))]
    assert len(asked) == 2 * len(met)
    if database.is_sqlite:
        assert _scans(database) == []


def _scans(database: Database) -> list[str]:
    """The tables that SQLite would read from end to end to answer."""
    asked: list[tuple[str, Any]] = []
    listener = lambda *given: asked.append((given[2], given[3]))  # noqa: E731
    event.listen(database.engine, "before_cursor_execute", listener)
    try:
        named(database, "surgery number 3 of northmoor")
    finally:
        event.remove(database.engine, "before_cursor_execute", listener)
    with database.read() as connection:
        rows = [
            row
            for sql, given in asked
            if "organisation_names" in sql
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given)
        ]
    tables = ("organisation_names", "organisations", "organisation_memberships", "organisation_versions", "successions")
    return [row[3] for row in rows if row[3].startswith(tuple(f"SCAN {table}" for table in tables))]


def test_what_was_there_before_the_register_is_found_too(tmp_path: Path) -> None:
    """The migration fills its tables from versions that are there already."""
    path = tmp_path / "old.db"
    with closing(Database(f"sqlite:///{path}")) as old, old.write() as connection:
        config = migrations._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
    facts = '{"name":"x","locations":[{"postcode":"nm1 2ab","latitude":54.0,"longitude":1.0},{"postcode":"NM1 3AA"}]}'
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("INSERT INTO organisations (id, slug) VALUES ('harbour', 'harbour')")
        raw.execute("INSERT INTO services (id, slug) VALUES ('one', 'one')")
        row = "(subject_id, number, effective_from, recorded_at, change_number, name, facts"
        for number, name in ((1, "The Harbour Practice"), (2, "Quayside Surgery")):
            values = ("harbour", number, "2020-01-01", "2020-01-01 00:00:00", 1, name, "{}")
            raw.execute(f"INSERT INTO organisation_versions {row}) VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        entry = ("one", 1, "2020-01-01", "2020-01-01 00:00:00", 1, "x", facts, "active", "harbour")
        raw.execute(
            f"INSERT INTO service_versions {row}, status, owner_organisation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            entry,
        )
    with closing(Database(f"sqlite:///{path}")) as database:
        migrations.migrate(database)
        with database.read() as connection:
            names = connection.execute(select(organisation_names).order_by(organisation_names.c.key)).all()
            assert [tuple(name) for name in names] == [("harbour practice", "harbour"), ("quayside surgery", "harbour")]
            assert places.locate(connection, "NM1 2AB", Gazetteer()) == Point(54.0, 1.0)
