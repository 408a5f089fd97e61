"""Delivering: at least once, with the same Message-ID, through refusals, hangs, kills and lost leases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from sqlalchemy import update

from directory.errors import DeliveryFailed
from directory.notify.deliver import LEASE, deliver_due, retry_after
from directory.notify.digest import run_due_slots
from directory.notify.match import match_announced
from directory.notify.recover import recover
from directory.outbound.folder import read_folder
from directory.outbound.mail import Mailer, RelayAway, SmtpMailer, mailer_for
from directory.store import deliveries, sending
from directory.store.database import Database
from directory.store.sending import Outcome
from directory.store.tables.people import people
from tests.notify.build import LETTERHEAD, LONDON, NOW, SCHEDULE, Town
from tests.outbound.relay import Relay, running

SLOT = datetime(2026, 11, 5, 7, 0, tzinfo=UTC)


class Killed(BaseException):
    """The process ends here."""


class FakeMailer:
    """Keeps what it is given; `fail` may raise, before or after the message is taken. Held to `Mailer` below."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.before: list[BaseException | None] = []
        self.after: list[BaseException | None] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def send(self, message: EmailMessage, to: str) -> None:
        if self.before and (failure := self.before.pop(0)):
            raise failure
        self.taken.append((to, message["Message-ID"]))
        if self.after and (failure := self.after.pop(0)):
            raise failure


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


@pytest.fixture
def relay() -> Iterator[Relay]:
    with running() as relay:
        yield relay


def publish(town: Town, **more: Any) -> int:
    number = town.move_clinic(**more)
    match_announced(town.database, at=NOW, zone=LONDON)
    return number


def deliver(town: Town, mailer: Mailer, at: datetime = NOW, **more: Any) -> int:
    return deliver_due(town.database, mailer, letterhead=LETTERHEAD, clock=lambda: at, **more)


def states(town: Town) -> list[str]:
    return [row.state for row in town.deliveries()]


def followers(town: Town, *names: str, **more: Any) -> list[int]:
    people = [town.person(f"{name}@example.nhs.uk") for name in names]
    for person in people:
        town.subscribe("immediately", person=person, **more)
    return people


def test_one_mail_at_once_and_one_digest_with_exactly_the_others(town: Town, relay: Relay) -> None:
    person = town.person("amina@example.nhs.uk")
    town.subscribe("daily", person=person, owner="nct")
    town.subscribe("immediately", person=person, service="leg-ulcer-clinic")
    at_once = publish(town, on=date(2026, 12, 1))
    others = [
        town.change(f"Podiatry {hours}", sets={"podiatry": {"hours": hours}}, kinds=("hours",))
        for hours in ("Mo-Fr", "Mo-Sa")
    ]
    match_announced(town.database, at=NOW, zone=LONDON)
    mailer = SmtpMailer(relay.url)
    assert deliver(town, mailer) == 1
    assert run_due_slots(town.database, SCHEDULE, at=SLOT) == 1
    assert deliver(town, mailer, SLOT) == 1
    assert [message["Message-ID"] for _, message in relay.messages] == [
        "<delivery-1@signpost.example>",
        "<digest-1@signpost.example>",
    ]
    text = [str(message.get_body(("plain",)).get_content()) for _, message in relay.messages]  # type: ignore[union-attr]
    links = [[n for n in (at_once, *others) if f"/changes/{n}\r\n" in each] for each in text]
    assert links == [[at_once], others]
    next_day = SLOT + timedelta(days=1)
    assert run_due_slots(town.database, SCHEDULE, at=next_day) == 0
    assert deliver(town, mailer, next_day) == 0
    assert states(town) == ["accepted"] * 3
    assert [row.state for row in town.digests()] == ["accepted"]


def test_urgent_then_immediate_then_digests(town: Town) -> None:
    daily = town.person("daily@example.nhs.uk")
    town.subscribe("daily", person=daily)
    publish(town)
    run_due_slots(town.database, SCHEDULE, at=SLOT)
    followers(town, "now")
    publish(town)
    publish(town, urgent=True)
    mailer = FakeMailer()
    assert deliver(town, mailer, SLOT, limit=1) == 4
    assert [to.partition("@")[0] for to, _ in mailer.taken] == ["daily", "now", "now", "daily"]


