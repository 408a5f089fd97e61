"""Working days: Monday to Friday, but for bank holidays."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Protocol

_SATURDAY = 5


class Holidays(Protocol):
    """Whatever can say whether a day is a holiday."""

    def __contains__(self, day: date, /) -> bool: ...


def is_working_day(day: date, holidays: Holidays) -> bool:
    """Whether people are at work."""
    return day.weekday() < _SATURDAY and day not in holidays


def working_days_after(at: datetime, days: int, holidays: Holidays) -> datetime:
    """The same time of day, in the zone of `at`, so many working days later.

    >>> working_days_after(datetime(2026, 11, 20, 10), 1, ())
    datetime.datetime(2026, 11, 23, 10, 0)
    """
    day = at.date()
    while days > 0:
        day += timedelta(days=1)
        days -= is_working_day(day, holidays)
    return datetime.combine(day, at.time(), tzinfo=at.tzinfo)
