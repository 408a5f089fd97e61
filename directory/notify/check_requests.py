"""Ask owners, once a week, whether what nobody has checked for too long is still correct.

The leads of a team get one message that lists what is due; four weeks later, what is still not checked goes to the
team's administrators, and after four more to the editors. The letters and the marks are one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.domain.asking import Level, those_to_ask
from directory.domain.digest import DigestSchedule
from directory.domain.freshness import months_before, overdue_in_words
from directory.store import checks, letters, slots
from directory.store.asking import Asked, those_of
from directory.store.checks import Age, CheckRequest
from directory.store.database import Database
from directory.store.versions import find_ids, load_in_force

SLOT = "check-requests"
FURTHER_AFTER = timedelta(weeks=4)
LETTER_GOOD_FOR = timedelta(days=3)
# A message lists so many; the rest are on the page that it leads to.
LISTED = 50
WEEK = 7


def ask_to_check(database: Database, schedule: DigestSchedule, *, months: int, at: datetime) -> int:
    """Write to the owners of what is due, at the weekly slot of digests; returns how many letters."""
    slot = weekly_slot(schedule, at)
    with database.read() as connection:
        if slots.last_slot(connection, SLOT) >= slot.toordinal():
            return 0
    with database.write() as connection:
        if not slots.take_slot(connection, SLOT, slot.toordinal()):
            return 0
        return _ask(connection, zone=schedule.timezone, months=months, at=at)


def weekly_slot(schedule: DigestSchedule, at: datetime) -> date:
    """The day of the last weekly slot that is not after an instant."""
    day = schedule.latest(at).at.astimezone(schedule.timezone).date()
    return day - timedelta(days=(day.weekday() - schedule.weekday) % WEEK)


def overdue_until(today: date, months: int, zone: ZoneInfo) -> datetime:
    """What was checked at this instant or before is due on a day."""
    last = datetime.combine(months_before(today, months) + timedelta(days=1), time.min, tzinfo=zone)
    return last.astimezone(UTC) - timedelta(microseconds=1)


def cutoffs(connection: Connection, today: date, months: int, zone: ZoneInfo) -> checks.Cutoffs:
    """The same for every interval that is set for a service; `months` is for all others."""
    own: dict[int | None, datetime] = {each: overdue_until(today, each, zone) for each in checks.intervals(connection)}
    return {None: overdue_until(today, months, zone), **own}


def _ask(connection: Connection, *, zone: ZoneInfo, months: int, at: datetime) -> int:
    today = at.astimezone(zone).date()
    due = checks.by_age(connection, on=today, until=cutoffs(connection, today, months, zone))
    waiting = checks.requests(connection)
    checks.forget_requests(connection, waiting.keys() - {each.service_id for each in due})
    people = those_of(connection, {each.owner for each in due if each.owner})
    asked: list[CheckRequest] = []
    parcels: dict[tuple[str, Level, bool], _Parcel] = {}
    for each in due:
        before = waiting.get(each.service_id)
        if before and (before.escalates_at is None or before.escalates_at > at):
            continue
        wanted = Level(before.told + 1) if before else Level.LEADS
        level, those = those_to_ask(wanted, people[each.owner])
        further = None if level is Level.EDITORS else at + FURTHER_AFTER
        asked.append(CheckRequest(each.service_id, before.asked_at if before else at, int(level), further))
        key = (each.owner or "", level, before is not None)
        parcels.setdefault(key, _Parcel(each.owner, level, before is not None, those, [])).due.append(each)
    checks.asked(connection, asked)
    names = _team_names(connection, {each.owner for each in parcels.values() if each.owner}, today)
    written = [
        letter
        for parcel in parcels.values()
        for letter in parcel.letters(names.get(parcel.owner or "", ""), months=months, today=today, zone=zone)
    ]
    return letters.queue_all(connection, written, at=at, expires_at=at + LETTER_GOOD_FOR)


@dataclass(frozen=True, slots=True)
class _Parcel:
    """What some people are asked about one team's services."""

    owner: str | None
    level: Level
    again: bool
    people: Sequence[Asked]
    due: list[Age]

    def letters(
        self, team: str, *, months: int, today: date, zone: ZoneInfo
    ) -> Iterable[tuple[str, str, dict[str, Any]]]:
        services = [
            {
                "id": each.service_id,
                "name": each.name,
                "age": overdue_in_words(each.since.astimezone(zone).date(), today),
            }
            for each in self.due[:LISTED]
        ]
        facts = {
            "team": team,
            "told": int(self.level),
            "again": self.again,
            "months": min(each.every or months for each in self.due),
            "count": len(self.due),
            "services": services,
        }
        return [("checks-due", person.email, {**facts, "person": person.person_id}) for person in self.people]


def _team_names(connection: Connection, slugs: set[str], today: date) -> dict[str, str]:
    ids = find_ids(connection, "team", slugs)
    rows = load_in_force(connection, "team", ids.values(), on=today)
    return {slug: rows[key].facts.name if key in rows else slug for slug, key in ids.items()}
