"""Freshness: how long ago the owner of an entry last said that it is correct, and whether that is too long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from directory.domain.service import Entry

_YEAR = 12


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or that month's last one."""
    years, month = divmod(day.year * _YEAR + day.month - 1 - months, _YEAR)
    return date(years, month + 1, min(day.day, _days_in(years, month + 1)))


def is_overdue(since: date, today: date, *, every: int) -> bool:
    """Whether an entry that was checked, or added, on a day needs to be checked: it is so many months ago, or more."""
    return since <= months_before(today, every)


def due_on(since: date, *, every: int) -> date:
    """The first day on which what was checked on a day needs to be checked again."""
    years, month = divmod(since.year * _YEAR + since.month - 1 + every, _YEAR)
    last = _days_in(years, month + 1)
    # There is no 31 February: its turn comes a day later, not three days early.
    return date(years, month + 1, since.day) if since.day <= last else date(years, month + 1, last) + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CheckDue:
    """The day on which an entry is to be checked again, and whether that has come."""

    on: date
    overdue: bool


def check_due(entry: Entry, *, today: date, every: int, zone: ZoneInfo) -> CheckDue | None:
    """When an entry is to be checked, at its own interval or else every so many months; None of one that has closed."""
    since = entry.checked_at or entry.added_at
    if since is None or entry.facts.status == "closed":
        return None
    day = due_on(since.astimezone(zone).date(), every=entry.check_every or every)
    return CheckDue(day, day <= today)


def months_since(since: date, today: date) -> int:
    """How many whole months have gone by."""
    months = (today.year - since.year) * _YEAR + today.month - since.month
    return max(months - (since > months_before(today, months) if months > 0 else 0), 0)


def overdue_in_words(since: date, today: date) -> str:
    """How long nobody has checked: "Not checked for 14 months"; by years from two years on."""
    months = months_since(since, today)
    if months >= 2 * _YEAR:
        return f"Not checked for {months // _YEAR} years"
    return f"Not checked for {months} months" if months != 1 else "Not checked for a month"


def _days_in(year: int, month: int) -> int:
    following = date(year + month // _YEAR, month % _YEAR + 1, 1)
    return (following - date(year, month, 1)).days
