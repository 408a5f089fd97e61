"""Calendars (RFC 5545): a whole day for each change, the same event whatever becomes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icalendar import Event

CONTENT_TYPE = "text/calendar; charset=utf-8"
PRODUCT = "-//Signpost//Changes to services//EN"
AGAIN_AFTER = timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """An event of one whole day. `uid` is its own for ever; each time it is put right `sequence` goes up by one."""

    uid: str
    sequence: int
    cancelled: bool
    day: date
    summary: str
    description: str
    link: str
    changed_at: datetime
    categories: tuple[str, ...] = ()


def icalendar(name: str, days: Iterable[Day]) -> bytes:
    """A calendar of these days, in their order."""
    # Few ask for a calendar, and the library has more modules than most of the rest together.
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    # RFC 7986 and, for programs that are older than it, the name that they know.
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", AGAIN_AFTER, parameters={"VALUE": "DURATION"})
    for each in days:
        calendar.add_component(_event(each))
    return bytes(calendar.to_ical())


def _event(found: Day) -> Event:
    from icalendar import Event

    event = Event()
    event.add("uid", found.uid)
    event.add("sequence", found.sequence)
    event.add("status", "CANCELLED" if found.cancelled else "CONFIRMED")
    event.add("dtstamp", found.changed_at.astimezone(UTC))
    event.add("last-modified", found.changed_at.astimezone(UTC))
    # Days without a time zone: the clocks going forward or back changes nothing about them.
    event.add("dtstart", found.day)
    event.add("dtend", found.day + timedelta(days=1))
    event.add("summary", found.summary)
    event.add("description", found.description)
    event.add("url", found.link)
    event.add("transp", "TRANSPARENT")
    if found.categories:
        event.add("categories", list(found.categories))
    return event
