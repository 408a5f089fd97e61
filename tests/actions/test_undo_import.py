"""An import is one batch, and is undone as one: everything that it did, or nothing of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from directory.actions.import_services import Imported, import_file, preview_import
from directory.actions.people import subscribe_person
from directory.actions.take_back import withdraw
from directory.actions.undo_import import Undo, look, preview_undo, undo_import, why_undone
from directory.domain.change import Draft, Edit
from directory.domain.organisation import OrganisationMembership
from directory.domain.policy import OPERATOR, Actor
from directory.domain.service import Entry, Identifier, Owner
from directory.domain.source import Reading
from directory.domain.succession import Succession
from directory.errors import ImportNotFound, ImportRefused, Invalid, NotAllowed, UndoRefused
from directory.notify.match import match_announced
from directory.store import changes, organisations, services
from directory.store import imports as import_store
from directory.store.database import Database
from directory.store.imports import Batch, Counts
from directory.store.tables import metadata
from directory.store.versions import ids_by_identifier
from tests import build, sheets
from tests.sheets import sheet

LATER = build.NOON + timedelta(hours=1)
TOMORROW = build.TODAY + timedelta(1)
# The whole of it is 10,000 rows: `IMPORT_ROWS=10000 pytest tests/actions/test_undo_import.py -k bad`.
ROWS = int(os.environ.get("IMPORT_ROWS", "600"))


@pytest.fixture
def started(database: Database) -> Iterator[Database]:
    with closing(database):
        build.directory(database)
        yield database


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Database]:
    with closing(Database(sqlite_url)) as database:
        build.directory(database)
        yield database


def bring(database: Database, data: bytes, **given: Any) -> Imported:
    return import_file(database, sheets.job(data, **given))


def take_back(database: Database, batch: int | None, *, why: str = "The wrong file.", by: Actor = OPERATOR) -> Batch:
    assert batch is not None
    return undo_import(database, Undo(batch, why, by, LATER, build.LONDON))


def entry(database: Database, n: int, on: date = build.TODAY, **known: Any) -> Entry:
    with database.read() as connection:
        key = ids_by_identifier(connection, "services-csv", [f"S{n}"])[f"S{n}"]
        return services.entry(connection, key, on=on, **known)


def rows(database: Database) -> int:
    with database.read() as connection:
        counts = [connection.scalar(select(func.count()).select_from(table)) for table in metadata.sorted_tables]
    return sum(count or 0 for count in counts)


def head(database: Database) -> int:
    with database.read() as connection:
        return changes.read_head(connection).number


def test_bad_rows_write_nothing_and_the_good_file_is_one_batch_undone_as_one(lite: Database) -> None:
    before = rows(lite)
    with pytest.raises(ImportRefused, match="37 bad rows") as refusal:
        bring(lite, sheet(ROWS, bad=37))
    assert len({problem.row for problem in refusal.value.problems}) == 37
    assert all(problem.column and problem.reason for problem in refusal.value.problems)
    assert rows(lite) == before
    first = head(lite)
    done = bring(lite, sheet(ROWS))
    assert (done.counts, len(done.changes)) == (Counts(opened=ROWS), ROWS + 1)
    with lite.read() as connection:
        (batch,) = import_store.newest(connection, limit=9)
    assert (batch.id, batch.first_change, batch.last_change) == (done.batch, first + 1, head(lite))
    undone = take_back(lite, done.batch).undone
    assert undone is not None
    assert (undone.first_change, undone.last_change) == (first + ROWS + 2, first + 2 * (ROWS + 1))
    assert {entry(lite, n).facts.status for n in (0, ROWS // 2, ROWS - 1)} == {"closed"}
    assert bring(lite, sheet(ROWS)).counts.opened == ROWS


def test_what_it_edited_goes_back_and_what_it_opened_is_closed(started: Database) -> None:
    bring(started, sheet(6))
    done = bring(started, sheet(8, phone="01632 970000", checked_at="2026-11-20"))
    assert done.counts == Counts(opened=2, changed=2, unchanged=4)
    assert entry(started, 3).facts.contacts[0].value == "01632 970000"
    batch = take_back(started, done.batch)
    assert batch.undone is not None
    assert (batch.undone.why, batch.undone.person) == ("The wrong file.", "")
    assert entry(started, 3).facts.contacts[0].value == "01632 960003"
    assert [entry(started, n).facts.status for n in (5, 6, 7)] == ["active", "closed", "closed"]
    # What it said of when it was checked goes with it, and what was known stays known.
    checked = entry(started, 3).checked_at
    assert checked is not None
    assert checked.astimezone(UTC).date() == date(2026, 11, 1)
    assert entry(started, 3, known_at=build.NOON).facts.contacts[0].value == "01632 970000"
    with started.read() as connection:
        gone = changes.load(connection, done.changes[-1].change.number)
        reason = changes.load(connection, gone.superseded_by or 0)
    assert (gone.status, reason.why, reason.weight) == ("withdrawn", "The wrong file.", gone.weight)


def test_undone_once(lite: Database) -> None:
    done = bring(lite, sheet(3))
    first = take_back(lite, done.batch)
    before = rows(lite)
    assert take_back(lite, done.batch, why="Again.") == first
    assert rows(lite) == before
    with lite.read() as connection:
        seen = look(connection, done.batch or 0)
    assert (seen.numbers, seen.possible) == ((), False)


def test_the_same_file_imports_again_after_it_was_undone(started: Database) -> None:
    bring(started, sheet(3))
    done = bring(started, sheet(6, opening_hours="24/7"))
    take_back(started, done.batch)
    again = bring(started, sheet(6, opening_hours="24/7"))
    assert again.counts == done.counts
    assert [entry(started, n).facts.status for n in range(6)] == ["active"] * 6
    assert entry(started, 3).facts.hours == "24/7"
    assert [done.change.title for done in again.changes][-1].endswith("is in the directory again")
    assert bring(started, sheet(6, opening_hours="24/7")).changes == ()
    take_back(started, again.batch)
    assert [entry(started, n).facts.status for n in range(6)] == ["active"] * 3 + ["closed"] * 3


def test_nothing_that_was_undone_comes_back_with_a_file_that_does_not_speak_of_it(lite: Database) -> None:
    done = bring(lite, sheet(1, opening_hours="24/7"))
    take_back(lite, done.batch)
    header, row = b"id,name,owner_organisation", b"S0,Clinic 0 of Eastmarsh,Trust 0"
    bring(lite, header + b"\n" + row + b"\n")
    found = entry(lite, 0)
    assert (found.facts.status, found.facts.hours, found.facts.contacts) == ("active", "", ())
    assert found.organisation.name == "Trust 0"
    with lite.read() as connection:
        (organisation,) = organisations.organisations_by_id(
            connection, [found.facts.owner.organisation], on=build.TODAY
        )
    assert organisation.facts.status == "active"


def test_what_people_withdrew_stays_withdrawn_whatever_a_list_says(lite: Database) -> None:
    done = bring(lite, sheet(2))
    number = done.changes[-1].change.number
    with lite.write() as connection:
        withdraw(connection, number, why="It never was.", by=OPERATOR, at=LATER, zone=build.LONDON)
    assert bring(lite, sheet(2)).changes == ()
    assert entry(lite, 1).facts.status == "closed"
    # The rest of the import can still be undone.
    take_back(lite, done.batch)
    assert entry(lite, 0).facts.status == "closed"


def refused(database: Database, batch: int | None) -> set[tuple[str, str]]:
    before = rows(database)
    with pytest.raises(UndoRefused) as refusal:
        take_back(database, batch)
    assert rows(database) == before
    with database.read() as connection:
        seen = look(connection, batch or 0)
    assert (seen.since, seen.possible) == (refusal.value.since, False)
    return {(each.noun, each.id) for each in refusal.value.since}


def test_what_somebody_changed_since_stands_in_the_way(started: Database) -> None:
    done = bring(started, sheet(3))
    first, second = (entry(started, n).id for n in (0, 1))
    build.change(started, build.draft(Edit(first, {"hours": "24/7"}), title="Always open"))
    link = Succession("leg-ulcer-clinic", second, "replaced", TOMORROW)
    number = build.change(started, build.draft(succession=(link,), effective_from=TOMORROW)).change.number
    assert refused(started, done.batch) == {("service", first), ("service", second)}
    with started.write() as connection:
        withdraw(connection, number, why="No.", by=OPERATOR, at=LATER, zone=build.LONDON)
    assert refused(started, done.batch) == {("service", first)}


def test_what_an_organisation_of_the_import_runs_since_stands_in_the_way(lite: Database) -> None:
    done = bring(lite, sheet(1))
    owner = entry(lite, 0).facts.owner
    build.change(lite, build.draft(Edit("leg-ulcer-clinic", {"owner": Owner(owner.organisation)})))
    assert refused(lite, done.batch) == {("service", "leg-ulcer-clinic")}
    build.change(lite, build.draft(Edit("leg-ulcer-clinic", {"owner": Owner("community-trust", owner.team)})))
    assert refused(lite, done.batch) == {("service", "leg-ulcer-clinic")}


def test_a_later_import_is_undone_first(lite: Database) -> None:
    first, second = bring(lite, sheet(3)), bring(lite, sheet(3, summary="Another."))
    assert refused(lite, first.batch) == {("service", entry(lite, 0).id)}
    with lite.read() as connection:
        assert look(connection, first.batch or 0).later == (second.batch,)
    take_back(lite, second.batch)
    take_back(lite, first.batch)
    assert entry(lite, 0).facts.status == "closed"


def test_closures_of_a_complete_file_are_taken_back(lite: Database) -> None:
    bring(lite, sheet(4))
    done = bring(lite, sheet(2), complete=True)
    assert done.counts == Counts(closed=2, unchanged=2)
    take_back(lite, done.batch)
    assert [entry(lite, n).facts.status for n in (2, 3)] == ["active", "active"]


def belongs(*given: tuple[str, str, date | None]) -> Reading:
    memberships = tuple(OrganisationMembership(member, of, "group", build.OPENED, end) for member, of, end in given)
    return Reading(format="ods-memberships", memberships=memberships)


def test_memberships_that_came_with_it_go_too(started: Database) -> None:
    job = sheets.job(sheet(1))
    import_file(started, replace(job, reading=belongs(("ZZN01", "ZZN02", None))))
    done = import_file(started, replace(job, reading=belongs(("ZZN01", "ZZN02", TOMORROW), ("ZZN02", "ZZN01", None))))
    assert _memberships(started) == {("community-trust", TOMORROW), ("hospital-trust", None)}
    later = import_file(started, replace(job, reading=belongs(("ZZN02", "ZZN01", TOMORROW))))
    assert refused(started, done.batch) == {("organisation", "hospital-trust")}
    take_back(started, later.batch)
    take_back(started, done.batch)
    assert _memberships(started) == {("community-trust", None)}


def _memberships(database: Database) -> set[tuple[str, date | None]]:
    table = metadata.tables["organisation_memberships"]
    with database.read() as connection:
        return {(row.member, row.end) for row in connection.execute(select(table))}


def test_who_may_undo_and_what_it_takes(lite: Database) -> None:
    done = bring(lite, sheet(1))
    lead = Actor("person 1", roles={"team-0": "lead"})
    with pytest.raises(NotAllowed, match="editor"):
        take_back(lite, done.batch, by=lead)
    for why in (" ", "Mrs Patel, born 1/2/1950"):
        with pytest.raises(Invalid):
            take_back(lite, done.batch, why=why)
    with pytest.raises(ImportNotFound):
        take_back(lite, 99)
    before = rows(lite)
    with lite.read() as connection:
        batch = import_store.load(connection, done.batch or 0)
    undo = Undo(batch.id, why_undone(batch), OPERATOR, LATER, build.LONDON)
    assert len(preview_undo(lite, undo).numbers) == len(done.changes)
    assert rows(lite) == before


def test_a_change_that_took_the_place_of_another_is_not_undone(lite: Database) -> None:
    """Withdrawing it would not bring the other back."""
    done = bring(lite, sheet(1, summary="One."))
    last = done.changes[-1].change
    with lite.write() as connection:
        table = metadata.tables["changes"]
        connection.execute(table.update().where(table.c.number == last.number).values(supersedes=1))
    with pytest.raises(Invalid, match="would not come back"):
        take_back(lite, done.batch)


def test_rows_with_patient_data_or_for_one_service_are_named(lite: Database) -> None:
    link = b"https://x.example/9434765919 or +44 943 476 5919"
    data = (
        b"id,slug,name,owner_organisation,summary,referral_method,referral_notes\n"
        b'1,one,One,Trust,"Born on 1/2/1950",email,943 476 5919\n'
        b"2,one,Two,Trust,,,\n"
        b"3,,Three,Trust,Fine,,\n"
        b"4,leg-ulcer-clinic,Four,Trust," + link + b",,\n"
        b"5,leg-ulcer-clinic,Five,Trust,,,\n"
    )
    for call in (import_file, preview_import):
        with pytest.raises(ImportRefused) as refusal:
            call(lite, sheets.job(data))
        found = [(problem.row, problem.column) for problem in refusal.value.problems]
        assert found == [(2, "summary"), (2, "referral_notes"), (2, "slug"), (3, "slug"), (5, "slug"), (6, "slug")]
        assert not any("943" in problem.reason or "1950" in problem.reason for problem in refusal.value.problems)


def test_those_who_were_told_of_it_are_told_that_it_is_undone(lite: Database) -> None:
    bring(lite, sheet(2))
    for n in (0, 1):
        at, email = build.NOON - timedelta(days=9), f"{n}@northmoor.example"
        this = {"service": [entry(lite, n).id]}
        subscribe_person(lite, email=email, criteria=this, frequency="immediately", at=at, today=build.TODAY)  # type: ignore[arg-type]
    match_announced(lite, at=build.NOON, zone=build.LONDON)
    done = bring(lite, sheet(2, phone="01632 970000"))
    table = metadata.tables["deliveries"]
    match_announced(lite, at=build.NOON, zone=build.LONDON)
    with lite.write() as connection:
        connection.execute(table.update().values(state="accepted"))
        assert look(connection, done.batch or 0).told == 1
    batch = take_back(lite, done.batch).undone
    match_announced(lite, at=LATER, zone=build.LONDON)
    with lite.read() as connection:
        told = connection.execute(select(table.c.change_number).where(table.c.state == "pending")).all()
    assert batch is not None
    assert told == [(batch.first_change,)]


def test_what_breaks_a_rule_is_named_by_its_row(lite: Database) -> None:
    bring(lite, b"id,name,owner_organisation\n1,One,Trust\n2,Two,Trust\n")
    build.change(lite, build.draft(Edit(entry_id(lite, "1"), {"identifiers": (Identifier("hsds", "x"),)})))
    reading = sheets.job(b"id,name,owner_organisation,summary\n1,One,Trust,a\n2,Two,Trust,b\n").reading
    clash = replace(
        reading.services[1], set={**reading.services[1].set, "identifiers": (Identifier("services-csv", "1"),)}
    )
    job = replace(
        sheets.job(b"id,name,owner_organisation\n9,Nine,Trust\n"), reading=replace(reading, services=(clash,))
    )
    with pytest.raises(ImportRefused) as refusal:
        import_file(lite, job)
    assert [(problem.row, problem.column) for problem in refusal.value.problems] == [(3, "id")]


def entry_id(database: Database, identifier: str) -> str:
    with database.read() as connection:
        return ids_by_identifier(connection, "services-csv", [identifier])[identifier]


def test_a_slug_too_long_for_an_id_is_kept(lite: Database) -> None:
    slug = "a" * 70
    bring(lite, f"slug,name,owner_organisation\n{slug},Name,Trust\n".encode())
    with lite.read() as connection:
        assert services.entry(connection, slug, on=build.TODAY).slug == slug


def test_a_draft_of_other_things_stays(lite: Database) -> None:
    """What others published before and after, about other things, is not touched."""
    done = bring(lite, sheet(1))
    build.change(
        lite, Draft(title="x", effective_from=build.TODAY, services=(Edit("leg-ulcer-clinic", {"hours": "24/7"}),))
    )
    take_back(lite, done.batch)
    with lite.read() as connection:
        assert services.entry(connection, "leg-ulcer-clinic", on=build.TODAY).facts.hours == "24/7"
