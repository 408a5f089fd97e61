"""Dates and instants of FHIR, of whatever precision, as spans of time."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from directory.store.fhir_search import Span

_PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
_FORM = "give a date such as 2026-11-23, or an instant such as 2026-11-23T09:00:00Z"
_YEARS = "give a year from 0001 to 9998"
_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_TIME = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})T(?P<minute>\d{2}:\d{2})(?::(?P<second>\d{2})(?:\.(?P<part>\d{1,9}))?)?"
    r"(?P<zone>Z|[+-]\d{2}:\d{2})?"
)


def instants(text: str, zone: ZoneInfo) -> Span:
    """A comparison with instants, such as `ge2026-11-23T09:00:00Z`; days are those of `zone`. Raises ValueError."""
    comparison, rest = _prefix(text)
    # A plus sign that was sent as it is stands for a space.
    if found := _TIME.fullmatch(rest.replace(" ", "+")):
        try:
            begins, precision = _instant(found, zone)
            return Span(comparison, begins, begins + precision)
        except OverflowError:
            raise ValueError(_YEARS) from None
    first, after = _days(rest)
    return Span(comparison, _midnight(first, zone), _midnight(after, zone))


def days(text: str) -> Span:
    """A comparison with days, such as `le2026-03`; of an instant its day counts. Raises ValueError."""
    comparison, rest = _prefix(text)
    first, after = _days(rest.partition("T")[0])
    return Span(comparison, first.isoformat(), after.isoformat())


def instant(text: str, zone: ZoneInfo) -> datetime:
    """The beginning of an instant or day; raises ValueError."""
    if _prefix(text)[1] != text:
        raise ValueError(_FORM)
    begins: datetime = instants(text, zone).begins
    return begins


def _prefix(text: str) -> tuple[str, str]:
    return (text[:2], text[2:]) if text[:2] in _PREFIXES else ("eq", text)


def _instant(found: re.Match[str], zone: ZoneInfo) -> tuple[datetime, timedelta]:
    part = (found["part"] or "")[:6]
    text = f"{found['day']}T{found['minute']}:{found['second'] or '00'}.{part.ljust(6, '0')}"
    offset = "+00:00" if found["zone"] == "Z" else found["zone"] or ""
    read = datetime.fromisoformat(text + offset)
    begins = (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
    if part:
        return begins, timedelta(microseconds=10 ** (6 - len(part)))
    return begins, timedelta(seconds=1) if found["second"] else timedelta(minutes=1)


def _days(text: str) -> tuple[date, date]:
    """The first day, and the one after the last."""
    found = _DAY.fullmatch(text)
    if found is None:
        raise ValueError(_FORM)
    year, month, day = (int(part) if part else 0 for part in found.groups())
    if not 1 <= year <= 9998:
        raise ValueError(_YEARS)
    first = date(year, month or 1, day or 1)
    if day:
        return first, first + timedelta(days=1)
    return first, date(year + month // 12, month % 12 + 1, 1) if month else date(year + 1, 1, 1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    if day.year < 2:
        return datetime(1, 1, 2, tzinfo=UTC)
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
