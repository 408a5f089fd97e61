"""Whether a service is open at an instant, and how a person says it. What is not known is not guessed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from directory.domain.hours import time_in_words

_WEEK = 7


@dataclass(frozen=True, slots=True)
class Opening:
    """How the hours of a service stand at an instant.

    `open` is None on a bank holiday of which the hours say nothing. `changes_at` is the instant (UTC) at which it next
    closes or opens; None where that never happens within a year, or hangs on `unsure_on`, the first bank holiday
    before it of which the hours say nothing. `holiday` says that the day is a bank holiday.
    """

    open: bool | None
    changes_at: datetime | None = None
    holiday: bool = False
    unsure_on: date | None = None

    @property
    def opens_at(self) -> datetime | None:
        """The instant at which it opens, where it is closed and that is known."""
        return self.changes_at if self.open is False else None

    @property
    def closes_at(self) -> datetime | None:
        """The instant at which it closes, where it is open and that is known."""
        return self.changes_at if self.open else None


def opening_in_words(opening: Opening, at: datetime, zone: ZoneInfo) -> str:
    """One line for a person who reads it at an instant, times in the directory's zone.

    >>> eve = datetime(2026, 12, 24, 12, tzinfo=ZoneInfo("UTC"))
    >>> opening_in_words(Opening(True, datetime(2026, 12, 24, 17, tzinfo=ZoneInfo("UTC"))), eve, ZoneInfo("UTC"))
    'Open now until 5pm'
    """
    today = at.astimezone(zone).date()
    changes = opening.changes_at.astimezone(zone) if opening.changes_at else None
    if opening.open is None:
        return "Bank holiday: the hours do not say whether it is open. Call first"
    if opening.open:
        return f"Open now until {_end(changes, today)}" if changes else "Open now"
    closed = "Bank holiday: closed" if opening.holiday and (changes is None or changes.date() > today) else "Closed now"
    if changes:
        return f"{closed}. Opens {_day(changes.date(), today)}{time_in_words(changes.time())}"
    if opening.unsure_on:
        day = _day(opening.unsure_on, today).strip().capitalize()
        return f"{closed}. {day} is a bank holiday: the hours do not say whether it opens"
    return closed


def _end(closes: datetime, today: date) -> str:
    """The time at which a day's opening ends; midnight belongs to the day that it ends."""
    said = time_in_words(closes.time())
    if closes.date() == today or (said == "midnight" and closes.date() == today + timedelta(days=1)):
        return said
    return f"{said} {_day(closes.date(), today)}".strip()


def _day(day: date, today: date) -> str:
    """The day, with a space after it: nothing for today, a weekday within the week, else the date."""
    ahead = (day - today).days
    if ahead == 0:
        return "at "
    if ahead == 1:
        return "tomorrow "
    return f"{day:%A} " if ahead < _WEEK else f"{day.day} {day:%B} "
