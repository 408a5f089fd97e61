"""What is looked at when something was broken: that all that was acknowledged is there, once, and was told."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import func, select

from directory.settings import load
from directory.site import Site, utc_now
from directory.store import changes
from directory.store.database import Database
from directory.store.tables.telling import deliveries
from directory.worker import Worker
from tests.running import Relay, Signpost


def found_by_doctor(signpost: Signpost) -> set[str]:
    """The lines in which `signpost doctor` says what is wrong."""
    done = signpost.run("doctor", check=False)
    assert done.stderr == ""
    return {line for line in done.stdout.splitlines() if line}


def assert_chains_whole(signpost: Signpost) -> None:
    """The chain of the records, in the files and in the database, and that of the audit trail."""
    signpost.run("content", "verify")
    signpost.run("audit", "verify")


def work_when_leases_have_lapsed(signpost: Signpost) -> None:
    """What killed workers had leased is free after five minutes: a worker of then takes it up."""
    site = Site.open(load(signpost.environment))
    site.clock = lambda: utc_now() + timedelta(minutes=6)
    try:
        assert Worker(site).once() == 0
    finally:
        site.close()


def head(database: Database) -> int:
    """The number of the last change."""
    with database.read() as connection:
        return changes.read_head(connection).number


def assert_published_once(database: Database, acknowledged: Mapping[str, int]) -> None:
    """Each change that was acknowledged is there under its number, none is there twice, and no number is missing."""
    with database.read() as connection:
        published = changes.list_after(connection, 0, limit=1_000_000)
    assert [change.number for change in published] == list(range(1, len(published) + 1))
    numbers = {change.title: change.number for change in published}
    assert {title: numbers.get(title) for title in acknowledged} == acknowledged
    twice = Counter(change.title for change in published if change.title in acknowledged)
    assert set(twice.values()) <= {1}


def assert_told(database: Database, relay: Relay, acknowledged: Mapping[str, int], readers: Sequence[str]) -> int:
    """Each reader has each change in one message, and nothing waits; returns how many were sent a second time."""
    with database.read() as connection:
        counted = select(deliveries.c.change_number, func.count().label("times")).group_by(deliveries.c.change_number)
        told = {row.change_number: row.times for row in connection.execute(counted)}
        states = Counter(connection.scalars(select(deliveries.c.state)))
    assert set(states) == {"accepted"}
    assert {number: told.get(number) for number in acknowledged.values()} == dict.fromkeys(
        acknowledged.values(), len(readers)
    )
    messages = _messages(relay, acknowledged)
    for title in acknowledged:
        assert {reader: len(messages[title][reader]) for reader in messages[title]} == dict.fromkeys(readers, 1), title
    return len(relay.messages) - len({str(message["Message-ID"]).strip() for _, message in relay.messages})


def _messages(relay: Relay, titles: Collection[str]) -> dict[str, dict[str, set[str]]]:
    """The ids of the messages that told a reader of a change, by title and reader."""
    found: dict[str, dict[str, set[str]]] = {title: defaultdict(set) for title in titles}
    for recipient, message in list(relay.messages):
        title = str(message["Subject"]).split(": ")[-1]
        if title in found:
            found[title][recipient].add(str(message["Message-ID"]).strip())
    return found
