"""Step two: at a slot, everyone's waiting deliveries are put into one digest each, by row and not by time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from directory.domain.digest import DigestSchedule, DigestSlot
from directory.domain.subscription import RANK, Frequency
from directory.notify.items import Item, items_of
from directory.notify.letterhead import Letterhead
from directory.store import digests, sending
from directory.store.database import Database

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a person's next digest would say, and when it would go out; no items, no digest."""

    slot: DigestSlot
    items: tuple[Item, ...]


def run_due_slots(database: Database, schedule: DigestSchedule, *, at: datetime) -> int:
    """Make the digests of every slot that has come and was not run; returns how many digests.

    Slots missed within 7 days are made up together, in the latest of them, so that nobody gets two mails at once;
    it holds whatever no digest held before, however old.
    """
    with database.read() as connection:
        since = digests.last_slot(connection, until=at)
        if since is None and (oldest := digests.earliest_waiting(connection)):
            since = oldest - INSTANT
    missed = schedule.between(since, at) if since else []
    if not missed:
        return 0
    with database.write() as connection:
        # Of several processes at the same slot, one makes its row and fills it; both in this transaction.
        if not digests.open_slots(connection, [slot.at for slot in missed], at=at):
            return 0
        return digests.fill(connection, missed[-1].at, _ranks(missed), at=at)


def preview(
    database: Database, schedule: DigestSchedule, person_id: int, *, letterhead: Letterhead, at: datetime
) -> Preview:
    """What the next slot at or after `at` would send to a person, if nothing else happened until then."""
    slot = next_slot(schedule, at)
    with database.read() as connection:
        ids = digests.would_hold(connection, person_id, _ranks([slot]), at=slot.at)
        found = sending.by_id(connection, ids)
        return Preview(slot, tuple(items_of(connection, found, letterhead)))


def next_slot(schedule: DigestSchedule, at: datetime) -> DigestSlot:
    """The first slot that is not before an instant."""
    return schedule.between(at - INSTANT, at + timedelta(days=2))[0]


def _ranks(slots: Sequence[DigestSlot]) -> list[int]:
    due: set[Frequency] = {frequency for slot in slots for frequency in slot.frequencies}
    return sorted(RANK[frequency] for frequency in due)
