"""What holds already and is set back is a change of its own: who was told of the first is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from directory.actions.people import subscribe_person
from directory.actions.publish import publish
from directory.actions.take_back import reversing
from directory.domain.change import Edit
from directory.domain.policy import OPERATOR
from directory.domain.subscription import Facet
from directory.store import changes, people, subscriptions
from directory.store.database import Database
from tests import build
from tests.notify.test_notify_taken_back import CLINIC, WOUNDS, follow, work

SUBJECT = "From today, 23 November 2026: Set back: It moves"


@pytest.fixture
def light(sqlite_url: str) -> Iterator[Database]:
    with closing(Database(sqlite_url)) as database:
        build.directory(database)
        follow(database, "now@n.example", "immediately")
        work(database, build.NOON - timedelta(days=1))
        yield database


def test_who_was_told_is_told_that_it_is_set_back(light: Database) -> None:
    moved = build.change(light, build.draft(Edit(CLINIC, {"owner": WOUNDS}), title="It moves"))
    assert [to for to, _, _ in work(light, build.NOON)] == ["now@n.example"]
    later = build.NOON + timedelta(days=1)
    with light.read() as connection:
        back = reversing(connection, moved.change.number, on=build.TODAY + timedelta(days=1)).draft
    publish(light, back, by=OPERATOR, at=later, zone=build.LONDON)
    ((to, subject, text),) = work(light, later)
    assert (to, subject) == ("now@n.example", SUBJECT)
    assert "Who handles this: District Nursing" in text
    assert f"Change {moved.change.number} is set back." in text


@pytest.mark.parametrize("facet", ["owner", "team"])
def test_who_follows_the_one_that_had_it_hears_of_it_too(light: Database, facet: Facet) -> None:
    moved = build.change(light, build.draft(Edit(CLINIC, {"owner": WOUNDS}), title="It moves"))
    work(light, build.NOON)
    followed = "tissue-viability" if facet == "team" else "community-trust"
    subscribe_person(
        light, email="tvn@n.example", criteria={facet: [followed]}, frequency="immediately", at=build.NOON,
        today=build.TODAY,
    )  # fmt: skip
    later = build.NOON + timedelta(days=1)
    with light.read() as connection:
        back = reversing(connection, moved.change.number, on=build.TODAY + timedelta(days=1)).draft
    publish(light, back, by=OPERATOR, at=later, zone=build.LONDON)
    assert ("tvn@n.example", SUBJECT) in [(to, subject) for to, subject, _ in work(light, later)]


def test_who_was_told_and_follows_it_no_longer_hears_of_it_once(light: Database) -> None:
    follow(light, "gone@n.example", "immediately")
    work(light, build.NOON - timedelta(hours=1))
    moved = build.change(light, build.draft(Edit(CLINIC, {"owner": WOUNDS}), title="It moves"))
    assert len(work(light, build.NOON)) == 2
    with light.write() as connection:
        subscriptions.end_all(connection, people.by_email(connection, "gone@n.example").id, at=build.NOON)
        people.add(connection, email="never@n.example", name="", editor=False, at=build.NOON)
    later = build.NOON + timedelta(days=1)
    with light.read() as connection:
        back = reversing(connection, moved.change.number, on=build.TODAY + timedelta(days=1)).draft
    publish(light, back, by=OPERATOR, at=later, zone=build.LONDON)
    assert sorted((to, subject) for to, subject, _ in work(light, later)) == [
        ("gone@n.example", SUBJECT),
        ("now@n.example", SUBJECT),
    ]
    with light.read() as connection:
        (change,) = changes.list_after(connection, moved.change.number, limit=1)
    assert change.reverses == moved.change.number
