"""Opening hours as schedules of HSDS: RFC 5545 rules where they say all of it, and plain words beside or instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from directory.domain.hours import hours_in_words

_WEEK = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_DAY = "(?:Mo|Tu|We|Th|Fr|Sa|Su)"
_ITEM = rf"(?:{_DAY}\[-?[1-5]\]|{_DAY}(?:-{_DAY})?)"
_TIME = r"(?:[01]?\d|2[0-4]):[0-5]\d"
_SPAN = rf"{_TIME}-{_TIME}"
_RULE = re.compile(rf"(?P<days>{_ITEM}(?:\s*,\s*{_ITEM})*)?\s*(?P<times>24/7|{_SPAN}(?:\s*,\s*{_SPAN})*)")
_ALL_DAY = "00:00-24:00"


@dataclass(frozen=True, slots=True)
class Schedule:
    """One rule: on which days (`MO`, or `1MO` of a month) it opens and closes; or words alone.

    Times are `HH:MM` of the directory's zone; one that closes before it opens closes on the next day.
    """

    freq: str = ""
    byday: tuple[str, ...] = ()
    opens_at: str = ""
    closes_at: str = ""
    description: str = ""


@lru_cache(maxsize=4096)
def schedules_of(hours: str) -> tuple[Schedule, ...]:
    """The hours as rules, in their order; in words alone where any part of them could be read in two ways."""
    text = hours.strip()
    if not text:
        return ()
    rules = [part.strip() for part in re.findall(r'(?:"[^"]*"|[^;"])+', text) if part.strip()]
    found = _read(rules)
    return found or (Schedule(description=hours_in_words(text)),)


def _read(rules: list[str]) -> tuple[Schedule, ...] | None:
    found: list[Schedule] = []
    taken: set[str] = set()
    for text in rules:
        if re.fullmatch(r'PH (off|closed)|"[^"]+"', text):
            found.append(Schedule(description=hours_in_words(text).strip('"')))
            continue
        rule = _RULE.fullmatch(text)
        if rule is None:
            return None
        days = list(_days(rule["days"] or "Mo-Su"))
        weekdays = {day[-2:] for day in days}
        # A second rule for a day takes the place of the first in one reading, and is added in another.
        if taken & weekdays or len(weekdays) < len(days):
            return None
        taken |= weekdays
        found += _schedules(days, _ALL_DAY if rule["times"] == "24/7" else rule["times"], text)
    return tuple(found) if taken else None


def _schedules(days: list[str], times: str, text: str) -> Iterator[Schedule]:
    for span in re.split(r"\s*,\s*", times):
        opens, closes = (at.zfill(5) for at in span.split("-"))
        for freq, some in (("WEEKLY", [d for d in days if len(d) == 2]), ("MONTHLY", [d for d in days if len(d) > 2])):
            if some:
                # No clock shows 24:00, and one that opens when it closes would be read as never open.
                end = {"00:00": "23:59"}.get(opens, "00:00") if closes == "24:00" else closes
                yield Schedule(freq, tuple(some), opens, end, hours_in_words(text))


def _days(text: str) -> Iterator[str]:
    """`Mo-Fr` as MO, TU, …, `Sa-Mo` on over the end of the week, and `Mo[1]` as 1MO."""
    for item in re.findall(_ITEM, text):
        if "[" in item:
            yield f"{item[3:-1]}{item[:2].upper()}"
            continue
        first, _, last = item.partition("-")
        start, length = _WEEK.index(first), (_WEEK.index(last or first) - _WEEK.index(first)) % 7
        yield from (_WEEK[(start + ahead) % 7].upper() for ahead in range(length + 1))
