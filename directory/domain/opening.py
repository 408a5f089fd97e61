"""Whether a service is open at an instant, and how a person says it. What is not known is not guessed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from directory.domain.hours import Say, as_it_is, time_in_words

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


def opening_in_words(opening: Opening, at: datetime, zone: ZoneInfo, say: Say = as_it_is) -> str:
    """One line for a person who reads it at an instant, times in the directory's zone, in the language of `say`.

    >>> eve = datetime(2026, 12, 24, 12, tzinfo=ZoneInfo("UTC"))
    >>> opening_in_words(Opening(True, datetime(2026, 12, 24, 17, tzinfo=ZoneInfo("UTC"))), eve, ZoneInfo("UTC"))
    'Open now until 5pm'
    """
    today = at.astimezone(zone).date()
    changes = opening.changes_at.astimezone(zone) if opening.changes_at else None
    if opening.open is None:
        return say("Bank holiday: the hours do not say whether it is open. Call first")
    if opening.open:
        return _open_until(changes, today, say) if changes else say("Open now")
    on_holiday = opening.holiday and (changes is None or changes.date() > today)
    closed = say("Bank holiday: closed") if on_holiday else say("Closed now")
    if changes:
        day, opens = _day(changes.date(), today, say), time_in_words(changes.time(), say)
        return f"{closed}. {say('Opens {day} {time}' if day else 'Opens at {time}').format(day=day, time=opens)}"
    if opening.unsure_on:
        day = _day(opening.unsure_on, today, say)
        unsure = say("{day} is a bank holiday: the hours do not say whether it opens")
        return f"{closed}. {unsure.format(day=day[:1].upper() + day[1:])}"
    return closed


def _open_until(closes: datetime, today: date, say: Say) -> str:
    """Until when a day's opening lasts; midnight belongs to the day that it ends."""
    ends = time_in_words(closes.time(), say)
    at_midnight = closes.hour == closes.minute == 0 and closes.date() == today + timedelta(days=1)
    day = "" if at_midnight else _day(closes.date(), today, say)
    return say("Open now until {time} {day}" if day else "Open now until {time}").format(time=ends, day=day)


def _day(day: date, today: date, say: Say) -> str:
    """The day: nothing for today, a weekday within the week, else the date."""
    ahead = (day - today).days
    if ahead <= 1:
        return say("tomorrow") if ahead else ""
    return say(f"{day:%A}") if ahead < _WEEK else f"{day.day} {say(f'{day:%B}')}"
