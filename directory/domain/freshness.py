"""Freshness: how long ago the owner of an entry last said that it is correct, and whether that is too long."""

from __future__ import annotations

from datetime import date

_YEAR = 12


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or that month's last one."""
    years, month = divmod(day.year * _YEAR + day.month - 1 - months, _YEAR)
    return date(years, month + 1, min(day.day, _days_in(years, month + 1)))


def is_overdue(since: date, today: date, *, every: int) -> bool:
    """Whether an entry that was checked, or added, on a day needs to be checked: it is so many months ago, or more."""
    return since <= months_before(today, every)


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
