"""Remind people, each working day at the slot of digests, of urgent changes that they have not said to have read, and
editors of what one person published alone and nobody has reviewed in time.

One letter a day for each person, whatever the number of changes. It ends when they say that they have read it, that it
does not concern them, when their team has been told by its champion, or when the change is withdrawn or amended.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.domain.awareness import due_at
from directory.domain.digest import DigestSchedule
from directory.domain.working_days import Holidays, is_working_day
from directory.notify.letterhead import Letterhead
from directory.notify.lines import one_line
from directory.notify.notice import full_date
from directory.notify.written import Written
from directory.store import acknowledgements, governing, letters, offers, slots
from directory.store.acknowledgements import Unread
from directory.store.database import Database
from directory.store.letters import Letter

SLOT = "reminders"
# What is older stands in everybody's way no more; who has not read it then is seen on the page of acknowledgements.
REMINDED_FOR = timedelta(days=60)
GOOD_FOR = timedelta(hours=20)
KIND = "please-read"


def remind(database: Database, schedule: DigestSchedule, *, holidays: Holidays, at: datetime) -> int:
    """Write to everybody who has an urgent change to read since before the last slot; returns how many letters."""
    zone = schedule.timezone
    slot = schedule.latest(at).at
    day = slot.astimezone(zone).date()
    if not is_working_day(day, holidays):
        return 0
    with database.read() as connection:
        if slots.last_slot(connection, SLOT) >= day.toordinal():
            return 0
    with database.write() as connection:
        if not slots.take_slot(connection, SLOT, day.toordinal()):
            return 0
        unread = acknowledgements.unread_urgent(connection, since=slot - REMINDED_FOR, until=slot)
        due = [each for each in unread if due_at(each.recorded_at, zone, holidays).date() <= day]
        written = [*_letters(due, zone, holidays), *_reviews(connection, slot)]
        return letters.queue_all(connection, written, at=at, expires_at=at + GOOD_FOR)


def _reviews(connection: Connection, slot: datetime) -> Iterable[tuple[str, str, dict[str, Any]]]:
    """To each editor: what was published without a second person, and should have been reviewed by now."""
    titles = governing.overdue_reviews(connection, at=slot)
    if titles:
        for email in offers.addresses(connection, offers.editors(connection)):
            yield "reviews-due", email, {"titles": titles}


def _letters(due: Iterable[Unread], zone: ZoneInfo, holidays: Holidays) -> Iterable[tuple[str, str, dict[str, Any]]]:
    for _, of_person in groupby(due, key=lambda each: each.person_id):
        theirs = list(of_person)
        changes = [
            {
                "number": each.number,
                "title": each.title,
                "due": due_at(each.recorded_at, zone, holidays).date().toordinal(),
            }
            for each in theirs
        ]
        yield KIND, theirs[0].email, {"changes": changes}


def please_read(letter: Letter, letterhead: Letterhead) -> Written:
    """To somebody who was told of urgent changes and has not said that they have read them."""
    changes = [
        {
            "title": one_line(str(each["title"])),
            "due": full_date(datetime.fromordinal(int(each["due"])).date()),
            "link": letterhead.link(f"/changes/{each['number']}#read"),
        }
        for each in letter.facts["changes"]
    ]
    if len(changes) == 1:
        subject = f"Please read: {changes[0]['title']}"
    else:
        subject = f"Please read: {len(changes)} urgent changes"
    return Written(subject, "please_read", {"changes": changes})
