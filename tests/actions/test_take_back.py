"""What was published can be withdrawn, amended and set back, and what was known before stays known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from typing import Any

import pytest

from directory.actions.prepare import Published
from directory.actions.publish import publish_in
from directory.actions.take_back import amending, reversing, withdraw
from directory.domain.change import Draft, Edit
from directory.domain.policy import OPERATOR, Actor
from directory.domain.service import Entry, Owner
from directory.domain.succession import Succession
from directory.errors import AlreadyWithdrawn, ChangeNotFound, Invalid, NotAllowed
from directory.store import changes, services
from directory.store.database import Database
from tests import build

CLINIC = "leg-ulcer-clinic"
WOUNDS = Owner("community-trust", "tissue-viability")
SOON, LATER = build.TODAY + timedelta(10), build.TODAY + timedelta(20)
NURSES = Actor("person 1", roles={"district-nursing": "lead"})
OTHERS = Actor("person 2", roles={"tissue-viability": "lead"})


@pytest.fixture
def started(database: Database) -> Iterator[Database]:
    with closing(database):
        build.directory(database)
        yield database


def publish(database: Database, *edits: Edit, on: date = SOON, **given: Any) -> int:
    return build.change(database, build.draft(*edits, effective_from=on, **given)).change.number


def take_back(database: Database, number: int, *, by: Actor = OPERATOR, why: str = "It was a mistake.") -> Published:
    with database.write() as connection:
        at = build.NOON + timedelta(hours=1)
        done = withdraw(connection, number, why=why, by=by, at=at, zone=build.LONDON)
    assert isinstance(done, Published)
    return done


def again(database: Database, draft: Draft, *, by: Actor = OPERATOR) -> Published:
    with database.write() as connection:
        at = build.NOON + timedelta(hours=2)
        return publish_in(connection, [draft], by=by, at=[at], zone=build.LONDON)[0]


def entry(database: Database, on: date, key: str = CLINIC, **known: Any) -> Entry:
    with database.read() as connection:
        return services.entry(connection, key, on=on, **known)


def team(database: Database, on: date, **known: Any) -> str:
    found = entry(database, on, **known)
    return found.team.slug if found.team else ""


def test_a_withdrawn_change_does_not_come_into_force(started: Database) -> None:
    number = publish(started, Edit(CLINIC, {"owner": WOUNDS}), title="It moves")
    publish(started, Edit(CLINIC, {"hours": "24/7"}), on=LATER)
    done = take_back(started, number).change
    assert (done.title, done.kinds, done.supersedes) == ("Withdrawn: It moves", ("owner",), number)
    assert [team(started, day) for day in (build.TODAY, SOON, LATER)] == ["district-nursing"] * 3
    assert entry(started, LATER).facts.hours == "24/7"
    assert [coming.title for coming in entry(started, build.TODAY).upcoming] == ["A change"]
    # What was believed before it was withdrawn is still known.
    assert team(started, LATER, known_at=build.NOON) == "tissue-viability"
    with started.read() as connection:
        gone = changes.load(connection, number)
    assert (gone.status, gone.superseded_by) == ("withdrawn", done.number)
    with pytest.raises(AlreadyWithdrawn, match=f"by change {done.number}"):
        take_back(started, number)
    with pytest.raises(Invalid, match="is a withdrawal"):
        take_back(started, done.number)


def test_who_may_withdraw_and_what_it_takes(started: Database) -> None:
    number = publish(started, Edit(CLINIC, {"owner": WOUNDS}))
    with pytest.raises(NotAllowed):
        take_back(started, number, by=OTHERS)
    with pytest.raises(Invalid, match="say why"):
        take_back(started, number, why=" ")
    with pytest.raises(ChangeNotFound):
        take_back(started, 99)
    assert take_back(started, number, by=NURSES).change.supersedes == number


def test_a_withdrawn_succession_never_was(started: Database) -> None:
    publish(started, build.opening("wound-clinic"), on=build.OPENED, kinds=("opened",))
    link = Succession(CLINIC, "wound-clinic", "replaced", SOON)
    number = publish(started, succession=(link,))
    assert [each.successor for each in entry(started, SOON).succeeded_by] == ["wound-clinic"]
    take_back(started, number)
    now = entry(started, LATER)
    assert (now.succeeded_by, now.facts.status) == ((), "active")
    assert [each.successor for each in entry(started, SOON, known_at=build.NOON).succeeded_by] == ["wound-clinic"]
    # The way is free for another.
    publish(started, succession=(Succession("wound-clinic", CLINIC, "replaced", SOON),))


def test_an_opening_with_later_edits_stays_until_they_are_withdrawn(started: Database) -> None:
    number = publish(started, build.opening("wound-clinic"), kinds=("opened",))
    edited = publish(started, Edit("wound-clinic", {"hours": "24/7"}), on=LATER)
    with pytest.raises(Invalid, match=f"change {edited} edits it since: withdraw that one first"):
        take_back(started, number)
    take_back(started, edited)
    take_back(started, number)
    assert entry(started, LATER, "wound-clinic").facts.status == "closed"


def test_a_change_is_postponed_and_brought_forward(started: Database) -> None:
    number = publish(started, Edit(CLINIC, {"owner": WOUNDS}), title="It moves")
    for day in (LATER, build.TODAY + timedelta(2)):
        with started.read() as connection:
            draft = amending(connection, number, effective_from=day)
        done = again(started, draft).change
        assert (done.title, done.kinds, done.supersedes, done.effective_from) == ("It moves", ("owner",), number, day)
        assert [team(started, each) for each in (day - timedelta(1), day)] == ["district-nursing", "tissue-viability"]
        number = done.number
    with pytest.raises(AlreadyWithdrawn):
        again(started, draft)


def test_a_merger_is_postponed_with_its_links(started: Database) -> None:
    publish(started, build.opening("north"), build.opening("south"), on=build.OPENED, kinds=("opened",))
    number = publish(started, succession=tuple(Succession(each, CLINIC, "merged", SOON) for each in ("north", "south")))
    with started.read() as connection:
        draft = amending(connection, number, effective_from=LATER)
    assert draft.services == ()
    again(started, draft)
    assert [entry(started, day, "north").facts.status for day in (SOON, LATER)] == ["active", "closed"]
    assert {each.effective_from for each in entry(started, LATER).replaces} == {LATER}


def test_an_opening_is_postponed(started: Database) -> None:
    number = publish(started, build.opening("wound-clinic"), kinds=("opened",))
    with started.read() as connection:
        draft = amending(connection, number, effective_from=LATER)
    assert again(started, draft).change.kinds == ("opened",)
    assert [entry(started, day, "wound-clinic").facts.status for day in (SOON, LATER)] == ["planned", "active"]


def test_what_was_done_is_set_back_but_for_what_was_done_since(started: Database) -> None:
    edit = Edit(CLINIC, {"owner": WOUNDS, "hours": "24/7"})
    number = publish(started, edit, on=build.TODAY - timedelta(30))
    publish(started, Edit(CLINIC, {"hours": "Mo 09:00-10:00"}), on=build.TODAY - timedelta(5))
    with started.read() as connection:
        found = reversing(connection, number, on=build.TODAY)
    assert found.left == ((CLINIC, "hours"),)
    again(started, found.draft)
    assert [team(started, build.TODAY - timedelta(days)) for days in (0, 1)] == ["district-nursing", "tissue-viability"]
    assert entry(started, build.TODAY).facts.hours == "Mo 09:00-10:00"
    link = Succession(CLINIC, None, "closed", build.TODAY)
    closing = publish(started, on=build.TODAY, succession=(link,), what_to_do="Ring.")
    with started.read() as connection, pytest.raises(Invalid, match="does more than set fields"):
        reversing(connection, closing, on=build.TODAY)


def test_what_never_held_is_withdrawn_from_the_past(started: Database) -> None:
    number = publish(started, Edit(CLINIC, {"owner": WOUNDS}), on=build.TODAY - timedelta(30))
    done = take_back(started, number).change
    assert done.kinds == ("owner", "correction")
    assert team(started, build.TODAY - timedelta(3)) == "district-nursing"
    assert team(started, build.TODAY - timedelta(3), known_at=build.NOON) == "tissue-viability"
