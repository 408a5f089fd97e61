"""Delivering: what goes out, to whom, in which order, and what is dropped instead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from directory.notify.digest import run_due_slots
from directory.notify.match import match_announced
from directory.outbound.folder import read_folder
from directory.outbound.mail import SmtpMailer, mailer_for
from directory.store import deliveries
from directory.store.database import Database
from directory.store.tables.people import people
from tests.notify.build import LONDON, NOW, SCHEDULE, Town
from tests.notify.fakes import FakeMailer, deliver, followers, publish, states
from tests.outbound.relay import Relay, running

SLOT = datetime(2026, 11, 5, 7, 0, tzinfo=UTC)


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


@pytest.fixture
def relay() -> Iterator[Relay]:
    with running() as relay:
        yield relay


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


def test_an_address_that_cannot_be_written_fails_alone(town: Town) -> None:
    followers(town, "amina", "ben")
    publish(town)
    with town.database.write() as connection:
        connection.execute(update(people).where(people.c.id == 1).values(email="nobody"))
    assert deliver(town, FakeMailer()) == 1
    assert states(town) == ["failed", "accepted"]


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
