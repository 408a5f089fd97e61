"""Schedules of HSDS as OpenStreetMap's `opening_hours` text: `Mo-Fr 09:00-17:00`.

HSDS 3.0 describes a schedule by RFC 5545 (`freq`, `interval`, `byday`) with `opens_at` and `closes_at`; Open Referral
UK 1 the same under `regular_schedules`, HSDS 1 by `weekday`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date

from directory.exchange.hsds_json import text_of
from directory.exchange.prose import line_of

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
# What narrows a rule in a way that opening_hours says differently or not at all.
_NARROWING = ("bymonthday", "byweekno", "byyearday", "bymonth", "bysetpos", "count")


def hours_of(schedules: Iterable[Mapping[str, object]]) -> str:
    """The hours of all schedules together; "" where none says when.

    A schedule that the syntax cannot say (every second week, the 3rd of a month) gives its own words instead, as a
    comment in quotation marks beside the others, or alone as plain text. Dates of validity are not kept.
    """
    spans: dict[str, list[str]] = {}
    words: list[str] = []
    for schedule in schedules:
        days, span = _days(schedule), _span(schedule)
        if days and span:
            for day in days:
                if span not in spans.setdefault(day, []):
                    spans[day].append(span)
        elif said := line_of(text_of(schedule, "description", "notes")):
            words.append(said)
    rules = _rules(spans)
    unsaid = list(dict.fromkeys(words))
    if not rules:
        return "; ".join(unsaid)
    return "; ".join([*rules, *(f'"{said.replace(chr(34), chr(39))}"' for said in unsaid)])


def _rules(spans: Mapping[str, list[str]]) -> list[str]:
    """Days of the week with the same hours together, in the order of the week, then the days of a month (`Mo[1]`)."""
    rules: list[tuple[list[str], str]] = []
    weekly = [day for day in _DAYS if day in spans]
    for day in [*weekly, *(day for day in spans if day not in _DAYS)]:
        hours = ",".join(sorted(spans[day]))
        same = next((days for days, others in rules if others == hours), None)
        if same is None:
            rules.append(([day], hours))
        else:
            same.append(day)
    return [f"{_selector(days)} {hours}" for days, hours in rules]


def _selector(days: list[str]) -> str:
    runs: list[list[str]] = []
    for day in days:
        follows = runs and day in _DAYS and runs[-1][-1] in _DAYS and _DAYS.index(day) == _DAYS.index(runs[-1][-1]) + 1
        if follows:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(run) for run in runs)


def _days(schedule: Mapping[str, object]) -> list[str]:
    """The days as opening_hours names them; none where the rule cannot be said."""
    if any(text_of(schedule, key) for key in _NARROWING) or text_of(schedule, "interval") not in {"", "1", "1.0"}:
        return []
    freq = text_of(schedule, "freq").upper()
    named = re.findall(r"[^,;\s]+", text_of(schedule, "byday", "weekday"))
    if freq == "DAILY" and not named:
        return list(_DAYS)
    if freq not in {"", "WEEKLY", "MONTHLY", "DAILY"}:
        return []
    if not named and freq == "WEEKLY":
        return _weekday_of(text_of(schedule, "dtstart"))
    days = [_day(name, monthly=freq == "MONTHLY") for name in named]
    return [day for day in days if day] if all(days) else []


def _day(name: str, *, monthly: bool) -> str:
    """`TU`, `Tuesday` and `2` (Monday is 1) as `Tu`, and `2TU` of a month as `Tu[2]`."""
    if re.fullmatch(r"[1-7]", name):
        return "" if monthly else _DAYS[int(name) - 1]
    found = re.fullmatch(r"([+-]?[1-5])?([A-Za-z]{2})[a-z]*", name)
    if found is None or found[2].capitalize() not in _DAYS or bool(found[1]) != monthly:
        return ""
    day = found[2].capitalize()
    return f"{day}[{int(found[1])}]" if found[1] else day


def _weekday_of(text: str) -> list[str]:
    try:
        return [_DAYS[date.fromisoformat(text[:10]).weekday()]]
    except ValueError:
        return []


def _span(schedule: Mapping[str, object]) -> str:
    opens, closes = (_time(text_of(schedule, key)) for key in ("opens_at", "closes_at"))
    if not opens or not closes or opens == closes:
        return ""
    return f"{opens}-{'24:00' if closes == '00:00' else closes}"


def _time(text: str) -> str:
    found = re.match(r"(?:\d{4}-\d{2}-\d{2}T)?([01]?\d|2[0-4]):([0-5]\d)", text)
    return f"{int(found[1]):02d}:{found[2]}" if found else ""