def test_temporary_and_permanent_refusals_are_told_apart(town: Town, relay: Relay) -> None:
    followers(town, "gone", "later", "here")
    publish(town)
    relay.refuse = {"gone@example.nhs.uk": "550 no such mailbox", "later@example.nhs.uk": "451 try later"}
    mailer = SmtpMailer(relay.url)
    assert deliver(town, mailer) == 1
    gone, later, _ = town.deliveries()
    assert states(town) == ["failed", "pending", "accepted"]
    assert gone.reason == "gone@example.nhs.uk: 550 no such mailbox"
    assert (later.attempts, later.lease) == (1, None)
    assert timedelta(minutes=1) <= later.next_attempt_at - NOW <= timedelta(minutes=1, seconds=12)
    assert deliver(town, mailer) == 0
    relay.refuse = {}
    assert deliver(town, mailer, NOW + timedelta(minutes=2)) == 1
    assert relay.to == ["here@example.nhs.uk", "later@example.nhs.uk"]


def test_a_hang_costs_one_message_its_turn_and_the_others_nothing(town: Town, relay: Relay) -> None:
    followers(town, "first")
    publish(town)
    relay.hang_at_data = 2
    assert deliver(town, SmtpMailer(relay.url, timeout=0.3)) == 0
    relay.hang_at_data = 0
    assert states(town) == ["pending"]
    assert deliver(town, SmtpMailer(relay.url), NOW + timedelta(minutes=2)) == 1


def test_an_answer_lost_after_data_is_repeated_with_the_same_message_id(town: Town, relay: Relay) -> None:
    followers(town, "amina")
    publish(town)
    relay.drop_after_data = 1
    assert deliver(town, SmtpMailer(relay.url)) == 0
    assert deliver(town, SmtpMailer(relay.url), NOW + timedelta(minutes=2)) == 1
    assert [message["Message-ID"] for _, message in relay.messages] == ["<delivery-1@signpost.example>"] * 2


def test_a_relay_away_puts_all_off_at_once_and_urgent_is_first_on_its_return(town: Town) -> None:
    followers(town, "amina", "ben")
    publish(town)
    urgent = publish(town, urgent=True)
    mailer = FakeMailer()
    mailer.before = [RelayAway("not there")]
    assert deliver(town, mailer) == 0
    assert [(row.attempts, row.reason) for row in town.deliveries()] == [(1, "not there")] * 4
    assert deliver(town, mailer, NOW + timedelta(minutes=2)) == 4
    ids = [row.id for row in town.deliveries() if row.change_number == urgent]
    assert [message for _, message in mailer.taken[:2]] == [f"<delivery-{key}@signpost.example>" for key in ids]


def test_seventy_two_hours_then_it_is_given_up(town: Town) -> None:
    followers(town, "amina")
    publish(town)
    mailer, at = FakeMailer(), NOW
    for _ in range(40):
        mailer.before = [DeliveryFailed("later", permanent=False)]
        deliver(town, mailer, at)
        (row,) = town.deliveries()
        if row.state != "pending":
            break
        at = row.next_attempt_at
    assert row.state == "failed"
    assert row.reason == "given up after 23 attempts: later"
    assert timedelta(hours=72) <= at - NOW <= timedelta(hours=90)
    assert mailer.taken == []


def test_delays_grow_and_end() -> None:
    delays = [retry_after(attempts, 0) for attempts in range(1, 24)]
    found = [delay for delay in delays if delay is not None]
    assert found == sorted(found)
    assert sum(found, timedelta()) >= timedelta(hours=72)
    assert delays[-1] is None
    assert len({retry_after(3, seed) for seed in range(100)}) > 90


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_sending_is_sent_again_with_the_same_message_id(town: Town, when: str) -> None:
    followers(town, "amina", "ben")
    publish(town)
    mailer = FakeMailer()
    setattr(mailer, when, [Killed()])
    with pytest.raises(Killed):
        deliver(town, mailer)
    assert deliver(town, mailer, NOW + timedelta(minutes=1)) == 0
    later = NOW + LEASE
    assert recover(town.database, at=later).leases == 2
    assert deliver(town, mailer, later) == 2
    assert states(town) == ["accepted", "accepted"]
    first = ("amina@example.nhs.uk", "<delivery-1@signpost.example>")
    second = ("ben@example.nhs.uk", "<delivery-2@signpost.example>")
    assert mailer.taken == [*([first] if when == "after" else []), first, second]
    assert [row.attempts for row in town.deliveries()] == [2, 2]


