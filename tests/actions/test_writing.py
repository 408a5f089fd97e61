"""Drafts: what is kept of them, whose they are, and that one is sent once, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest

from directory.actions import beginning, writing
from directory.domain.change import Draft, Edit
from directory.domain.policy import OPERATOR, Actor
from directory.domain.service import Owner, ReferralRoute
from directory.domain.succession import Part, Succession
from directory.domain.writing import Task, Writing
from directory.errors import DraftNotFound, EditConflict, Invalid, NotAllowed
from directory.notify.post import forget_what_is_over
from directory.store import changes, people
from directory.store.database import Database
from tests import build

CLINIC = "leg-ulcer-clinic"
ROUTES = (ReferralRoute("phone", "01632 960999"),)


@pytest.fixture
def lee(database: Database) -> Actor:
    build.directory(database)
    with database.write() as connection:
        person = people.add(connection, email="lee@northmoor.example", name="Lee", editor=False, at=build.NOON)
        people.join(connection, person_id=person, team_id="district-nursing", role="lead", at=build.NOON)
        return people.by_email(connection, "lee@northmoor.example").actor


def begun(database: Database, by: Actor) -> Writing:
    """A draft of a new route in which every task is done."""
    with database.write() as connection:
        made = beginning.changing(connection, CLINIC, today=build.TODAY)
        made = beginning.chosen(made, ["referral-route"])
        edit = Edit(CLINIC, {"referral_routes": ROUTES}, made.draft.services[0].expected_version)
        made = replace(made, draft=made.with_edit(edit))
        return writing.start(
            connection, replace(made, done=frozenset(task.key for task in made.tasks())), by=by, at=build.NOON
        )


def send(database: Database, draft: str, by: Actor) -> Writing:
    return writing.send(database, draft, override="", by=by, at=build.NOON, zone=build.LONDON)


def count(database: Database) -> int:
    with database.read() as connection:
        return changes.count(connection)


def test_what_is_kept_comes_back_as_it_was(database: Database, lee: Actor) -> None:
    made = begun(database, lee)
    link = Succession(CLINIC, "elsewhere", "split", date(2027, 1, 1), Part("Adults", ("legs",), ("Fen",), 18))
    draft = replace(made.draft, succession=(link,), urgent=True, supersedes=1, why="## Why\n\nSo.")
    kept = writing.save(database, made.id, lambda _, held: replace(held, draft=draft), by=lee, at=build.NOON)
    with database.read() as connection:
        assert writing.load(connection, made.id, by=lee) == kept
        assert writing.own(connection, by=lee) == [kept]
    assert kept.draft == draft


def test_pressed_by_many_at_once_it_is_published_once(database: Database, lee: Actor) -> None:
    made, together, found = begun(database, lee), Barrier(4), list[int | None]()

    def press() -> None:
        together.wait()
        done = send(database, made.id, lee)
        found.append(done.sent.change if done.sent else None)

    threads = [Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [2, 2, 2, 2]
    assert count(database) == 2


def test_two_tabs_keep_each_its_own_task(database: Database, lee: Actor) -> None:
    made, together = begun(database, lee), Barrier(2)

    def keep(edit: Callable[[Draft], Draft]) -> None:
        together.wait()
        given = {"by": lee, "at": build.NOON}
        writing.save(database, made.id, lambda _, held: held.saved(Task("words"), edit(held.draft)), **given)  # type: ignore[arg-type]

    edits = (lambda draft: replace(draft, why="Because."), lambda draft: replace(draft, in_flight="They go on."))
    threads = [Thread(target=keep, args=(edit,)) for edit in edits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        draft = writing.load(connection, made.id, by=lee).draft
    assert (draft.why, draft.in_flight) == ("Because.", "They go on.")


def test_what_cannot_be_published_stays_a_draft(database: Database, lee: Actor) -> None:
    made = begun(database, lee)
    build.change(database, build.draft(Edit(CLINIC, {"hours": "Mo"})))
    with pytest.raises(EditConflict):
        send(database, made.id, lee)
    writing.save(database, made.id, lambda _, held: held.saved(Task("words"), held.draft), by=lee, at=build.NOON)
    with pytest.raises(Invalid, match="still to be done"):
        send(database, made.id, lee)
    assert count(database) == 2
    with database.read() as connection:
        assert writing.load(connection, made.id, by=lee).sent is None


def test_a_draft_is_its_authors_alone(database: Database, lee: Actor) -> None:
    made = begun(database, lee)
    other = Actor("person 2", 99, editor=True)
    for try_it in (
        lambda: send(database, made.id, other),
        lambda: writing.delete(database, made.id, by=other),
        lambda: writing.save(database, made.id, lambda _, held: held, by=other, at=build.NOON),
    ):
        with pytest.raises(DraftNotFound):
            try_it()
    with pytest.raises(NotAllowed):
        begun(database, OPERATOR)


@pytest.mark.parametrize(
    "edit",
    [
        {"referral_routes": (ReferralRoute("phone", "1", notes="Such as 943 476 5919"),)},
        {"needs": ("943 476 5919",)},
        {"description": "Born on 1/2/1934."},
    ],
)
def test_patient_data_in_any_field_is_not_kept(database: Database, lee: Actor, edit: dict[str, object]) -> None:
    made = begun(database, lee)
    draft = made.with_edit(Edit(CLINIC, edit, 1))
    with pytest.raises(Invalid, match="no patient data"):
        writing.save(database, made.id, lambda _, held: replace(held, draft=draft), by=lee, at=build.NOON)
    with database.read() as connection:
        assert writing.load(connection, made.id, by=lee).draft == made.draft


def test_a_number_to_ring_is_no_patients(database: Database, lee: Actor) -> None:
    made = begun(database, lee)
    draft = made.with_edit(Edit(CLINIC, {"referral_routes": (ReferralRoute("phone", "943 476 5919"),)}, 1))
    assert writing.save(database, made.id, lambda _, held: replace(held, draft=draft), by=lee, at=build.NOON)


def test_the_worker_lets_go_of_drafts_after_90_days(database: Database, lee: Actor) -> None:
    made = begun(database, lee)
    forget_what_is_over(database, at=build.NOON + timedelta(days=90))
    with database.read() as connection:
        assert writing.load(connection, made.id, by=lee)
    forget_what_is_over(database, at=build.NOON + timedelta(days=90, seconds=1))
    with database.read() as connection, pytest.raises(DraftNotFound):
        writing.load(connection, made.id, by=lee)


def test_a_new_service_gets_an_address_that_is_free(database: Database, lee: Actor) -> None:
    with database.read() as connection:
        made = beginning.opening(connection, " Leg  ulcer clinic ", Owner("community-trust"), today=build.TODAY)
        again = beginning.newcomer(connection, "Leg ulcer clinic", Owner("community-trust"), beside=made.draft.services)
    assert (made.draft.services[0].id, again.id) == ("leg-ulcer-clinic-2", "leg-ulcer-clinic-3")
    assert made.draft.services[0].set["name"] == "Leg ulcer clinic"
