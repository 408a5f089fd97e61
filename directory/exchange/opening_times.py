"""Hours in OpenStreetMap's opening_hours syntax, evaluated at an instant by the `opening-hours-py` library.

Only what has one reading is evaluated: a comment, an open end, school holidays, the sun, two rules for one weekday, or
a night with an exception give None, for a reader would act on the guess. Which days are bank holidays comes from
`bank_holidays`, because the library knows them by country and not by nation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, State, validate

from directory.domain.opening import Opening
from directory.exchange.bank_holidays import BankHolidays

_WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_DAY = "(?:Mo|Tu|We|Th|Fr|Sa|Su)"
_ITEM = rf"(?:{_DAY}-{_DAY}|{_DAY}\[-?\d\]|{_DAY}|PH)"
_SPAN = r"\d{1,2}:\d{2}\s*-\s*\d{1,2}:\d{2}"
_PLAIN = re.compile(rf"(?P<days>{_ITEM}(?:\s*,\s*{_ITEM})*)?\s*(?P<times>off|closed|24/7|{_SPAN}(?:\s*,\s*{_SPAN})*)")
_UNSURE = re.compile(r'["+]|\|\||\b(?:SH|unknown|sunrise|sunset|dawn|dusk)\b')
_HORIZON = timedelta(days=366)
# As long as any entry says; parsing takes time with the length.
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class _Rule:
    """One rule as it is written: the days of the week, those of a month, bank holidays, and its times."""

    weekdays: frozenset[str]
    places: frozenset[str]
    holidays: bool
    times: str

    @property
    def closes(self) -> bool:
        return self.times in ("off", "closed")


@dataclass(frozen=True, slots=True)
class _Hours:
    """Hours ready to be evaluated; `says_holidays` tells whether they say what holds on a bank holiday."""

    evaluated: OpeningHours
    says_holidays: bool


def opening_at(text: str, at: datetime, *, zone: ZoneInfo, holidays: BankHolidays) -> Opening | None:
    """How some hours stand at an instant, days and times in `zone`; None where they do not say for certain."""
    # Hours are in whole minutes, and many services keep the same: a page of answers would work them out a dozen times.
    # In UTC, for both hours of a night that has one twice would be the same key.
    minute = at.astimezone(UTC).replace(second=0, microsecond=0)
    return _stands(text.strip(), minute, zone, holidays)


@lru_cache(maxsize=4096)
def _stands(text: str, minute: datetime, zone: ZoneInfo, holidays: BankHolidays) -> Opening | None:
    local = minute.astimezone(zone)
    hours = _hours(text, zone, holidays, local.year)
    if hours is None:
        return None
    holiday = local.date() in holidays
    if holiday and not hours.says_holidays and _opens_on(local, hours):
        return Opening(None, holiday=True)
    end = local + _HORIZON
    _, until, state, _ = next(iter(hours.evaluated.intervals(local, end)))
    if state == State.UNKNOWN:
        return None
    is_open = state == State.OPEN
    if until >= end:
        return Opening(is_open, holiday=holiday)
    unsure = None if hours.says_holidays else _unsure_on(local.date(), until, is_open, holidays)
    return Opening(is_open, None if unsure else until.astimezone(UTC), holiday, unsure)


def _opens_on(local: datetime, hours: _Hours) -> bool:
    """Whether it would be open at any time of this day, were it no bank holiday."""
    morning = datetime.combine(local.date(), time(0), tzinfo=local.tzinfo)
    spans = hours.evaluated.intervals(morning, morning + timedelta(days=1))
    return any(state != State.CLOSED for _, _, state, _ in spans)


def _unsure_on(today: date, until: datetime, is_open: bool, holidays: BankHolidays) -> date | None:
    """The first bank holiday on which it might stay open, or might not open after all."""
    last = until.date() if not is_open or until.time() > time(0) else until.date() - timedelta(days=1)
    first = today + timedelta(days=1) if is_open else last
    days = (first + timedelta(days=ahead) for ahead in range((last - first).days + 1))
    return next((day for day in days if day in holidays), None)


@lru_cache(maxsize=4096)
def _hours(text: str, zone: ZoneInfo, holidays: BankHolidays, year: int) -> _Hours | None:
    """The hours with the bank holidays of a year and the next one; None where they have more than one reading."""
    if not text or len(text) > _LONGEST or _UNSURE.search(text):
        return None
    written = [part.strip() for part in text.split(";") if part.strip()]
    rules = [_rule(part) for part in written]
    if not all(rules):
        # Months, weeks and the like are the library's to read, but not together with what they do not explain.
        return None if "PH" in text or (len(written) > 1 and _past_midnight(text)) else _evaluated(text, zone, False)
    plain = [rule for rule in rules if rule]
    if _two_readings(plain):
        return None
    days = (*holidays.of_year(year), *holidays.of_year(year + 1))
    return _evaluated("; ".join(_with_dates(plain, days)), zone, _says_holidays(plain))


def _evaluated(text: str, zone: ZoneInfo, says_holidays: bool) -> _Hours | None:
    if not validate(text):
        return None
    return _Hours(OpeningHours(text, timezone=zone, auto_country=False, auto_timezone=False), says_holidays)


def _rule(text: str) -> _Rule | None:
    found = _PLAIN.fullmatch(text)
    if found is None:
        return None
    items = [item.strip() for item in (found["days"] or "").split(",") if item.strip()]
    places = frozenset(item for item in items if "[" in item)
    weekdays = {day for item in items if item != "PH" and item not in places for day in _run(item)}
    return _Rule(frozenset(weekdays if items else _WEEKDAYS), places, "PH" in items, found["times"])


def _run(item: str) -> Iterable[str]:
    """The days of `Mo-Fr`, or of `Sa-Mo`, which goes on over the end of the week."""
    first, _, last = item.partition("-")
    start, length = _WEEKDAYS.index(first), (_WEEKDAYS.index(last or first) - _WEEKDAYS.index(first)) % 7
    return (_WEEKDAYS[(start + ahead) % 7] for ahead in range(length + 1))


def _two_readings(rules: list[_Rule]) -> bool:
    """Whether people would read the rules in different ways: as an addition or instead, and as to a night's end."""
    if any(_empty(rule.times) for rule in rules):
        return True
    if len(rules) > 1 and any(_past_midnight(rule.times) for rule in rules):
        return True
    if sum(rule.holidays for rule in rules) > 1:
        return True
    return any(_days(one) & _days(two) and not two.closes for at, two in enumerate(rules) for one in rules[:at])


