"""Read the feeds that are due, one after another: claim with a lease, fetch, publish what differs, give back.

Fetching may take minutes, and holds no database. What was read is published in one transaction with what is kept in
mind of it, while the lease holds: a reader that was killed, or too slow, leaves nothing half done.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.actions.read_hsds import Fetching, Read, ReadingStopped, read_hsds, words_of
from directory.actions.read_mcsd import read_mcsd
from directory.actions.take_in import Taken, Taking, take_in
from directory.domain.policy import Actor
from directory.errors import FeedFailed, Invalid
from directory.outbound.http import Outgoing
from directory.store import letters, offers, source_words
from directory.store import sources as store
from directory.store.changes import lock_head
from directory.store.database import Database
from directory.store.sources import Source

LEASE = timedelta(minutes=30)
AGAIN_AFTER = timedelta(hours=1)
MOST_NOTES = 50
LETTER_GOOD_FOR = timedelta(days=7)
BROKEN = "It was read and could not be taken in. Nothing was changed; the log of the worker says why."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Polling:
    """What reading feeds needs: the database, the client, the clock, the zone of days, and whether to stop."""

    database: Database
    outgoing: Outgoing
    clock: Callable[[], datetime]
    zone: ZoneInfo
    # Where this directory is, by which it knows its own services when another sends them back.
    base_url: str = ""
    stop: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class Polled:
    """How one reading went: whether it failed, in a sentence, and what to know beside it."""

    failed: bool
    result: str
    notes: tuple[str, ...] = ()
    missing: int = 0
    state: str | None = None


def poll_due(polling: Polling) -> int:
    """Read every feed that is due; returns how many were read."""
    done = 0
    while not polling.stop():
        lease, at = uuid4().hex, polling.clock()
        with polling.database.read() as connection:
            if not store.any_due(connection, at=at):
                break
        with polling.database.write() as connection:
            source = store.claim(connection, lease=lease, at=at, until=at + LEASE)
        if source is None:
            break
        try:
            _poll(polling, source, lease)
        except Exception:
            # Whatever it is, the other feeds must not wait for it, nor this one for its lease to end.
            log.exception("feed %s could not be taken in", source.name)
            with polling.database.write() as connection:
                _settle(connection, polling, source, lease, Polled(True, BROKEN))
        done += 1
    return done


def poll_now(polling: Polling, name: str) -> Source:
    """Read one feed, due or not: how it stands. Raises SourceNotFound, and FeedFailed where it is being read."""
    lease, at = uuid4().hex, polling.clock()
    with polling.database.write() as connection:
        wanted = store.by_name(connection, name)
        source = store.claim(connection, lease=lease, at=at, until=at + LEASE, only=wanted.id)
    if source is None:
        raise FeedFailed(f"{name} is being read at this moment; look again in some minutes.")
    _poll(polling, source, lease)
    with polling.database.read() as connection:
        return store.by_name(connection, name)


def _poll(polling: Polling, source: Source, lease: str) -> None:
    try:
        read = _read(polling, source)
        with polling.database.write() as connection:
            # Taken first: whoever publishes at the same time waits here, and what is compared is what is written upon.
            head = lock_head(connection)
            if not store.holds(connection, source.id, lease=lease):
                return
            by = Actor(f"feed {source.name}", editor=True)
            taken = take_in(
                connection,
                Taking(
                    source=source,
                    read=read,
                    head=head,
                    by=by,
                    at=polling.clock(),
                    zone=polling.zone,
                    base_url=polling.base_url,
                ),
            )
            source_words.put_resources(connection, source.id, read.resources)
            _settle(connection, polling, source, lease, _in_words(source, read, taken))
    except ReadingStopped:
        with polling.database.write() as connection:
            store.release(connection, source.id, lease=lease)
    except (FeedFailed, Invalid) as failure:
        with polling.database.write() as connection:
            said = f"It could not be read: {words_of(failure)}. Nothing was changed."
            _settle(connection, polling, source, lease, Polled(True, said))


def _read(polling: Polling, source: Source) -> Read:
    fetching = Fetching.begun(polling.outgoing, polling.clock, polling.stop)
    with polling.database.read() as connection:
        known = source_words.services(connection, source.id)
        kept = source_words.resources(connection, source.id) if source.kind == "mcsd" else {}
    if source.kind == "mcsd":
        return read_mcsd(fetching, source.url, state=source.state, kept=kept)
    listed = [key for key, it in known.items() if not it.gone]
    # What an editor let go is asked for once more, one by one, however much it is.
    at_most = 100 if source.may_close else source.at_most
    return read_hsds(fetching, source.url, known=listed, at_most=at_most)


def _settle(connection: Connection, polling: Polling, source: Source, lease: str, polled: Polled) -> None:
    at = polling.clock()
    every = timedelta(minutes=source.every_minutes)
    notes = polled.notes
    if len(notes) > MOST_NOTES:
        notes = (*notes[:MOST_NOTES], f"and {len(notes) - MOST_NOTES:,} more of this kind")
    values = {"failed": polled.failed, "result": polled.result, "missing": polled.missing, "read_at": at}
    values["due_at"] = at + (min(every, AGAIN_AFTER) if polled.failed else every)
    if polled.state is not None:
        values["state"] = polled.state
    if not polled.failed:
        values["may_close"] = 0
    held = store.settle(connection, source.id, lease=lease, notes=notes, **values)
    # Once for each trouble, not at every reading.
    if held and ((polled.failed and not source.failed) or (polled.missing and not source.missing)):
        _tell_keeper(connection, source, polled.result, at=at)


def _tell_keeper(connection: Connection, source: Source, result: str, *, at: datetime) -> None:
    people = [source.keeper_id] if source.keeper and source.keeper_id is not None else offers.editors(connection)
    facts = {"name": source.name, "url": source.url, "result": result}
    to = offers.addresses(connection, people)
    new = [("source", email, facts) for email in to]
    letters.queue_all(connection, new, at=at, expires_at=at + LETTER_GOOD_FOR)


def _in_words(source: Source, read: Read, taken: Taken) -> Polled:
    counts = taken.counts
    number = len(read.reading.services)
    said = [
        f"Read {number:,} service{'' if number == 1 else 's'}: {counts.opened:,} new, {counts.changed:,} changed, "
        f"{counts.closed:,} closed, {counts.unchanged:,} as before."
    ]
    if read.trouble:
        said.append(f"Not all of it could be read ({read.trouble}): nothing that it leaves out was closed.")
    if taken.missing:
        said.append(
            f"It no longer lists {taken.missing:,} services, more than {source.at_most} of a hundred: they are not "
            "closed before an editor has looked whether the feed is whole, and says so."
        )
    if taken.clashes:
        said.append(f"{taken.clashes:,} field{' says' if taken.clashes == 1 else 's say'} something else here.")
    return Polled(bool(read.trouble), " ".join(said), taken.notes, taken.missing, read.state or None)
