"""Delivering through faults: at least once, with the same Message-ID; hangs, kills, lost leases, a relay away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from directory.domain.subscription import Frequency
from directory.errors import DeliveryFailed
from directory.notify.deliver import LEASE, deliver_due, retry_after
from directory.notify.digest import run_due_slots
from directory.notify.match import match_announced
from directory.notify.recover import recover
from directory.outbound.mail import RelayAway, SmtpMailer
from directory.outbound.message import Mail
from directory.store import deliveries, relays, sending
from directory.store.database import Database
from directory.store.sending import Outcome
from directory.store.settling import Finish, Settling
from tests.notify.build import LETTERHEAD, LONDON, NOW, SCHEDULE, Town
from tests.notify.fakes import FakeMailer, Killed, deliver, followers, publish, states
from tests.outbound.relay import Relay, running

SLOT = datetime(2026, 11, 5, 7, 0, tzinfo=UTC)


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


@pytest.fixture
def relay() -> Iterator[Relay]:
    with running() as relay:
        yield relay


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


def test_a_relay_away_is_no_message_s_fault_and_what_waits_goes_in_order_on_its_return(town: Town) -> None:
    """72 hours without a relay: then the urgent one, the others, and last the digests of three days."""
    town.subscribe("daily", person=town.person("daily@example.nhs.uk"), service="podiatry")
    followers(town, "amina", "ben", service="leg-ulcer-clinic")
    mailer, at = FakeMailer(), NOW
    publish(town)
    for hour in range(73):
        at = NOW + timedelta(hours=hour)
        if hour in (1, 30, 50):
            hours = {"hours": f"Mo-Fr 0{hour % 9}:00-17:00"}
            town.change("Podiatry", sets={"podiatry": hours}, kinds=("hours",), at=at)
            match_announced(town.database, at=at, zone=LONDON)
        if hour == 60:
            urgent = publish(town, urgent=True)
        run_due_slots(town.database, SCHEDULE, at=at)
        mailer.before = [RelayAway("not there")]
        assert deliver(town, mailer, at) == 0
        mailer.before.clear()
    assert {(row.state, row.attempts, row.lease) for row in town.deliveries()} == {("pending", 0, None)}
    with town.database.read() as connection:
        (away,) = relays.away(connection)
    assert (away.away_since, away.reason) == (NOW, "not there")
    assert deliver(town, mailer, away.next_attempt_at - timedelta(seconds=1)) == 0
    assert deliver(town, mailer, away.next_attempt_at, limit=2) == 7
    order = [message.split("@")[0].strip("<") for _, message in mailer.taken]
    first = [f"delivery-{row.id}" for row in town.deliveries() if row.change_number == urgent]
    assert order == [*first, "delivery-1", "delivery-2", "digest-1", "digest-2", "digest-3"]
    with town.database.read() as connection:
        assert relays.away(connection) == []


def test_a_rate_holds_for_all_who_send_by_a_relay(town: Town) -> None:
    """600 a minute: ten in the first second, by two workers, and then as many as have been earned."""
    followers(town, *(f"person{number}" for number in range(25)))
    publish(town)
    mailer = FakeMailer()

    def sent(seconds: float) -> int:
        at = NOW + timedelta(seconds=seconds)
        return sum(deliver(town, mailer, at, a_minute=600, limit=4) for _ in range(2))

    assert [sent(0), sent(0.35), sent(0.5), sent(60), sent(61)] == [10, 3, 2, 10, 0]


def test_a_rate_of_less_than_one_in_a_second_goes_on(town: Town) -> None:
    followers(town, "amina", "ben", "carol")
    publish(town)
    mailer = FakeMailer()
    found = [deliver(town, mailer, NOW + timedelta(seconds=second), a_minute=20) for second in range(8)]
    assert found == [1, 0, 0, 1, 0, 0, 1, 0]


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
    # What stood behind the one that was being tried was not.
    assert [row.attempts for row in town.deliveries()] == [2, 1]


@pytest.mark.parametrize("frequency", ["immediately", "daily"])
def test_no_text_goes_to_the_relay_before_the_last_outcome_is_committed(
    town: Town, monkeypatch: pytest.MonkeyPatch, frequency: Frequency
) -> None:
    """It is recorded while the next message is under way: a kill may still repeat no more than one."""
    for name in ("amina", "ben", "carol"):
        town.subscribe(frequency, person=town.person(f"{name}@example.nhs.uk"))
    publish(town)
    run_due_slots(town.database, SCHEDULE, at=SLOT)
    done: list[str] = []
    begin = Settling.begin

    class Watching(FakeMailer):
        def send(self, message: Mail | EmailMessage, to: str, *, after: Callable[[], object] | None = None) -> None:
            done.append("sending")
            super().send(message, to, after=after)
            done.append(f"{states(town).count('accepted')} accepted")

    def watched(*given: Any, **more: Any) -> Finish:
        finish = begin(*given, **more)

        def finished() -> bool:
            done.append("recorded")
            return finish()

        return finished

    monkeypatch.setattr(Settling, "begin", watched)
    assert deliver(town, Watching(), SLOT) == 3
    first, second, third = (["sending", "recorded", f"{number} accepted"] for number in range(3))
    assert done == [first[0], first[2], *second, *third, "recorded"]
    assert states(town) == ["accepted"] * 3


def test_what_was_accepted_is_recorded_although_the_next_message_breaks_the_batch(town: Town) -> None:
    followers(town, "amina", "ben")
    publish(town)
    mailer = FakeMailer()
    mailer.before = [None, RuntimeError("the disk is full")]
    with pytest.raises(RuntimeError, match="disk"):
        deliver(town, mailer)
    assert states(town) == ["accepted", "pending"]


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

    def slow(message: Mail | EmailMessage, to: str, *, after: Callable[[], object] | None = None) -> None:
        now[0] += timedelta(seconds=50)
        send(message, to, after=after)
        leases.append(next(row.leased_until for row in town.deliveries() if row.lease) - now[0])

    mailer.send = slow  # type: ignore[method-assign]
    assert deliver_due(town.database, mailer, letterhead=LETTERHEAD, clock=lambda: now[0]) == 4
    assert min(leases) >= timedelta(minutes=2)
    assert len({to for to, _ in mailer.taken}) == 4


def test_a_withdrawal_after_the_drop_and_before_sending_is_seen(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    followers(town, "amina")
    number = publish(town)
    monkeypatch.setattr(deliveries, "drop_untellable", lambda *args, **more: 0)
    town.withdraw(number)
    mailer = FakeMailer()
    assert deliver(town, mailer) == 0
    assert (mailer.taken, states(town)) == ([], ["dropped"])


def test_workers_at_once_send_each_thing_once(town: Town) -> None:
    followers(town, *(f"person{number}" for number in range(12)))
    publish(town)
    mailer = FakeMailer()
    with ThreadPoolExecutor(3) as pool:
        sent = list(pool.map(lambda _: deliver(town, mailer, limit=2), range(3)))
    assert sum(sent) == 12
    assert len(set(mailer.taken)) == len(mailer.taken) == 12