def test_killed_before_settling_a_digest_repeats_the_digest(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.subscribe("daily", person=town.person("amina@example.nhs.uk"))
    publish(town)
    publish(town)
    run_due_slots(town.database, SCHEDULE, at=SLOT)
    settle, mailer = sending.settle, FakeMailer()

    def killed(*args: Any, **more: Any) -> bool:
        settle(*args, **more)
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(sending, "settle", killed)
        deliver(town, mailer, SLOT)
    assert states(town) == ["pending", "pending"]
    assert deliver(town, mailer, SLOT + LEASE) == 1
    assert [message for _, message in mailer.taken] == ["<digest-1@signpost.example>"] * 2
    assert states(town) == ["accepted", "accepted"]


def test_who_lost_the_lease_changes_nothing(town: Town) -> None:
    followers(town, "amina")
    publish(town)
    with town.database.write() as connection:
        first = sending.claim(connection, lease="first", at=NOW, until=NOW + LEASE, limit=9)
        assert not sending.claim(connection, lease="second", at=NOW, until=NOW + LEASE, limit=9)
        late = NOW + LEASE
        assert sending.claim(connection, lease="second", at=late, until=late + LEASE, limit=9) == first
        outcome = Outcome("failed", "too late")
        assert not sending.settle(connection, "delivery", 1, lease="first", at=late, outcome=outcome)
        assert sending.settle(connection, "delivery", 1, lease="second", at=late, outcome=Outcome("accepted"))
    assert states(town) == ["accepted"]


def test_what_was_not_tried_is_given_back_and_not_counted(town: Town) -> None:
    followers(town, "amina", "ben", "carol")
    publish(town)
    mailer = FakeMailer()
    assert deliver(town, mailer, stop=lambda: bool(mailer.taken)) == 1
    assert [(row.state, row.attempts, row.lease) for row in town.deliveries()] == [
        ("accepted", 1, None),
        ("pending", 0, None),
        ("pending", 0, None),
    ]


def test_a_slow_relay_does_not_outlive_the_lease(town: Town) -> None:
    followers(town, "amina", "ben", "carol", "dan")
    publish(town)
    mailer, now = FakeMailer(), [NOW]
    send = mailer.send
    leases = []

    def slow(message: EmailMessage, to: str) -> None:
        now[0] += timedelta(seconds=50)
        leases.append(next(row.leased_until for row in town.deliveries() if row.lease) - now[0])
        send(message, to)

    mailer.send = slow  # type: ignore[method-assign]
    assert deliver_due(town.database, mailer, letterhead=LETTERHEAD, clock=lambda: now[0]) == 4
    assert min(leases) >= timedelta(minutes=2)
    assert len({to for to, _ in mailer.taken}) == 4


def test_withdrawn_and_erased_are_dropped_even_once_claimed(town: Town) -> None:
    amina, _ = followers(town, "amina", "ben")
    number = publish(town)
    town.erase(amina)
    mailer = FakeMailer()
    assert deliver(town, mailer) == 1
    assert states(town) == ["dropped", "accepted"]
    last = publish(town)
    assert last != number
    town.withdraw(last)
    assert deliver(town, mailer) == 0
    assert states(town) == ["dropped", "accepted", "dropped"]


def test_a_withdrawal_after_the_drop_and_before_sending_is_seen(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    followers(town, "amina")
    number = publish(town)
    monkeypatch.setattr(deliveries, "drop_untellable", lambda *args, **more: town.withdraw(number))
    mailer = FakeMailer()
    assert deliver(town, mailer) == 0
    assert (mailer.taken, states(town)) == ([], ["dropped"])


def test_an_address_that_cannot_be_written_fails_alone(town: Town) -> None:
    followers(town, "amina", "ben")
    publish(town)
    with town.database.write() as connection:
        connection.execute(update(people).where(people.c.id == 1).values(email="nobody"))
    assert deliver(town, FakeMailer()) == 1
    assert states(town) == ["failed", "accepted"]


def test_workers_at_once_send_each_thing_once(town: Town) -> None:
    followers(town, *(f"person{number}" for number in range(12)))
    publish(town)
    mailer = FakeMailer()
    with ThreadPoolExecutor(3) as pool:
        sent = list(pool.map(lambda _: deliver(town, mailer, limit=2), range(3)))
    assert sum(sent) == 12
    assert len(set(mailer.taken)) == len(mailer.taken) == 12


def test_without_a_relay_mail_is_in_the_folder(town: Town, tmp_path: Path) -> None:
    followers(town, "amina")
    publish(town, urgent=True)
    assert deliver(town, mailer_for(None, tmp_path)) == 1
    (stored,) = read_folder(tmp_path)
    assert stored.subject.startswith("Urgent: From today, 4 November 2026: Leg ulcer clinic")
    assert "tvn.referrals@example.nhs.uk" in stored.html


def test_unsubscribing_drops_what_waits(town: Town) -> None:
    amina, _ = followers(town, "amina", "ben")
    publish(town)
    with town.database.write() as connection:
        assert deliveries.drop_of_person(connection, amina, at=NOW) == 1
    assert deliver(town, FakeMailer()) == 1
    assert states(town) == ["dropped", "accepted"]