def _days(rule: _Rule) -> set[str]:
    return set(rule.weekdays) | {place[:2] for place in rule.places}


def _minutes(times: str) -> list[tuple[int, int]]:
    found = re.findall(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", times)
    return [(int(a) * 60 + int(b), int(c) * 60 + int(d)) for a, b, c, d in found]


def _past_midnight(times: str) -> bool:
    return any(end < start or end > 24 * 60 for start, end in _minutes(times))


def _empty(times: str) -> bool:
    return any(start == end for start, end in _minutes(times))


def _says_holidays(rules: list[_Rule]) -> bool:
    """Whether bank holidays are named, or it is open on every day of the week, of which they are some, or on none."""
    opens = {day for rule in rules if not rule.closes for day in rule.weekdays}
    closes = {day for rule in rules if rule.closes for day in _days(rule)}
    return any(rule.holidays for rule in rules) or len(opens - closes) in (0, len(_WEEKDAYS))


def _with_dates(rules: list[_Rule], holidays: Iterable[date]) -> Iterable[str]:
    """The rules as the library reads them: bank holidays as dates, and last, for what names them goes before."""
    for rule in rules:
        days = ",".join([*(day for day in _WEEKDAYS if day in rule.weekdays), *sorted(rule.places)])
        if days:
            yield f"{days} {_times(rule)}"
    dates = ",".join(f"{day.year} {day:%b} {day.day}" for day in holidays)
    yield from (f"{dates} {_times(rule)}" for rule in rules if rule.holidays)


def _times(rule: _Rule) -> str:
    return "00:00-24:00" if rule.times == "24/7" else re.sub(r"\s+", "", rule.times)
