"""Months in a row, the last of them the present one: what figures are counted by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

_YEAR = 12


@dataclass(frozen=True, slots=True)
class Span:
    """The first days of some months in a row, and the time zone in which they begin."""

    months: tuple[date, ...]
    zone: ZoneInfo

    @classmethod
    def ending(cls, today: date, months: int, zone: ZoneInfo) -> Span:
        """So many months, of which that of `today` is the last."""
        last = today.year * _YEAR + today.month - 1
        firsts = (divmod(number, _YEAR) for number in range(last - months + 1, last + 1))
        return cls(tuple(date(year, month + 1, 1) for year, month in firsts), zone)

    @property
    def begins(self) -> tuple[datetime, ...]:
        """The instant at which each month begins, UTC."""
        return tuple(datetime.combine(day, time.min, tzinfo=self.zone).astimezone(UTC) for day in self.months)

    @property
    def since(self) -> datetime:
        """The instant at which the first month begins, UTC."""
        return self.begins[0]

    def month_of(self, at: datetime) -> date | None:
        """The month (its first day) in which an instant lies; None before the first, the last one for what is later."""
        return next(
            (day for day, begins in zip(self.months[::-1], self.begins[::-1], strict=True) if begins <= at), None
        )
