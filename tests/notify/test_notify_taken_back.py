"""Who was told of a change hears when it is withdrawn or amended; who was not told hears only what holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from types import TracebackType
from typing import Self

import pytest

from directory.actions.people import subscribe_person
from directory.actions.take_back import amending, withdraw
from directory.domain.change import Draft, Edit
from directory.domain.policy import OPERATOR
from directory.domain.service import Owner
from directory.domain.subscription import Frequency
from directory.notify.deliver import deliver_due
from directory.notify.digest import run_due_slots
from directory.notify.match import match_announced, match_in_force
from directory.outbound.message import Mail
from directory.store.database import Database
from tests import build
from tests.notify.build import LETTERHEAD, SCHEDULE
from tests.notify.fakes import opened

CLINIC = "leg-ulcer-clinic"
WOUNDS = Owner("community-trust", "tissue-viability")
SOON = build.TODAY + timedelta(10)
MORNING = build.NOON + timedelta(hours=19)
Sent = list[tuple[str, str, str]]


class Post:
    """A mailer that keeps who got which subject, and the text."""

    name = "post"

    def __init__(self) -> None:
        self.sent: Sent = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def send(self, message: Mail | EmailMessage, to: str, *, after: Callable[[], object] | None = None) -> None:
        if after is not None:
            after()
        found = opened(message)
        text = found.get_body(("plain",))
        assert text is not None
        self.sent.append((to, str(found["Subject"]).strip(), str(text.get_content())))


@pytest.fixture
def started(database: Database) -> Database:
    build.directory(database)
    for email, every in (("now@n.example", "immediately"), ("daily@n.example", "daily")):
        follow(database, email, every)  # type: ignore[arg-type]
    match_announced(database, at=build.NOON - timedelta(days=1), zone=build.LONDON)
    return database


def follow(database: Database, email: str, every: Frequency, *, at: datetime = build.NOON - timedelta(days=9)) -> None:
    subscribe_person(database, email=email, criteria={"service": [CLINIC]}, frequency=every, at=at, today=build.TODAY)


def work(database: Database, at: datetime) -> Sent:
    """What the worker sends at an instant."""
    post = Post()
    match_announced(database, at=at, zone=build.LONDON)
    run_due_slots(database, SCHEDULE, at=at)
    deliver_due(database, post, letterhead=LETTERHEAD, clock=lambda: at)
    return post.sent


def moves(database: Database) -> int:
    draft = build.draft(Edit(CLINIC, {"owner": WOUNDS}), title="It moves", effective_from=SOON)
    return build.change(database, draft).change.number


def take_back(database: Database, number: int, at: datetime) -> None:
    with database.write() as connection:
        withdraw(connection, number, why="The *board* said no.", by=OPERATOR, at=at, zone=build.LONDON)


def amend(database: Database, number: int, day: date, at: datetime) -> int:
    with database.read() as connection:
        draft: Draft = amending(connection, number, effective_from=day)
    return build.change(database, draft, at=at).change.number


def test_who_was_told_is_told_that_it_is_withdrawn_and_nobody_else_hears_of_it(started: Database) -> None:
    number = moves(started)
    assert [(to, subject) for to, subject, _ in work(started, build.NOON)] == [
        ("now@n.example", "From 2 December 2026: It moves")
    ]
    follow(started, "later@n.example", "immediately", at=build.NOON + timedelta(minutes=30))
    at = build.NOON + timedelta(hours=1)
    take_back(started, number, at)
    ((to, subject, text),) = work(started, at)
    assert (to, subject) == ("now@n.example", "Withdrawn: It moves")
    assert "What we told you before does not hold. This is what holds:" in text
    assert "Who handles this: District Nursing, Northmoor Community Health NHS Trust" in text
    assert "(new)" not in text
    assert "The *board* said no." in text
    # The digest of the next morning had only the withdrawn change to tell of.
    assert work(started, MORNING) == []


def test_who_had_it_in_a_digest_is_told_in_the_next(started: Database) -> None:
    number = moves(started)
    work(started, build.NOON)
    assert [to for to, _, _ in work(started, MORNING)] == ["daily@n.example"]
    take_back(started, number, MORNING + timedelta(hours=1))
    assert [to for to, _, _ in work(started, MORNING + timedelta(hours=1))] == ["now@n.example"]
    assert [(to, subject) for to, subject, _ in work(started, MORNING + timedelta(days=1))] == [
        ("daily@n.example", "Withdrawn: It moves")
    ]


def test_an_amended_change_says_so_to_those_who_were_told(started: Database) -> None:
    number = moves(started)
    work(started, build.NOON)
    at = build.NOON + timedelta(hours=1)
    amended = amend(started, number, SOON + timedelta(5), at)
    ((to, subject, text),) = work(started, at)
    assert (to, subject) == ("now@n.example", "Changed: It moves, from 7 December 2026")
    assert "This takes the place of what we told you before. From 7 December 2026." in text
    ((to, subject, text),) = work(started, MORNING)
    assert (to, subject) == ("daily@n.example", "From 7 December 2026: It moves")
    # Withdrawn at last: both hear of that, by whatever name they knew it.
    at = MORNING + timedelta(hours=1)
    take_back(started, amended, at)
    assert [to for to, _, _ in work(started, at)] == ["now@n.example"]
    assert [to for to, _, _ in work(started, MORNING + timedelta(days=1))] == ["daily@n.example"]


def test_an_amendment_that_was_never_sent_does_not_hide_that_the_first_is_off(started: Database) -> None:
    number = moves(started)
    work(started, build.NOON)
    amended = amend(started, number, SOON + timedelta(5), build.NOON + timedelta(hours=1))
    match_announced(started, at=build.NOON + timedelta(hours=1), zone=build.LONDON)
    at = build.NOON + timedelta(hours=2)
    take_back(started, amended, at)
    assert [(to, subject) for to, subject, _ in work(started, at)] == [("now@n.example", "Withdrawn: It moves")]


def test_what_nobody_was_told_is_withdrawn_in_silence(started: Database) -> None:
    number = moves(started)
    take_back(started, number, build.NOON)
    assert work(started, build.NOON) == []
    assert work(started, MORNING) == []


def test_what_was_postponed_is_told_on_its_new_day_and_not_on_the_old_one(started: Database) -> None:
    number = moves(started)
    work(started, build.NOON)
    later = SOON + timedelta(days=5)
    at = build.NOON + timedelta(hours=1)
    amended = amend(started, number, later, at)
    assert [to for to, _, _ in work(started, at)] == ["now@n.example"]
    assert told_on_the_day(started, build.NOON + timedelta(days=10)) == []
    told = told_on_the_day(started, build.NOON + timedelta(days=15))
    assert {to for to, _, _ in told} >= {"now@n.example"}
    assert all("It moves" in subject or "It moves" in text for _, subject, text in told)
    assert told_on_the_day(started, build.NOON + timedelta(days=15, hours=1)) == []
    with started.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT DISTINCT change_number FROM deliveries WHERE stage = 'in-force'"
        ).scalars()
        assert list(rows) == [amended]


def test_what_was_brought_forward_to_a_day_that_comes_is_told_on_that_day(started: Database) -> None:
    number = moves(started)
    work(started, build.NOON)
    at = build.NOON + timedelta(hours=1)
    amend(started, number, SOON - timedelta(days=5), at)
    work(started, at)
    assert [to for to, _, _ in told_on_the_day(started, build.NOON + timedelta(days=5))] == ["now@n.example"]
    assert told_on_the_day(started, build.NOON + timedelta(days=10)) == []


def told_on_the_day(database: Database, at: datetime) -> Sent:
    """What goes at once to those who are told on the day itself."""
    post = Post()
    match_in_force(database, at=at, zone=build.LONDON)
    deliver_due(database, post, letterhead=LETTERHEAD, clock=lambda: at)
    return post.sent
