"""Bank holidays of the four nations, from the `holidays` library, which is released every month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

_SUBDIVISIONS: Mapping[str, str] = {"england": "ENG", "wales": "WLS", "scotland": "SCT", "northern-ireland": "NIR"}


@dataclass(frozen=True, slots=True)
class BankHolidays:
    """The bank holidays of a nation: `england`, `wales`, `scotland` or `northern-ireland`.

    A holiday that falls on a weekend counts beside the day that stands in for it: few are open on either.
    """

    nation: str = "england"

    def of_year(self, year: int) -> tuple[date, ...]:
        """Every bank holiday of a year, in order."""
        return _of_year(self.nation, year)

    def __contains__(self, day: date) -> bool:
        return day in self.of_year(day.year)


@cache
def _of_year(nation: str, year: int) -> tuple[date, ...]:
    # With the calendars of 200 countries: only who asks for one of ours loads it.
    import holidays

    return tuple(sorted(holidays.country_holidays("GB", subdiv=_SUBDIVISIONS[nation], years=year)))
