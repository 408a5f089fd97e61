"""Publishing every record again, in order, makes the same directory: the records alone are enough."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from directory.actions.import_content import import_folder
from directory.actions.import_services import Import, import_file
from directory.actions.publish import publish_in
from directory.actions.take_back import amending, withdraw
from directory.content.folder import read_folder
from directory.content.reading import read_change
from directory.domain.change import Edit
from directory.domain.organisation import OrganisationMembership
from directory.domain.policy import OPERATOR
from directory.domain.service import Contact, Eligibility, Identifier, Owner
from directory.domain.source import Reading, SourceOrganisation, SourceService, SourceSuccession
from directory.domain.succession import Part, Succession
from directory.store import changes
from directory.store.database import Database
from directory.store.tables import metadata
from tests import build

STARTER = Path(__file__).resolve().parents[2] / "content"
# What follows from the records; people, subscriptions, checks and imports do not.
REBUILT = (
    "services", "organisations", "teams", "service_versions", "organisation_versions", "team_versions",
    "version_terms", "identifiers", "changes", "change_subjects", "change_terms", "counters",
)  # fmt: skip
NOT_OF_THE_RECORD = {"published_by", "import_id", "written_at", "announced_at", "told_in_force_at"}


def held(database: Database) -> dict[str, set[tuple[Any, ...]]]:
    tables = {name: metadata.tables[name] for name in REBUILT}
    with database.read() as connection:
        found = {
            name: {
                tuple(row)
                for row in connection.execute(select(*(c for c in table.c if c.name not in NOT_OF_THE_RECORD)))
            }
            for name, table in tables.items()
        }
        # The vocabulary counts its own changes, which are no records.
        found["counters"] = {row for row in found["counters"] if row[0] == "change"}
        links = metadata.tables["successions"]
        found["successions"] = {tuple(row)[1:] for row in connection.execute(select(links))}
    return found


def rebuilt(original: Database, url: str) -> Database:
    database = Database(url)
    with original.read() as connection:
        rows = changes.records(connection, after=0, limit=9_999)
    files = [read_change(row.record) for row in rows]
    with database.write() as connection:
        at = [file.published_at for file in files if file.published_at]
        publish_in(connection, [file.draft for file in files], by=OPERATOR, at=at, zone=build.LONDON)
    return database


def check(sqlite_url: str, original: Database, tmp_path: Path) -> None:
    with closing(rebuilt(original, f"sqlite:///{tmp_path / 'rebuilt.db'}")) as copy:
        wanted, found = held(original), held(copy)
    for name, rows in wanted.items():
        assert found[name] == rows, name


def test_the_starter_content(sqlite_url: str, tmp_path: Path) -> None:
    shutil.copy(sqlite_url.removeprefix("sqlite:///"), tmp_path / "rebuilt.db")
    with closing(Database(sqlite_url)) as original:
        import_folder(original, read_folder(STARTER), by=OPERATOR, at=build.NOON, zone=build.LONDON)
        check(sqlite_url, original, tmp_path)


def test_imports_and_changes_that_are_hard_to_write_down(sqlite_url: str, tmp_path: Path) -> None:
    shutil.copy(sqlite_url.removeprefix("sqlite:///"), tmp_path / "rebuilt.db")
    with closing(Database(sqlite_url)) as original:
        build.directory(original)
        _import(original, "H1", "H2")
        _import(original, "H1", hours="24/7\r\n", description="one\r\n\r\ntwo  ")
        parts = (Part("Adults", needs=("leg ulcer",), age_min=18), Part("Children", age_max=17))
        links = tuple(
            Succession("leg-ulcer-clinic", slug, "split", build.TODAY, part)
            for slug, part in zip(("adults", "children"), parts, strict=True)
        )
        newcomers = (build.opening("adults"), build.opening("children"))
        split = build.draft(*newcomers, kinds=("opened", "split"), succession=links, title="---", why="## Why\n\n---")
        split_number = build.change(original, split, at=build.NOON + timedelta(hours=1)).change.number
        edit = Edit("adults", {
            "contacts": (Contact("phone", " 01632 960999 "),), "eligibility": Eligibility("a: b\r\nc"),
            "needs": (" x ",), "owner": Owner("ZZN02", "vascular"), "name": " Adults' legs ",
        })  # fmt: skip
        later = build.draft(edit, effective_from=build.TODAY + timedelta(9), why=" \ttext\x0b\r\n## What to do")
        number = build.change(original, later, at=build.NOON + timedelta(hours=2)).change.number
        with original.read() as connection:
            moved = amending(connection, number, effective_from=build.TODAY + timedelta(3))
        number = build.change(original, moved, at=build.NOON + timedelta(hours=3)).change.number
        with original.write() as connection:
            at = build.NOON + timedelta(hours=4)
            withdraw(connection, number, why="No.", by=OPERATOR, at=at, zone=build.LONDON)
            withdraw(connection, split_number, why="Nor that.", by=OPERATOR, at=at, zone=build.LONDON)
        check(sqlite_url, original, tmp_path)


def _import(database: Database, *codes: str, **facts: object) -> None:
    trust = SourceOrganisation({"name": "Barrow Trust"}, "ZZB01")
    found = tuple(
        SourceService(
            Identifier("ods", code),
            {"name": "Hospital", "identifiers": (Identifier("ods", code),), **facts},
            trust,
            "Clerks",
        )
        for code in codes
    )
    reading = Reading(
        format="x",
        services=found,
        successions=(SourceSuccession("ZZB01", "ZZB02", build.OPENED), SourceSuccession("A", "B", build.TODAY)),
        memberships=(OrganisationMembership("A", "B", "group", build.OPENED),),
    )
    import_file(database, Import(reading, "x", OPERATOR, build.NOON, build.LONDON, build.TODAY))
