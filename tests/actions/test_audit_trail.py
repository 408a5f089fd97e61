"""The audit trail: sealed in order, and every way to tamper with it is found and located."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, select, update

from directory.actions.audit_trail import seal_trail, verify_trail
from directory.domain.change import Edit
from directory.domain.policy import OPERATOR
from directory.store import audit, audit_chain
from directory.store.database import Database
from directory.store.tables.changes import counters
from directory.store.tables.trust import audit as trail
from tests import build

ENTRIES = 9


def filled(database: Database) -> None:
    with database.write() as connection:
        events = [
            audit.Event(build.NOON + timedelta(seconds=n), OPERATOR, "check", f"service {n}", {"of": "Zoë"})
            for n in range(ENTRIES)
        ]
        audit.record_many(connection, events)
    assert seal_trail(database, at=build.NOON) == ENTRIES


def edited(connection: Connection, number: int) -> None:
    connection.execute(update(trail).where(trail.c.number == number).values(details='{"of":"x"}'))


def taken_out(connection: Connection, number: int) -> None:
    connection.execute(delete(trail).where(trail.c.number == number))


def moved(connection: Connection, number: int) -> None:
    """Two entries change places, with all that they say but their ids and numbers."""
    other = number + 1 if number < ENTRIES else number - 1
    rows = {row.number: row for row in connection.execute(select(trail).where(trail.c.number.in_([number, other])))}
    for one, two in ((number, other), (other, number)):
        said = {"object": rows[two].object, "at": rows[two].at}
        connection.execute(update(trail).where(trail.c.number == one).values(said))


def cut_off(connection: Connection, number: int) -> None:
    connection.execute(delete(trail).where(trail.c.number >= number))


def made_to_fit(connection: Connection, number: int) -> None:
    """Edited, with a hash that fits what it says now."""
    edited(connection, number)
    row = connection.execute(select(trail).where(trail.c.number == number)).one()
    before = audit_chain.hash_at(connection, number - 1)
    fits = audit_chain._hash(row, number=number, previous=str(before))
    connection.execute(update(trail).where(trail.c.number == number).values(sha256=fits))


HARM = [edited, taken_out, moved, cut_off, made_to_fit]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(harm=st.sampled_from(HARM), number=st.integers(1, ENTRIES))
def test_every_harm_is_found_at_its_place(
    sqlite_database: Database, harm: Callable[[Connection, int], None], number: int
) -> None:
    with sqlite_database.write() as connection:
        if not audit_chain.end(connection).number:
            audit.record_many(
                connection, [audit.Event(build.NOON, OPERATOR, "check", f"service {n}", {}) for n in range(ENTRIES)]
            )
            audit_chain.seal(connection, at=build.NOON)
        assert list(audit_chain.problems(connection)) == []
        harm(connection, number)
        found = list(audit_chain.problems(connection))
        connection.rollback()
    assert found
    # A hash that fits shows at the one after it, or at the end.
    first = number - 1 if harm is moved and number == ENTRIES else number
    assert any(str(each) in found[0] for each in (first, first + 1))


def test_on_either_database(database: Database) -> None:
    filled(database)
    assert verify_trail(database).problems == ()
    with database.write() as connection:
        edited(connection, 4)
    found = verify_trail(database)
    assert (found.entries, found.waiting) == (ENTRIES, 0)
    assert found.problems == ("entry 4 of the audit trail is not as it was sealed",)


def test_what_is_done_is_sealed_once_and_in_order(database: Database) -> None:
    build.directory(database)
    before = verify_trail(database)
    assert (before.entries, before.waiting, before.problems) == (0, 1, ())
    seal_trail(database, at=build.NOON)
    build.change(database, build.draft(Edit("leg-ulcer-clinic", {"hours": "24/7"})))
    assert seal_trail(database, at=build.NOON) == 1
    assert seal_trail(database, at=build.NOON) == 0
    after = verify_trail(database)
    assert (after.entries, after.waiting, after.problems) == (2, 0, ())


def test_a_trail_that_was_cut_off_whole(database: Database) -> None:
    filled(database)
    with database.write() as connection:
        connection.execute(delete(trail))
    assert verify_trail(database).problems == (
        f"entries 1 to {ENTRIES} are missing from the audit trail: it was cut off",
    )


def test_a_counter_set_back_does_not_hide_it(database: Database) -> None:
    filled(database)
    with database.write() as connection:
        connection.execute(update(counters).where(counters.c.name == "audit").values(value=3))
    assert verify_trail(database).problems == (f"the audit trail ends with entry {ENTRIES}, but counts 3",)


@pytest.fixture(name="sqlite_database")
def _sqlite_database(sqlite_url: str, tmp_path: Path):  # type: ignore[no-untyped-def]
    with closing(Database(sqlite_url)) as opened:
        yield opened
